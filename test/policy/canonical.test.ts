import * as fc from 'fast-check';
import { test } from 'tap';
import { canonicalJson } from '../../src/model/canonical-json.ts';
import { digest, documentSize, isSameDocument, normalDocument } from '../../src/policy/canonical.ts';
import type { OneOrMany, PolicyDocument, Statement } from '../../src/policy/document.ts';
import { listOf } from '../../src/policy/document.ts';
import { trustPolicy } from '../../src/policy/trust-policy.ts';
import { anyGrants, organisations } from './arbitraries.ts';
import { settings } from './fixtures.ts';

const texts = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', '931827427725', 'arn:aws:iam::615205931730:root'), {
  minLength: 1,
  maxLength: 4,
});
const anyStatement = fc.record({
  Sid: fc.constantFrom('EcpPull', 'Other'),
  Effect: fc.constantFrom('Allow' as const, 'Deny' as const),
  Principal: texts.map((list) => ({ AWS: list })),
  Action: fc.uniqueArray(fc.constantFrom('ecr:PutImage', 'ecr:BatchGetImage'), { minLength: 1 }),
  Condition: texts.map((list) => ({ StringLike: { 'x:sub': list }, StringEquals: { 'x:aud': ['y'] } })),
});
const anyDocument: fc.Arbitrary<PolicyDocument> = fc
  .array(anyStatement, { minLength: 1, maxLength: 3 })
  .map((statements): PolicyDocument => ({ Version: '2012-10-17', Statement: statements as readonly Statement[] }));

/** A document as IAM and ECR may give it back: lists of one alone, order changed, account ids as ARNs, repeats. */
function rewritten(document: PolicyDocument): PolicyDocument {
  const list = (values: OneOrMany<string>): OneOrMany<string> =>
    listOf<string>(values).length === 1 ? (listOf<string>(values)[0] ?? '') : [...listOf<string>(values)].reverse();
  const spelled = (values: readonly string[]): OneOrMany<string> =>
    list(values.map((each) => (/^\d{12}$/.test(each) ? `arn:aws:iam::${each}:root` : each)));
  const statements = document.Statement.map((statement) => ({
    Condition: Object.fromEntries(
      Object.entries(statement.Condition ?? {})
        .reverse()
        .map(([operator, keys]) => [
          operator,
          Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, list(values)])),
        ]),
    ),
    Action: list(statement.Action ?? []),
    Principal: { AWS: spelled((statement.Principal as { AWS: readonly string[] }).AWS) },
    Effect: statement.Effect,
    Sid: statement.Sid ?? '',
  }));
  return JSON.parse(
    decodeURIComponent(
      encodeURIComponent(JSON.stringify({ Statement: statements.reverse(), Version: document.Version })),
    ),
  ) as PolicyDocument;
}

void test('a document that AWS gives back rewritten and URL-encoded is the same document', (t) => {
  fc.assert(fc.property(anyDocument, (document) => isSameDocument(document, rewritten(document))));
  fc.assert(
    fc.property(anyGrants, (grants) => {
      const document = trustPolicy(grants, organisations, settings);
      return isSameDocument(
        document,
        JSON.parse(decodeURIComponent(encodeURIComponent(JSON.stringify(document, null, 2)))) as PolicyDocument,
      );
    }),
  );
  t.end();
});

void test('documents that mean different things differ', (t) => {
  const base: Statement = {
    Effect: 'Allow',
    Principal: { AWS: '931827427725' },
    Action: 'ecr:PutImage',
    Condition: { StringLike: { 'x:sub': 'a' } },
  };
  const document = (statement: Statement): PolicyDocument => ({ Version: '2012-10-17', Statement: [statement] });
  const others: readonly Statement[] = [
    { ...base, Effect: 'Deny' },
    { ...base, Sid: 'EcpPull' },
    { ...base, Principal: { AWS: '615205931730' } },
    { ...base, Principal: { Federated: '931827427725' } },
    { ...base, Principal: '*' },
    { ...base, Action: ['ecr:PutImage', 'ecr:BatchGetImage'] },
    { ...base, Condition: { StringEquals: { 'x:sub': 'a' } } },
    { ...base, Condition: { StringLike: { 'x:sub': 'A' } } },
    { ...base, Condition: { StringLike: { 'x:sub': ['a', 'b'] } } },
    { ...base, Condition: { StringLike: { 'x:aud': 'a' } } },
    { ...base, Resource: '*' },
    {
      Effect: 'Allow',
      Principal: { AWS: '931827427725' },
      NotAction: 'ecr:PutImage',
      Condition: { StringLike: { 'x:sub': 'a' } },
    },
  ];
  for (const other of others) t.notOk(isSameDocument(document(base), document(other)), JSON.stringify(other));
  t.notOk(
    isSameDocument(document(base), { ...document(base), Version: '2008-10-17' }),
    'the version decides whether $ is a variable',
  );
  t.notOk(isSameDocument(document(base), { Version: '2012-10-17', Statement: [base, { ...base, Effect: 'Deny' }] }));
  t.notOk(isSameDocument(document(base), undefined));
  t.ok(isSameDocument(undefined, undefined));
  t.ok(
    isSameDocument(document(base), document({ ...base, Action: 'ECR:putimage' })),
    'actions compare without regard to case',
  );
  t.ok(isSameDocument(document({ ...base, Principal: '*' }), document({ ...base, Principal: { AWS: '*' } })));
  t.end();
});

void test('canonical text does not hang on the order of members, and survives a round trip', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy = JSON.parse(JSON.stringify(value), (_, each: unknown) =>
        each !== null && typeof each === 'object' && !Array.isArray(each)
          ? Object.fromEntries(Object.entries(each).reverse())
          : each,
      ) as unknown;
      return (
        canonicalJson(copy) === canonicalJson(value) &&
        canonicalJson(JSON.parse(canonicalJson(value))) === canonicalJson(value) &&
        digest(copy) === digest(value)
      );
    }),
  );
  t.end();
});

void test('the normal form is its own normal form', (t) => {
  fc.assert(
    fc.property(anyDocument, (document) => {
      const once = normalDocument(document);
      return canonicalJson(normalDocument(once as PolicyDocument)) === canonicalJson(once);
    }),
  );
  t.end();
});

void test('a digest is SHA-256 over the canonical text, in hex', (t) => {
  t.equal(digest({}), '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  t.throws(() => canonicalJson(undefined), TypeError);
  t.end();
});

void test('the size of a document is counted without the whitespace around its values', (t) => {
  const document: PolicyDocument = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'ecr:PutImage', Resource: '*' }],
  };
  t.equal(
    documentSize(document),
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:PutImage","Resource":"*"}]}'.length,
  );
  fc.assert(
    fc.property(anyDocument, (each) => {
      const pretty = JSON.parse(JSON.stringify(each, null, 8)) as PolicyDocument;
      return (
        documentSize(pretty) === documentSize(each) &&
        documentSize(each) >= JSON.stringify(each).replaceAll(/\s/g, '').length
      );
    }),
  );
  t.end();
});
