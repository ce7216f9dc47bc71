/**
 * Every input of both contracts, with what parsers stumble over, with and without a token: whatever is sent, it is never the service
 * that fails. `FUZZ_REQUESTS` says how many of each API's requests are sent, or `all`; `FUZZ_SEED` which, the same ones without it;
 * `FUZZ_FACE=REST` or `GraphQL` sends those of one API.
 */
import { isInputObjectType, isListType, isNonNullType, isObjectType, getNamedType, type GraphQLField } from 'graphql';
import t from 'tap';
import { operationOfField } from '../../src/http/graphql/field-operation.ts';
import { randomOf } from '../faults/random.ts';
import { CONTRACT, SCHEMA } from '../support/both-faces.ts';
import { KOA, onboardKoaAndPol, PLATFORM, startService, STRANGER } from '../support/service.ts';
import { BODIES, HEADER_TEXTS, JSON_TEXTS, RAW_PARTS, TEXTS } from './favourites.ts';

/** How many of an API's requests are sent. */
const REQUESTS = process.env['FUZZ_REQUESTS'] ?? '500';
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_125);

const service = await startService(t);
await onboardKoaAndPol(service);
const created = { name: 'giftcard-service' };
await service.ask(KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body: created });

/** What a request is about, for who reads that it failed. */
interface Sent {
  readonly what: string;
  readonly request: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly payload?: string | Buffer;
  };
}

/** Values that are there, by the names of parameters and members. */
const GOOD: Readonly<Record<string, unknown>> = {
  department: 'koa',
  login: 'JPPOL-KOA',
  name: 'giftcard-service',
  id: 'op-01kaxq3v7d8e9fabcdefghjkmn',
  page: 'errors.md',
  organisation: 'JPPOL-KOA',
  repository: 'GiftCardService',
  ownerId: '1',
  displayName: 'Koa',
  accounts: [],
};

const JSON_TYPE = { 'content-type': 'application/json' };

function urlOf(path: string, replaced: Readonly<Record<string, string>> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => replaced[name] ?? encodeURIComponent(String(GOOD[name])));
}

/** A text as a URL can hold it: lone surrogates as the bytes that some clients send. */
function encoded(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : '%ed%a0%80';
}

function restRequests(): Sent[] {
  return [...CONTRACT.operations.values()].flatMap(({ id, method, path, kind, parameters, bodyProperties }) => {
    // Most mutations are dry, so that the world stays as it is.
    const dry = kind === 'mutation' ? '?dryRun=true' : '';
    const good = Object.fromEntries([...bodyProperties].flatMap((name) => (name in GOOD ? [[name, GOOD[name]]] : [])));
    const body = bodyProperties.size === 0 ? {} : { payload: JSON.stringify(good) };
    const typed = bodyProperties.size === 0 ? {} : JSON_TYPE;
    const to = (url: string, headers: Record<string, string> = {}, payload: object = body) =>
      ({ method, url, headers: { ...typed, ...headers }, ...payload }) as Sent['request'];
    const inPath = parameters
      .filter((parameter) => parameter.in === 'path')
      .flatMap(({ name }) =>
        [...TEXTS.map(encoded), ...RAW_PARTS].map((part) => to(`${urlOf(path, { [name]: part })}${dry}`)),
      );
    const inQuery = [
      ...parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
      '__proto__',
      'x',
    ].flatMap((name) =>
      [...TEXTS.map(encoded), ...RAW_PARTS, `1&${name}=2`, ''].map((part) =>
        to(`${urlOf(path)}${dry === '' ? '?' : `${dry}&`}${name}=${part}`),
      ),
    );
    const names = [
      'accept',
      'accept-encoding',
      'content-type',
      'authorization',
      'if-none-match',
      'user-agent',
      'prefer',
    ];
    const own = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
    const inHeaders = [...new Set([...names, ...own])].flatMap((name) =>
      HEADER_TEXTS.map((text) => to(`${urlOf(path)}${dry}`, { [name]: text })),
    );
    const inBody = [...bodyProperties, '__proto__'].flatMap((name) =>
      JSON_TEXTS.map((text) =>
        to(
          `${urlOf(path)}${dry}`,
          { 'if-match': '*' },
          {
            payload: `${JSON.stringify(good).replace(/\}$/, Object.keys(good).length === 0 ? '' : ',')}${JSON.stringify(name)}:${text}}`,
          },
        ),
      ),
    );
    const bodies = BODIES.map((payload) => to(`${urlOf(path)}${dry}`, { ...JSON_TYPE, 'if-match': '*' }, { payload }));
    return [...inPath, ...inQuery, ...inHeaders, ...(bodyProperties.size === 0 ? [] : inBody), ...bodies].map(
      (request) => ({ what: id, request }),
    );
  });
}

