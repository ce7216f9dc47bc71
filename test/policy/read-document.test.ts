import * as fc from 'fast-check';
import { test } from 'tap';
import { isSameDocument } from '../../src/policy/canonical.ts';
import type { OneOrMany, PolicyDocument, Statement } from '../../src/policy/document.ts';
import { listOf } from '../../src/policy/document.ts';
import { evaluateDocument } from '../../src/policy/evaluate.ts';
import { readPolicyDocument, UnreadableDocument } from '../../src/policy/read-document.ts';
import { trustPolicy } from '../../src/policy/trust-policy.ts';
import { anyGrants, organisations } from './arbitraries.ts';
import { settings } from './fixtures.ts';
import { runs } from '../support/extent.ts';

const statement = {
  Sid: 'Lambda',
  Effect: 'Allow',
  Principal: { Service: 'lambda.amazonaws.com' },
  Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
};

void test('a document that somebody wrote by hand or by jsonencode is read into one form', (t) => {
  const read = (document: unknown): PolicyDocument => readPolicyDocument(JSON.stringify(document));
  const one = { Version: '2012-10-17', Statement: [statement] };
  t.strictSame(read({ Version: '2012-10-17', Statement: statement }), one, 'one statement without a list');
  t.strictSame(readPolicyDocument(` ${JSON.stringify(one, undefined, 2)}\n`), one, 'blanks around it');
  t.strictSame(readPolicyDocument(encodeURIComponent(JSON.stringify(one))), one, 'URL-encoded, as IAM gives it');
  t.strictSame(readPolicyDocument(encodeURIComponent(JSON.stringify(one, undefined, 2))), one, 'and with line breaks');
  const percent = { Version: '2012-10-17', Id: '100% ø', Statement: [statement] };
  t.strictSame(read(percent), percent, 'a percent sign in JSON is no encoding');
  t.strictSame(readPolicyDocument(encodeURIComponent(JSON.stringify(percent))), percent, 'and survives one');
  t.equal(read({ Statement: statement }).Version, '2008-10-17', 'without a version it is the older one');
  const condition = {
    Bool: { 'aws:SecureTransport': true },
    NumericLessThan: { 'aws:MultiFactorAuthAge': 3600 },
    StringEquals: { 'x:repository_id': [931827427725, '7'] },
  };
  t.strictSame(
    read({ Version: '2012-10-17', Statement: { ...statement, Condition: condition } }).Statement[0]?.Condition,
    {
      Bool: { 'aws:SecureTransport': 'true' },
      NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' },
      StringEquals: { 'x:repository_id': ['931827427725', '7'] },
    },
    'booleans and numbers of conditions are text',
  );
  const asked = {
    principal: { kind: 'account', accountId: '931827427725' },
    action: 'ecr:BatchGetImage',
    resource: '*',
    context: { 'aws:SecureTransport': 'true' },
  } as const;
  const bare = { Effect: 'Allow', Principal: { AWS: '931827427725' }, Action: 'ecr:*' };
  const secure = { ...bare, Condition: { Bool: { 'aws:SecureTransport': true } } };
  t.equal(evaluateDocument(read({ Statement: secure }), asked, 'resource'), 'allow');
  t.end();
});

