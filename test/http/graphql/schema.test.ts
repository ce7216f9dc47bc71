import { test } from 'tap';
import {
  buildASTSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
  type GraphQLArgument,
} from 'graphql';
import { readContractFiles } from '../../../src/contract/contract-files.ts';
import { readContract } from '../../../src/contract/contract.ts';
import { checkSdl } from '../../../src/http/graphql/check-schema.ts';

const texts = readContractFiles();
const contract = readContract(texts.openapi);
const schema = buildASTSchema(parse(texts.schema));

void test('both contracts have the same mutations, with the same inputs', (t) => {
  t.doesNotThrow(() => checkSdl(contract, texts.schema));
  t.end();
});

void test('the GraphQL face does not start', (t) => {
  const refused = (sdl: string, words: RegExp, when: string) => t.throws(() => checkSdl(contract, sdl), words, when);
  const more = (sdl: string) => `${texts.schema}\n${sdl}`;
  const without = (sdl: string) => {
    if (!texts.schema.includes(sdl)) throw new Error(`The schema does not have ${sdl}`);
    return texts.schema.replace(sdl, '');
  };
  refused(
    more('extend type Mutation { dropEverything: Int @operation(id: "dropEverything") }'),
    /dropEverything, which openapi.yaml does not have/,
    'with a mutation that REST does not have',
  );
  refused(
    more('extend type Mutation { dropEverything: Int }'),
    /Mutation.dropEverything has no @operation/,
    'with a mutation that nothing answers',
  );
  refused(
    more('extend type Query { drop(id: ID!): Grant @operation(id: "revokeGrant") }'),
    /is a query, but revokeGrant is a mutation/,
    'with a query that changes something',
  );
  refused(
    more('extend type Mutation { drop: Int @operation(id: "revokeGrant") }'),
    /named for its operation/,
    'with a mutation under another name',
  );
  refused(
    more('extend type Query { one: Department @operation(id: "getDepartment") }'),
    /does not say what getDepartment's department is/,
    'with a path parameter that nothing fills',
  );
  refused(
    more('extend input RevokeGrantInput { why: String }'),
    /takes why, which revokeGrant does not know/,
    'with an input that REST does not know',
  );
  refused(
    without('  "Deny the living sessions of its role too."\n  revokeSessions: Boolean\n'),
    /revokeGrant does not offer revokeSessions/,
    'without an input that REST knows',
  );
  refused(
    texts.schema.replace('  revokeGrant(', '  undoGrant('),
    /has the mutation revokeGrant, which the GraphQL schema does not/,
    'without a mutation that REST has',
  );
  t.end();
});

void test('everything in the schema is documented', (t) => {
  const bare: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name)) continue;
    if (!type.description) bare.push(type.name);
    if (isEnumType(type))
      bare.push(
        ...type
          .getValues()
          .filter((value) => !value.description)
          .map((value) => `${type.name}.${value.name}`),
      );
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!field.description) bare.push(`${type.name}.${field.name}`);
      const args = 'args' in field ? (field.args as readonly GraphQLArgument[]) : [];
      bare.push(...args.filter((one) => !one.description).map((one) => `${type.name}.${field.name}(${one.name})`));
    }
  }
  t.strictSame(bare, []);
  t.end();
});