/** A field of the schema's own where it can be reached, and the document that reaches it. */
function placesOf(): readonly {
  readonly field: GraphQLField<unknown, unknown>;
  readonly around: (inner: string) => string;
}[] {
  const at = (typeName: string, around: (inner: string) => string) => {
    const type = SCHEMA.getType(typeName);
    return isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ field, around })) : [];
  };
  return [
    ...at('Query', (inner) => `{ ${inner} }`),
    ...at('Department', (inner) => `{ department(id: "koa") { ${inner} } }`),
    ...at('Mutation', (inner) => `mutation { ${inner} }`),
  ].filter(({ field }) => field.args.length > 0 && operationOfField(SCHEMA, field) !== undefined);
}

const LITERALS: readonly string[] = [
  '1e400',
  '-0',
  '99999999999999999999',
  '-1',
  '0',
  '1.5',
  'null',
  'NaN',
  'koa',
  '[]',
  '[[[]]]',
  '{}',
  '{a: 1}',
  '"\\u0000"',
  '"\\uD800"',
  '"""\n\u0001"""',
  '$x',
  `${'['.repeat(60)}${']'.repeat(60)}`,
  '{__proto__: 1}',
  '""',
  '"2016-12-31T23:59:60Z"',
  '"koa"',
  '"x"',
  'true',
  '"__proto__"',
  `"${'k'.repeat(5_000)}"`,
];