void test('what cannot be understood is refused with a sentence that says where', (t) => {
  const of = (more: object): string => JSON.stringify({ Version: '2012-10-17', Statement: { ...statement, ...more } });
  const table: readonly (readonly [string, string, RegExp])[] = [
    ['nothing', '', /not JSON/],
    ['half a document', '{"Version":', /not JSON/],
    ['a broken encoding', '%7B%', /not JSON/],
    ['a list', '[]', /The document is not an object/],
    ['null', 'null', /The document is not an object/],
    ['an encoded text', '%22x%22', /The document is not an object/],
    ['no statement', '{"Version":"2012-10-17"}', /no Statement/],
    ['null for a statement', '{"Statement":null}', /Statement 1 is not an object/],
    ['a statement that is text', '{"Statement":["x"]}', /Statement 1 is not an object/],
    ['another version', '{"Version":"2030-01-01","Statement":[]}', /version "2030-01-01"/],
    ['a version that is none', '{"Version":20121017,"Statement":[]}', /version 20121017/],
    ['an id that is none', '{"Id":7,"Statement":[]}', /Id/],
    ['a member beyond the grammar', '{"Statements":[],"Statement":[]}', /"Statements"/],
    ['an element beyond the grammar', of({ Resources: '*' }), /Statement 1 has "Resources"/],
    ['no effect', of({ Effect: undefined }), /Effect undefined/],
    ['another effect', of({ Effect: 'allow' }), /Effect "allow"/],
    ['a Sid that is none', of({ Sid: 7 }), /Sid that is not text/],
    ['a principal that is a name', of({ Principal: 'arn:aws:iam::931827427725:root' }), /"Lambda"\): Principal/],
    ['an unknown kind of principal', of({ Principal: { Aws: '*' } }), /Principal has "Aws"/],
    ['a principal that is a number', of({ Principal: { AWS: 931827427725 } }), /Principal\.AWS/],
    ['an action that is an object', of({ Action: {} }), /Action is neither text/],
    ['null among actions', of({ Action: ['ecr:PutImage', null] }), /Action is neither text/],
    ['a resource that is null', of({ Resource: null }), /Resource is neither text/],
    ['a condition that is a list', of({ Condition: [] }), /Condition is not an object/],
    ['an operator without keys', of({ Condition: { StringLike: 'x' } }), /Condition\.StringLike is not an object/],
    [
      'a value that is null',
      of({ Condition: { StringLike: { a: null } } }),
      /Condition\.StringLike\.a has the value null/,
    ],
    ['a value in two lists', of({ Condition: { StringLike: { a: [['x']] } } }), /StringLike\.a has the value \["x"\]/],
    [
      'a number that is rounded',
      '{"Statement":{"Effect":"Allow","Condition":{"NumericEquals":{"a":12345678901234567890}}}}',
      /NumericEquals\.a/,
    ],
  ];
  for (const [name, text, sentence] of table) {
    t.throws(() => readPolicyDocument(text), { name: 'UnreadableDocument', message: sentence }, name);
  }
  t.end();
});

void test('property: no text makes the reader fail in another way, and what it reads it reads again', (t) => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const near = fc.record(
    {
      Version: fc.constantFrom<unknown>('2012-10-17', '2008-10-17', 7),
      Statement: fc.oneof(
        value,
        fc.record(
          {
            Effect: fc.constantFrom<unknown>('Allow', 'Deny', null),
            Sid: fc.oneof(fc.string(), value),
            Principal: fc.oneof(fc.constant('*'), fc.dictionary(fc.constantFrom('AWS', 'Service', '__proto__'), value)),
            Action: value,
            Condition: fc.dictionary(fc.string(), fc.dictionary(fc.string(), value)),
          },
          { requiredKeys: ['Effect'] },
        ),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        near.map((document) => JSON.stringify(document)),
        value.map((v) => JSON.stringify(v)),
        fc.string(),
      ),
      (text) => {
        let document: PolicyDocument;
        try {
          document = readPolicyDocument(text);
        } catch (error) {
          return error instanceof UnreadableDocument && error.message.length > 10;
        }
        return JSON.stringify(readPolicyDocument(JSON.stringify(document))) === JSON.stringify(document);
      },
    ),
    { numRuns: runs(3000) },
  );
  t.end();
});

void test('property: what we write is read back as it is, whichever way lists of one are written', (t) => {
  const single = <T>(values: OneOrMany<T> | undefined): unknown =>
    Array.isArray(values) && values.length === 1 ? values[0] : values;
  const compact = (one: Statement): unknown => ({
    ...one,
    Action: single(one.Action),
    Condition: Object.fromEntries(
      Object.entries(one.Condition ?? {}).map(([operator, keys]) => [
        operator,
        Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, single(listOf<string>(values))])),
      ]),
    ),
  });
  fc.assert(
    fc.property(anyGrants, (grants) => {
      const document = trustPolicy(grants, organisations, settings);
      const text = JSON.stringify({ ...document, Statement: single(document.Statement.map(compact)) });
      return isSameDocument(readPolicyDocument(encodeURIComponent(text)), document);
    }),
  );
  t.end();
});
