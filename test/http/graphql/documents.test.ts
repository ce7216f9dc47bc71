import { buildASTSchema, GraphQLError, parse } from 'graphql';
import { test } from 'tap';
import { readContractFiles } from '../../../src/contract/contract-files.ts';
import { createDocuments } from '../../../src/http/graphql/documents.ts';
import { fieldsOf, operationOfField } from '../../../src/http/graphql/field-operation.ts';

void test('a document is read once, as long as it is among those asked for last', (t) => {
  const { read } = createDocuments(2);
  const first = read('{ a }');
  t.equal(read('{ a }'), first, 'it is the same tree, so nothing was read again');
  const second = read('{ b }');
  t.equal(read('{ a }'), first);
  const third = read('{ c }');
  t.equal(read('{ a }'), first, 'it was asked for more lately than the second');
  t.equal(read('{ c }'), third);
  t.not(read('{ b }'), second, 'the second was given up');
  t.end();
});

void test('what is no document does not take the place of one', (t) => {
  const { read } = createDocuments(1);
  const document = read('{ a }');
  t.type(read('{'), GraphQLError);
  t.type(read(`{ ${'a '.repeat(3_000)} }`), GraphQLError, 'nor what has too many tokens');
  t.type(read(`{ a(b: "${'x'.repeat(17_000)}") }`), GraphQLError, 'nor what is too long');
  t.equal(read('{ a }'), document);
  t.end();
});

void test("a field's directive is read once a schema, not once a request", (t) => {
  const schema = buildASTSchema(parse(readContractFiles().schema));
  const used = fieldsOf(schema).filter(({ field }) => operationOfField(schema, field) !== undefined);
  t.ok(used.length > 0);
  for (const { type, field } of used) {
    t.equal(operationOfField(schema, field), operationOfField(schema, field), `${type.name}.${field.name}`);
  }
  t.end();
});
