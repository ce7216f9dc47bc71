import * as fc from 'fast-check';
import t from 'tap';
import { breaches, declaredOperations, operationFor } from '../../support/answer-schemas.ts';
import { KOA, onboardKoaAndPol, POL, startService, type Ask } from '../../support/service.ts';
import { runs } from '../../support/extent.ts';

const service = await startService(t);
await onboardKoaAndPol(service);

/** Texts that somebody who means harm would try, and what is almost right. */
const text = fc.oneof(
  fc.constantFrom(
    'koa',
    'pol',
    'nobody',
    'giftcard-service',
    'JPPOL-KOA',
    '*',
    '',
    '..',
    '%2F',
    '__proto__',
    'constructor',
    '${aws:userid}',
    '\u0000',
    'ß',
    '0',
    'null',
  ),
  fc.string({ maxLength: 40, unit: 'binary' }),
  fc.string({ minLength: 300, maxLength: 300 }),
);

const value: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(text, fc.constantFrom('repositoryId', 'ref', 'rules', 'accountId', 'description', 'canWrite')),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;

const operation = fc.constantFrom(...declaredOperations);

/** A request of some operation, whose every part may be anything. */
const request = operation.chain(({ method, path, operation: declared }) => {
  const names = (declared.parameters ?? []).map((parameter) =>
    '$ref' in parameter ? parameter.$ref.slice('#/components/parameters/'.length) : parameter.name,
  );
  const schema = declared.requestBody?.content['application/json']?.schema as { readonly $ref?: string } | undefined;
  const properties =
    schema === undefined
      ? []
      : [
          'id',
          'name',
          'displayName',
          'organisation',
          'repository',
          'ownerId',
          'accounts',
          'refs',
          'managers',
          'lifecyclePolicy',
          'acknowledge',
          'repositories',
          'environment',
        ];
  return fc.record({
    method: fc.constant(method as NonNullable<Ask['method']>),
    path: fc.array(text, { minLength: 3, maxLength: 3 }).map((values) => {
      let next = 0;
      return path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(wellFormed(values[next++] ?? '')));
    }),
    query: fc.dictionary(
      fc.oneof(fc.constantFrom('dryRun', 'first', 'after', 'force', 'order', 'from', ...names), text),
      text,
      { maxKeys: 3 },
    ),
    body:
      method === 'GET'
        ? fc.constant(undefined)
        : fc.oneof(fc.dictionary(fc.oneof(fc.constantFrom(...properties, 'x'), text), value, { maxKeys: 6 }), value),
    ifMatch: fc.option(fc.constantFrom('*', '"1"', 'x', 'W/"1"', '"', '""'), { nil: undefined }),
    key: fc.option(fc.constantFrom('k', 'k k', 'k'.repeat(65)), { nil: undefined }),
  });
});

function wellFormed(value: string): string {
  return value.replaceAll(/[\uD800-\uDFFF]/g, '?');
}

await t.test('whatever is sent, the answer is one that the contract has, and never a 5xx', async (t) => {
  const before = await service.ask(POL, { path: '/v1/departments/pol' });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, query, body, ifMatch, key }) => {
      const search = new URLSearchParams(
        Object.entries(query).map(([name, one]) => [wellFormed(name), wellFormed(one)]),
      );
      const headers = {
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      };
      const url = `${path}?${search.toString()}`;
      const answer = await service.ask(KOA, { method, path: url, body, headers });
      const declared = operationFor(method, url);
      const faults = declared === undefined ? [] : breaches(declared, answer);
      // An empty or dotted part makes it another path, which may be nobody's.
      const isElsewhere = answer.status === 404 || answer.status === 405;
      return answer.status < 500 && (faults.length === 0 || isElsewhere);
    }),
    { numRuns: runs(400), seed: 20_261_124 },
  );
  const after = await service.ask(POL, { path: '/v1/departments/pol' });
  t.strictSame(after.body, before.body, 'and nothing of another department has moved');
});

await t.test('whatever document is sent, GraphQL answers in its own form', async (t) => {
  const name = fc.constantFrom(
    'department',
    'departments',
    'whoami',
    'repository',
    'grant',
    'operation',
    'nodes',
    'id',
    'first',
    '__typename',
    '__schema',
    'types',
  );
  const token = fc.oneof(
    name,
    fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      ':',
      '"koa"',
      '1',
      '...',
      '$',
      '@',
      'query',
      'mutation',
      'fragment',
      'on',
      '!',
      '[',
      ']',
      '|',
      '&',
      '#',
      '"""',
    ),
    text,
  );
  const variables = fc.oneof(fc.dictionary(name, value, { maxKeys: 3 }), value);
  await fc.assert(
    fc.asyncProperty(fc.array(token, { maxLength: 30 }), variables, async (tokens, given) => {
      const answer = await service.ask(KOA, {
        method: 'POST',
        path: '/graphql',
        body: { query: tokens.join(' '), variables: given },
        headers: { accept: 'application/graphql-response+json' },
      });
      const { errors, data } = answer.body as {
        readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
        readonly data?: unknown;
      };
      const codes = (errors ?? []).map(({ extensions }) => extensions.code);
      return answer.status < 500 && !codes.includes('internal') && (data !== undefined || codes.length > 0);
    }),
    { numRuns: runs(300), seed: 20_261_124 },
  );
  t.equal((await service.graphql(KOA, '{ whoami { role } }')).status, 200, 'and is still there');
});
