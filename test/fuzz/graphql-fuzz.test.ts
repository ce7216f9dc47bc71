/**
 * Documents made from the schema, with input of every kind: whatever is asked, the answer is one of the contract's. `FUZZ_DOCUMENTS` says
 * how many are sent, `FUZZ_SEED` which.
 */
import * as fc from 'fast-check';
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  getNamedType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql';
import { test } from 'tap';
import { readContractFiles } from '../../src/contract/contract-files.ts';
import { startFuzzedService } from './fuzzed-service.ts';

const schema = buildSchema(readContractFiles().schema);

/** Ids and names that are there, that could be, and that could not. */
const TEXTS = fc.oneof(
  fc.constantFrom(
    'koa',
    'giftcard-service',
    'JPPOL-KOA',
    'GiftCardService',
    '931827427725',
    'organisation-wide',
    '"1"',
    '*',
  ),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '__proto__',
    'constructor',
    '../..',
    '%00',
    '${jndi}',
    "';--",
    '\ud800',
    'a'.repeat(5_000),
  ),
  fc.string({ maxLength: 20 }),
);

/** A value as JSON for an input type: mostly of its kind, now and then of another. */
function input(type: GraphQLInputType, depth: number): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 9, arbitrary: fitting(type, depth) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );
}

function fitting(type: GraphQLInputType, depth: number): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return fitting(type.ofType, depth);
  if (isListType(type)) return fc.array(input(type.ofType, depth + 1), { maxLength: 3 });
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name), 'NO_SUCH_VALUE');
  if (isInputObjectType(type)) {
    const members = Object.values(type.getFields());
    const required = members.filter((member) => isNonNullType(member.type)).map(({ name }) => name);
    const record = Object.fromEntries(
      members.map((member) => [member.name, depth > 4 ? fc.constant(null) : input(member.type, depth + 1)]),
    );
    return fc.record(record, { requiredKeys: required });
  }
  switch (type.name) {
    case 'Int':
      return fc.oneof(fc.integer({ min: -5, max: 200 }), fc.constantFrom(2 ** 31, 1e300, 0.5));
    case 'Boolean':
      return fc.boolean();
    default:
      return TEXTS;
  }
}

/** A selection of a type's fields, those without arguments of their own. */
function selection(type: GraphQLOutputType, depth: number): fc.Arbitrary<string> {
  const named = getNamedType(type);
  if (isUnionType(named)) return fc.constant('{ __typename }');
  if (!isObjectType(named) && !isInterfaceType(named)) return fc.constant('');
  const fields = Object.values(named.getFields()).filter(({ args }) =>
    args.every((argument) => !isNonNullType(argument.type)),
  );
  const leaves = depth > 3 ? fields.filter((field) => !hasFields(field.type)) : fields;
  const parts = leaves.map((field) => selection(field.type, depth + 1).map((below) => `${field.name} ${below}`));
  return fc
    .subarray(parts, { minLength: 0, maxLength: Math.min(6, parts.length) })
    .chain((some) => fc.tuple(...some).map((texts) => `{ __typename ${texts.join(' ')} }`));
}

function hasFields(type: GraphQLOutputType): boolean {
  const named = getNamedType(type);
  return isObjectType(named) || isInterfaceType(named) || isUnionType(named);
}

interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

function operation(kind: 'query' | 'mutation', field: GraphQLField<unknown, unknown>): fc.Arbitrary<Asked> {
  const declared = field.args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
  const variables = fc.record(Object.fromEntries(field.args.map(({ name, type }) => [name, input(type, 0)])), {
    requiredKeys: field.args.filter(({ type }) => isNonNullType(type)).map(({ name }) => name),
  });
  return fc.tuple(selection(field.type, 0), variables).map(([below, values]) => ({
    query: `${kind}${declared === '' ? '' : `(${declared})`} { ${field.name}${passed === '' ? '' : `(${passed})`} ${below} }`,
    variables: values,
  }));
}

function operations(
  kind: 'query' | 'mutation',
  type: GraphQLObjectType | null | undefined,
): readonly fc.Arbitrary<Asked>[] {
  return Object.values(type?.getFields() ?? {}).map((field) => operation(kind, field));
}

/** Documents that fit no schema: pieces of the language in any order. */
const RUBBISH: fc.Arbitrary<Asked> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '{',
        '}',
        '(',
        ')',
        '...',
        '@',
        '$a',
        ':',
        '"',
        '"""',
        'query',
        'mutation',
        'fragment',
        'on',
        '!',
        '[',
        ']',
      ),
      fc.string({ maxLength: 4 }),
    ),
  )
  .map((parts) => ({ query: parts.join(' '), variables: {} }));

const DOCUMENTS = fc.oneof(
  ...operations('query', schema.getQueryType()),
  ...operations('mutation', schema.getMutationType()),
  RUBBISH,
);

void test('whatever document is made of the schema, the answer is GraphQL’s and nothing unexpected happens', async (t) => {
  const service = await startFuzzedService();
  t.teardown(() => service.close());
  const statuses: Record<string, number> = {};
  const numRuns = Number(process.env['FUZZ_DOCUMENTS'] ?? 300);
  const verdict = await fc.check(
    fc.asyncProperty(DOCUMENTS, async (asked) => {
      const response = await fetch(`${service.url}/graphql`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await service.freshToken()}`,
          accept: 'application/graphql-response+json',
          'content-type': 'application/json',
        },
        body: JSON.stringify(asked),
      });
      const text = await response.text();
      const body = JSON.parse(text) as {
        data?: unknown;
        errors?: { message: string; extensions?: { code?: string } }[];
      };
      const codes = (body.errors ?? []).map(({ extensions }) => extensions?.code);
      for (const code of body.errors === undefined ? ['data'] : codes)
        statuses[`${response.status} ${code}`] = (statuses[`${response.status} ${code}`] ?? 0) + 1;
      if (response.status >= 500 || codes.includes('internal'))
        throw new Error(`${response.status} ${text.slice(0, 500)}`);
      if (codes.includes(undefined)) throw new Error(`an error without a code: ${text.slice(0, 500)}`);
      if (body.errors === undefined && body.data === undefined)
        throw new Error(`neither data nor errors: ${text.slice(0, 500)}`);
      if (/node_modules|\.ts:\d/.test(text)) throw new Error(`it shows its inside: ${text.slice(0, 500)}`);
    }),
    {
      numRuns,
      endOnFailure: true,
      ...(process.env['FUZZ_SEED'] === undefined ? {} : { seed: Number(process.env['FUZZ_SEED']) }),
    },
  );
  t.notOk(
    verdict.counterexample,
    `${JSON.stringify(verdict.counterexample)} (seed ${verdict.seed}) ${String(verdict.errorInstance)}`,
  );
  t.equal(verdict.numRuns, numRuns, 'all of them were sent');
  t.comment(JSON.stringify(statuses));
});