function graphqlRequests(): Sent[] {
  const post = (payload: string | Buffer): Sent['request'] => ({
    method: 'POST',
    url: '/graphql',
    headers: { ...JSON_TYPE, accept: 'application/graphql-response+json' },
    payload,
  });
  const documents = placesOf().flatMap(({ field, around }) => {
    const below = isObjectType(getNamedType(field.type)) ? '{ __typename }' : '';
    return field.args.flatMap((argument) => {
      const type = getNamedType(argument.type);
      const members = isInputObjectType(type) ? Object.values(type.getFields()) : [undefined];
      return members.flatMap((member) => {
        const rest = isInputObjectType(type)
          ? Object.values(type.getFields())
              .filter((other) => other !== member && isNonNullType(other.type))
              .map(
                (other) =>
                  `${other.name}: ${isListType(isNonNullType(other.type) ? other.type.ofType : other.type) ? '[]' : JSON.stringify(GOOD[other.name] ?? 'x')}`,
              )
          : [];
        const others = field.args
          .filter((other) => other !== argument && isNonNullType(other.type))
          .map((other) => `${other.name}: ${JSON.stringify(GOOD[other.name] ?? 'koa')}`);
        const dry =
          isInputObjectType(type) && type.getFields()['dryRun'] !== undefined && member?.name !== 'dryRun'
            ? ['dryRun: true']
            : [];
        const written = (value: string): string => {
          const inner =
            member === undefined ? value : `{ ${[...rest, ...dry, `${member.name}: ${value}`].join(', ')} }`;
          return around(`${field.name}(${[...others, `${argument.name}: ${inner}`].join(', ')}) ${below}`);
        };
        const typeText = String((member ?? argument).type);
        const declared = written('$v').replace(
          /^(mutation )?\{/,
          (_, kind: string | undefined) =>
            `${kind ?? 'query '}($v: ${typeText.replace(/!$/, '')} = ${isNonNullType((member ?? argument).type) && !/\[/.test(typeText) && /^(String|ID)/.test(typeText) ? '"koa"' : 'null'}) {`,
        );
        return [
          ...LITERALS.map((literal) => post(JSON.stringify({ query: written(literal) }))),
          ...JSON_TEXTS.map((text) => post(`{"query":${JSON.stringify(declared)},"variables":{"v":${text}}}`)),
        ];
      });
    });
  });
  const whole = ['query', 'variables', 'operationName', 'extensions', '__proto__'].flatMap((name) =>
    JSON_TEXTS.map((text) =>
      post(name === 'query' ? `{"query":${text}}` : `{"query":"{ __typename }","${name}":${text}}`),
    ),
  );
  const texts = [
    ...TEXTS,
    'subscription { x }',
    'subscription S { x } query Q { __typename }',
    'query ($a: [X!]!) { __typename }',
  ];
  const asDocument = texts.map((query) => post(JSON.stringify({ query })));
  const byUrl = ['query', 'variables', 'operationName', 'extensions'].flatMap((name) =>
    [...texts.map(encoded), ...RAW_PARTS, ...JSON_TEXTS.filter((text) => text.length < 9_000).map(encoded)].map(
      (part): Sent['request'] => ({
        method: 'GET',
        url: `/graphql?${name === 'query' ? '' : 'query=%7B__typename%7D&'}${name}=${part}`,
        headers: {},
      }),
    ),
  );
  return [...documents, ...whole, ...asDocument, ...BODIES.map(post), ...byUrl].map((request) => ({
    what: 'graphql',
    request,
  }));
}

/**
 * All requests, or so many of them: one from each stretch of neighbours, so that every input of every operation has its share. They lie
 * in the order of operations and their inputs.
 */
function chosen(all: readonly Sent[]): readonly Sent[] {
  if (REQUESTS === 'all') return all;
  const random = randomOf(SEED);
  const stretch = all.length / Number(REQUESTS);
  const indices = Array.from({ length: Number(REQUESTS) }, (_, index) => Math.floor((index + random.next()) * stretch));
  return [...new Set(indices)].flatMap((index) => all.slice(index, index + 1));
}

const callers = [
  ['platform', PLATFORM],
  ['manager', KOA],
  ['stranger', STRANGER],
  ['nobody', undefined],
] as const;

const faces = { REST: restRequests(), GraphQL: graphqlRequests() };
const onlyFace = process.env['FUZZ_FACE'];

for (const [face, all] of Object.entries(faces).filter(([face]) => onlyFace === undefined || face === onlyFace)) {
  await t.test(`${face}: nothing that is sent is answered as a fault of ours`, async (t) => {
    const statuses: Record<string, number> = {};
    let faults = 0;
    const some = chosen(all);
    for (const [index, { what, request }] of some.entries()) {
      const [who, job] = callers[index % callers.length] ?? ['nobody', undefined];
      const authorization = job === undefined ? {} : { authorization: `Bearer ${await service.token(job)}` };
      const headers = { ...authorization, ...request.headers };
      const { statusCode, body } = await service.app.inject({ ...request, headers });
      statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
      const payload = (request.payload ?? '').toString('utf8').slice(0, 300);
      if (statusCode < 500 && !/"code":"(?:internal|aws-unavailable)"/.test(body)) continue;
      faults += 1;
      // Told at once, so that a long run shows what it finds; the first ones are enough to go on with.
      if (faults <= 20)
        t.fail(
          `${who}, ${what}: ${request.method} ${request.url.slice(0, 200)} ${JSON.stringify(request.headers)} ${payload}\n${statusCode} ${body.slice(0, 300)}`,
        );
    }
    t.equal(
      faults,
      0,
      `of ${some.length} requests, of ${all.length} that there are, seed ${SEED}: ${JSON.stringify(statuses)}`,
    );
    t.ok((statuses['400'] ?? 0) > some.length / 10, 'and many were understood to be wrong');
  });
}
