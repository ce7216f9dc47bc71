import * as fc from 'fast-check';
import { test } from 'tap';
import type { ConditionBlock, PolicyDocument, PrincipalElement, Statement } from '../../src/policy/document.ts';
import { authorize, evaluateDocument, globMatches } from '../../src/policy/evaluate.ts';
import type { AuthorizationRequest, ConditionContext, Decision, RequestPrincipal } from '../../src/policy/evaluate.ts';
import { runs } from '../support/extent.ts';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/push`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/push/run-1`;
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;
const REPOSITORY = `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/koa/app`;

const session: RequestPrincipal = { kind: 'assumed-role', accountId: ACCOUNT, roleArn: ROLE, sessionArn: SESSION };
const federated: RequestPrincipal = { kind: 'federated', provider: PROVIDER };

function document(...statements: Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements };
}

function request(overrides: Partial<AuthorizationRequest> = {}): AuthorizationRequest {
  return { principal: session, action: 'ecr:PutImage', resource: REPOSITORY, context: {}, ...overrides };
}

const allowAll: Statement = { Effect: 'Allow', Action: '*', Resource: '*' };
const denyAll: Statement = { Effect: 'Deny', Action: '*', Resource: '*' };

function underCondition(Condition: ConditionBlock, context: ConditionContext): boolean {
  return evaluateDocument(document({ ...allowAll, Condition }), request({ context }), 'identity') === 'allow';
}

void test('conditions hold as AWS documents them', (t) => {
  const one = { k: 'Value' };
  const many = { k: ['a', 'b'] };
  const rows: readonly (readonly [string, ConditionBlock, ConditionContext, boolean])[] = [
    ['StringEquals', { StringEquals: { k: 'Value' } }, one, true],
    ['StringEquals is case-sensitive', { StringEquals: { k: 'value' } }, one, false],
    ['StringEquals knows no wildcard', { StringEquals: { k: 'Val*' } }, one, false],
    ['StringEquals takes one of a list', { StringEquals: { k: ['x', 'Value'] } }, one, true],
    ['an empty list matches nothing', { StringEquals: { k: [] } }, one, false],
    ['a missing key makes it false', { StringEquals: { k: 'Value' } }, {}, false],
    ['keys are case-insensitive', { StringEquals: { K: 'Value' } }, one, true],
    ['every key has to hold', { StringEquals: { k: 'Value', other: 'x' } }, one, false],
    ['every operator has to hold', { StringEquals: { k: 'Value' }, StringLike: { k: 'x*' } }, one, false],
    ['StringNotEquals', { StringNotEquals: { k: 'x' } }, one, true],
    ['StringNotEquals is none of a list', { StringNotEquals: { k: ['x', 'Value'] } }, one, false],
    ['StringNotEquals holds on a missing key', { StringNotEquals: { k: 'x' } }, {}, true],
    ['StringEqualsIgnoreCase', { StringEqualsIgnoreCase: { k: 'vALUE' } }, one, true],
    ['StringNotEqualsIgnoreCase', { StringNotEqualsIgnoreCase: { k: 'vALUE' } }, one, false],
    ['StringLike', { StringLike: { k: 'V?l*' } }, one, true],
    ['StringLike is case-sensitive', { StringLike: { k: 'v*' } }, one, false],
    ['StringLike crosses : and /', { StringLike: { k: 'repo:*:main' } }, { k: 'repo:a/b:c/d:main' }, true],
    ['StringLike needs the whole value', { StringLike: { k: 'repo' } }, { k: 'repo:a' }, false],
    ['StringNotLike', { StringNotLike: { k: 'V*' } }, one, false],
    ['StringNotLike holds on a missing key', { StringNotLike: { k: 'V*' } }, {}, true],
    ['Bool', { Bool: { k: 'true' } }, { k: 'true' }, true],
    ['Bool is false on a missing key', { Bool: { k: 'false' } }, {}, false],
    ['Null true asks for absence', { Null: { k: 'true' } }, {}, true],
    ['Null true on a present key', { Null: { k: 'true' } }, one, false],
    ['Null false asks for presence', { Null: { k: 'false' } }, one, true],
    ['NumericLessThan', { NumericLessThan: { k: '10' } }, { k: '9' }, true],
    ['numbers do not compare as text', { NumericLessThan: { k: '10' } }, { k: '9.5' }, true],
    ['NumericGreaterThanEquals', { NumericGreaterThanEquals: { k: '10' } }, { k: '10' }, true],
    ['text is no number', { NumericEquals: { k: '0' } }, { k: '' }, false],
    ['DateLessThan', { DateLessThan: { k: '2026-01-02T00:00:00Z' } }, { k: '2026-01-01T23:59:59Z' }, true],
    ['DateLessThan is strict', { DateLessThan: { k: '2026-01-02T00:00:00Z' } }, { k: '2026-01-02T00:00:00Z' }, false],
    ['dates may be epoch seconds', { DateGreaterThan: { k: '1767312000' } }, { k: '2026-01-02T00:00:01Z' }, true],
    ['DateLessThan is false on a missing key', { DateLessThan: { k: '2026-01-02T00:00:00Z' } }, {}, false],
    ['ArnLike', { ArnLike: { k: 'arn:aws:iam::*:role/*' } }, { k: ROLE }, true],
    ['ArnEquals takes wildcards too', { ArnEquals: { k: 'arn:aws:iam::*:role/pu?h' } }, { k: ROLE }, true],
    ['an ARN wildcard stays in its part', { ArnLike: { k: 'arn:aws:*:role/push' } }, { k: ROLE }, false],
    ['ArnNotLike', { ArnNotLike: { k: 'arn:aws:iam::*:role/*' } }, { k: ROLE }, false],
    ['ArnLike of what is no ARN', { ArnLike: { k: '*' } }, { k: ROLE }, false],
    ['IfExists on a missing key', { StringEqualsIfExists: { k: 'x' } }, {}, true],
    ['IfExists on a present key', { StringEqualsIfExists: { k: 'x' } }, one, false],
    ['ForAnyValue', { 'ForAnyValue:StringEquals': { k: ['b', 'c'] } }, many, true],
    ['ForAnyValue with none', { 'ForAnyValue:StringEquals': { k: ['c'] } }, many, false],
    ['ForAnyValue on a missing key', { 'ForAnyValue:StringEquals': { k: ['c'] } }, {}, false],
    ['ForAnyValue negated on a missing key', { 'ForAnyValue:StringNotEquals': { k: ['c'] } }, {}, false],
    ['ForAllValues', { 'ForAllValues:StringEquals': { k: ['a', 'b', 'c'] } }, many, true],
    ['ForAllValues with one outside', { 'ForAllValues:StringEquals': { k: ['a'] } }, many, false],
    ['ForAllValues passes when the key is absent', { 'ForAllValues:StringEquals': { k: ['a'] } }, {}, true],
    ['ForAllValues passes when the key is empty', { 'ForAllValues:StringEquals': { k: ['a'] } }, { k: [] }, true],
    ['a variable', { StringEquals: { k: '${aws:PrincipalTag/team}' } }, { k: 'x', 'aws:PrincipalTag/team': 'x' }, true],
    [
      'a variable of another value',
      { StringEquals: { k: '${aws:PrincipalTag/team}' } },
      { k: 'y', 'aws:PrincipalTag/team': 'x' },
      false,
    ],
    ['an unresolved variable matches nothing', { StringEquals: { k: '${aws:PrincipalTag/team}' } }, { k: '' }, false],
    ['nor its own text', { StringLike: { k: '${aws:PrincipalTag/team}*' } }, { k: '${aws:PrincipalTag/team}' }, false],
    ['a variable with a default', { StringEquals: { k: "${aws:PrincipalTag/team, 'none'}" } }, { k: 'none' }, true],
    ['a wildcard in a variable is text', { StringLike: { k: '${v}' } }, { k: 'abc', v: '*' }, false],
    ['an escaped wildcard is text', { StringLike: { k: 'a${*}' } }, { k: 'abc' }, false],
    ['a key of several values is no variable', { StringEquals: { k: '${v}' } }, { k: 'a', v: ['a', 'b'] }, false],
    ['an unknown operator never allows', { StringMatches: { k: 'Value' } }, one, false],
    ['nor one of an object', { constructor: { k: 'Value' } }, one, false],
    ['nor a set operator of another case', { 'forAnyValue:StringEquals': { k: 'Value' } }, one, false],
  ];
  for (const [title, condition, context, expected] of rows)
    t.equal(underCondition(condition, context), expected, title);
  t.end();
});

void test('a Deny whose condition is not understood applies', (t) => {
  const Condition = { StringMatches: { k: 'x' } };
  t.equal(evaluateDocument(document(allowAll, { ...denyAll, Condition }), request(), 'identity'), 'deny');
  t.end();
});

void test('variables are plain text in a document of the old version', (t) => {
  const old: PolicyDocument = {
    Version: '2008-10-17',
    Statement: [{ ...allowAll, Condition: { StringEquals: { k: '${v}' } } }],
  };
  t.equal(evaluateDocument(old, request({ context: { k: 'x', v: 'x' } }), 'identity'), 'none');
  t.equal(evaluateDocument(old, request({ context: { k: '${v}', v: 'x' } }), 'identity'), 'allow');
  t.end();
});

void test('actions and resources match as AWS matches them', (t) => {
  const rows: readonly (readonly [string, Partial<Statement>, Decision])[] = [
    ['the action itself', { Action: 'ecr:PutImage' }, 'allow'],
    ['in any case', { Action: 'ECR:putimage' }, 'allow'],
    ['by wildcard', { Action: 'ecr:Put*' }, 'allow'],
    ['one of a list', { Action: ['ecr:BatchGetImage', 'ecr:PutImage'] }, 'allow'],
    ['another service', { Action: 'ecr-public:*' }, 'none'],
    ['a prefix is not enough', { Action: 'ecr:Put' }, 'none'],
    ['the resource', { Resource: REPOSITORY }, 'allow'],
    ['resources are case-sensitive', { Resource: REPOSITORY.replace('koa', 'KOA') }, 'none'],
    ['a resource wildcard crosses /', { Resource: `arn:aws:ecr:*:${ACCOUNT}:repository/*` }, 'allow'],
    ['a namespace', { Resource: `arn:aws:ecr:*:${ACCOUNT}:repository/pol/*` }, 'none'],
    [
      'a variable in a resource',
      { Resource: `arn:aws:ecr:*:${ACCOUNT}:repository/\${aws:PrincipalTag/ns}/*` },
      'allow',
    ],
    ['an unresolved variable in a resource', { Resource: 'arn:aws:ecr:*:*:repository/${aws:PrincipalTag/x}*' }, 'none'],
  ];
  for (const [title, statement, expected] of rows) {
    const context = { 'aws:PrincipalTag/ns': 'koa' };
    t.equal(
      evaluateDocument(document({ ...allowAll, ...statement }), request({ context }), 'identity'),
      expected,
      title,
    );
  }
  const without: readonly (readonly [string, Statement, Decision])[] = [
    ['NotAction', { Effect: 'Allow', NotAction: 'ecr:Delete*', Resource: '*' }, 'allow'],
    ['NotAction of the action', { Effect: 'Allow', NotAction: 'ecr:Put*', Resource: '*' }, 'none'],
    ['NotResource', { Effect: 'Allow', Action: '*', NotResource: '*:repository/pol/*' }, 'allow'],
    ['NotResource of the resource', { Effect: 'Allow', Action: '*', NotResource: '*:repository/koa/*' }, 'none'],
    ['NotResource with an unresolved variable', { Effect: 'Allow', Action: '*', NotResource: '*/${aws:x}' }, 'none'],
    ['an Allow without a resource', { Effect: 'Allow', Action: '*' }, 'none'],
    ['a Deny without a resource', { Effect: 'Deny', Action: '*' }, 'deny'],
    ['an Allow without an action', { Effect: 'Allow', Resource: '*' }, 'none'],
    ['a Deny without an action', { Effect: 'Deny', Resource: '*' }, 'deny'],
  ];
  for (const [title, statement, expected] of without) {
    t.equal(evaluateDocument(document(statement), request(), 'identity'), expected, title);
  }
  t.end();
});

void test('principals match by account, role, session and provider', (t) => {
  const root: RequestPrincipal = { kind: 'account', accountId: OTHER };
  const anonymous: RequestPrincipal = { kind: 'anonymous' };
  const rows: readonly (readonly [string, PrincipalElement, RequestPrincipal, boolean])[] = [
    ['anyone', '*', anonymous, true],
    ['AWS anyone', { AWS: '*' }, anonymous, true],
    ['the number of the account', { AWS: ACCOUNT }, session, true],
    ['the root of the account', { AWS: `arn:aws:iam::${ACCOUNT}:root` }, session, true],
    ['the root of another account', { AWS: `arn:aws:iam::${OTHER}:root` }, session, false],
    ['the role', { AWS: ROLE }, session, true],
    ['another role', { AWS: `${ROLE}2` }, session, false],
    ['a wildcard inside an ARN matches nothing', { AWS: `arn:aws:iam::${ACCOUNT}:role/*` }, session, false],
    ['the session', { AWS: ['x', SESSION] }, session, true],
    ['another session', { AWS: `${SESSION}0` }, session, false],
    ['an account as a caller', { AWS: [ACCOUNT, OTHER] }, root, true],
    ['a role of the account is not its root', { AWS: `arn:aws:iam::${OTHER}:role/push` }, root, false],
    ['the provider', { Federated: PROVIDER }, federated, true],
    ['another provider', { Federated: `${PROVIDER}/slug` }, federated, false],
    ['a provider is no AWS principal', { AWS: PROVIDER }, federated, false],
    ['a role is no provider', { Federated: ROLE }, session, false],
    ['a service', { Service: 'ecr.amazonaws.com' }, session, false],
    ['nobody is no account', { AWS: [ACCOUNT] }, anonymous, false],
  ];
  for (const [title, Principal, principal, expected] of rows) {
    const policy = document({ Effect: 'Allow', Principal, Action: 'ecr:*' });
    t.equal(evaluateDocument(policy, request({ principal }), 'resource'), expected ? 'allow' : 'none', title);
  }
  const noPrincipal = document({ Effect: 'Allow', Action: '*' });
  t.equal(evaluateDocument(noPrincipal, request(), 'resource'), 'none', 'a resource policy must name its principals');
  t.end();
});

void test('a Deny with NotPrincipal spares only whom it names', (t) => {
  const denied = (NotPrincipal: PrincipalElement): Decision =>
    evaluateDocument(document({ Effect: 'Deny', NotPrincipal, Action: '*' }), request(), 'resource');
  t.equal(denied({ AWS: ROLE }), 'none');
  t.equal(denied({ AWS: ACCOUNT }), 'deny', 'the account does not spare its roles');
  t.equal(denied({ AWS: OTHER }), 'deny');
  t.equal(denied({ Federated: PROVIDER }), 'deny');
  t.end();
});

void test('the whole decision follows the accounts, the boundary and the resource', (t) => {
  const naming = (AWS: string): PolicyDocument => document({ Effect: 'Allow', Principal: { AWS }, Action: 'ecr:*' });
  const all = document(allowAll);
  const nothing = document();
  const reads = document({ ...allowAll, Action: 'ecr:BatchGetImage' });
  const same = { resourceAccountId: ACCOUNT };
  const cross = { resourceAccountId: OTHER };
  const rows: readonly (readonly [string, Parameters<typeof authorize>[0], boolean])[] = [
    ['nothing at all', { identity: [], ...same }, false],
    ['identity', { identity: [all], ...same }, true],
    ['one of several identity policies', { identity: [reads, all], ...same }, true],
    ['identity within the boundary', { identity: [all], boundary: all, ...same }, true],
    ['identity beyond the boundary', { identity: [all], boundary: reads, ...same }, false],
    ['a boundary grants nothing', { identity: [], boundary: all, ...same }, false],
    ['resource to the role', { identity: [], resource: naming(ROLE), ...same }, true],
    [
      'resource to the role beyond the boundary',
      { identity: [], boundary: nothing, resource: naming(ROLE), ...same },
      false,
    ],
    [
      'resource to the session beyond the boundary',
      { identity: [], boundary: nothing, resource: naming(SESSION), ...same },
      true,
    ],
    ['resource to anyone', { identity: [], resource: naming('*'), ...same }, true],
    [
      'resource to anyone beyond the boundary',
      { identity: [], boundary: nothing, resource: naming('*'), ...same },
      false,
    ],
    ['resource to the account only delegates', { identity: [], resource: naming(ACCOUNT), ...same }, false],
    ['delegated and taken up', { identity: [all], resource: naming(ACCOUNT), ...same }, true],
    ['across accounts, identity alone', { identity: [all], ...cross }, false],
    ['across accounts, resource alone', { identity: [], resource: naming(ROLE), ...cross }, false],
    ['across accounts, to the session alone', { identity: [], resource: naming(SESSION), ...cross }, false],
    ['across accounts, both', { identity: [all], resource: naming(ACCOUNT), ...cross }, true],
    [
      'across accounts, both, beyond the boundary',
      { identity: [all], boundary: nothing, resource: naming(ROLE), ...cross },
      false,
    ],
    ['a deny in the identity', { identity: [all, document(denyAll)], resource: naming(SESSION), ...same }, false],
    [
      'a deny in the boundary',
      { identity: [all], boundary: document(allowAll, denyAll), resource: naming(SESSION), ...same },
      false,
    ],
    [
      'a deny in the resource',
      { identity: [all], resource: document({ Effect: 'Deny', Principal: '*', Action: '*' }), ...same },
      false,
    ],
    [
      'a deny to the account reaches its roles',
      { identity: [all], resource: document({ Effect: 'Deny', Principal: { AWS: ACCOUNT }, Action: '*' }), ...same },
      false,
    ],
  ];
  for (const [title, policies, expected] of rows) {
    const { allowed, reason } = authorize(policies, request());
    t.equal(allowed, expected, `${title}: ${reason}`);
  }
  t.end();
});

void test('an account pulls from another only by its policy, and nobody only where anyone may', (t) => {
  const toOther = document({ Effect: 'Allow', Principal: { AWS: OTHER }, Action: 'ecr:*' });
  const toOrganisation = document({
    Effect: 'Allow',
    Principal: '*',
    Action: 'ecr:*',
    Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } },
  });
  const as = (principal: RequestPrincipal, resource?: PolicyDocument, context: ConditionContext = {}): boolean =>
    authorize(
      { identity: [], resourceAccountId: ACCOUNT, ...(resource === undefined ? {} : { resource }) },
      request({ principal, context }),
    ).allowed;
  const other: RequestPrincipal = { kind: 'account', accountId: OTHER };
  t.equal(as({ kind: 'account', accountId: ACCOUNT }), true, 'the root of the account itself');
  t.equal(as(other), false);
  t.equal(as(other, toOther), true);
  t.equal(as({ kind: 'account', accountId: '777788889999' }, toOther), false);
  t.equal(as(other, toOrganisation, { 'aws:PrincipalOrgID': 'o-1' }), true);
  t.equal(as(other, toOrganisation, { 'aws:PrincipalOrgID': 'o-2' }), false);
  t.equal(as(other, toOrganisation), false, 'an account of no organisation');
  t.equal(as({ kind: 'anonymous' }, toOrganisation), false);
  t.equal(as({ kind: 'anonymous' }, toOther), false);
  t.end();
});

void test('a trust policy lets in only the tokens that it describes', (t) => {
  const issuer = 'token.actions.githubusercontent.com';
  const trust = document({
    Effect: 'Allow',
    Principal: { Federated: PROVIDER },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com', [`${issuer}:repository_id`]: ['42', '43'] },
      StringLike: { [`${issuer}:sub`]: ['repo:acme/*:ref:refs/heads/*', 'repo:acme@7/*:ref:refs/heads/*'] },
    },
  });
  const rows: readonly (readonly [string, Record<string, string>, boolean])[] = [
    ['the classic form', { sub: 'repo:acme/app:ref:refs/heads/main', repository_id: '42' }, true],
    ['the immutable form', { sub: 'repo:acme@7/app@43:ref:refs/heads/main', repository_id: '43' }, true],
    ['another repository', { sub: 'repo:acme/app:ref:refs/heads/main', repository_id: '44' }, false],
    ['another organisation', { sub: 'repo:acme2/app:ref:refs/heads/main', repository_id: '42' }, false],
    [
      'the organisation under another owner',
      { sub: 'repo:acme@8/app@42:ref:refs/heads/main', repository_id: '42' },
      false,
    ],
    ['a pull request', { sub: 'repo:acme/app:pull_request', repository_id: '42' }, false],
    ['no repository id', { sub: 'repo:acme/app:ref:refs/heads/main' }, false],
    ['the organisation in another case', { sub: 'repo:Acme/app:ref:refs/heads/main', repository_id: '42' }, false],
    ['another audience', { sub: 'repo:acme/app:ref:refs/heads/main', repository_id: '42', aud: 'x' }, false],
  ];
  for (const [title, claims, expected] of rows) {
    const keys = Object.entries({ aud: 'sts.amazonaws.com', ...claims }).map(([key, value]) => [
      `${issuer}:${key}`,
      value,
    ]);
    const ask = request({
      principal: federated,
      action: 'sts:AssumeRoleWithWebIdentity',
      resource: ROLE,
      context: Object.fromEntries(keys) as Record<string, string>,
    });
    t.equal(evaluateDocument(trust, ask, 'resource'), expected ? 'allow' : 'none', title);
  }
  t.end();
});

// ---- Properties -----------------------------------------------------------------------------------------------------

const glyphs = fc.string({ unit: fc.constantFrom('a', 'b', ':', '/', '*', '?', '😀'), maxLength: 9 });
const value = fc.string({ unit: fc.constantFrom('a', 'b', ':', '/', '😀'), maxLength: 12 });

function naiveMatch(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '*') return naiveMatch(rest, text) || (text.length > 0 && naiveMatch(pattern, text.slice(1)));
  return text.length > 0 && (first === '?' || first === text[0]) && naiveMatch(rest, text.slice(1));
}

void test('the pattern matcher agrees with the definition', (t) => {
  fc.assert(
    fc.property(glyphs, value, (pattern, text) => {
      return globMatches(pattern, text) === naiveMatch(Array.from(pattern), Array.from(text));
    }),
    { numRuns: runs(3000) },
  );
  t.end();
});

void test('a hostile pattern costs no more than its size times the value', (t) => {
  const began = process.hrtime.bigint();
  t.equal(globMatches(`${'*a'.repeat(1000)}b`, 'a'.repeat(10_000)), false);
  t.ok(process.hrtime.bigint() - began < 5_000_000_000n);
  t.end();
});

const condition: fc.Arbitrary<ConditionBlock> = fc.dictionary(
  fc.constantFrom('StringEquals', 'StringNotLike', 'StringLike', 'Null', 'ForAllValues:StringLike', 'Unknown'),
  fc.dictionary(fc.constantFrom('k', 'm'), fc.constantFrom<string | string[]>('a', '*', ['a', 'b'], '${m}', 'true'), {
    maxKeys: 2,
  }),
  { maxKeys: 2 },
);
const statement: fc.Arbitrary<Statement> = fc
  .record({
    Effect: fc.constantFrom<'Allow' | 'Deny'>('Allow', 'Allow', 'Deny'),
    Principal: fc.constantFrom<PrincipalElement>(
      '*',
      { AWS: ACCOUNT },
      { AWS: ROLE },
      { AWS: SESSION },
      { AWS: OTHER },
    ),
    Action: fc.constantFrom<string | string[]>('*', 'ecr:Put*', 'ecr:BatchGetImage', ['ecr:PutImage']),
    Resource: fc.constantFrom('*', REPOSITORY, 'arn:aws:ecr:*:*:repository/${m}*'),
    Condition: condition,
  })
  .map((parts): Statement => parts);
const policy = fc.array(statement, { maxLength: 4 }).map((statements) => document(...statements));
const policies = fc.record(
  {
    identity: fc.array(policy, { maxLength: 2 }),
    boundary: policy,
    resource: policy,
    resourceAccountId: fc.constantFrom(ACCOUNT, OTHER),
  },
  { requiredKeys: ['identity', 'resourceAccountId'] },
);
const anyRequest: fc.Arbitrary<AuthorizationRequest> = fc.record({
  principal: fc.constantFrom<RequestPrincipal>(session, { kind: 'account', accountId: OTHER }, { kind: 'anonymous' }),
  action: fc.constantFrom('ecr:PutImage', 'ecr:BatchGetImage'),
  resource: fc.constant(REPOSITORY),
  context: fc.dictionary(fc.constantFrom('k', 'm'), fc.constantFrom<string | string[]>('a', 'b', 'koa', ['a', 'c'])),
});

void test('an explicit deny always wins', (t) => {
  fc.assert(
    fc.property(policies, anyRequest, fc.constantFrom('identity', 'boundary', 'resource'), (given, ask, where) => {
      const deny = document({
        Effect: 'Deny',
        Action: '*',
        ...(where === 'resource' ? { Principal: '*' } : { Resource: '*' }),
      });
      const denied =
        where === 'identity' ? { ...given, identity: [...given.identity, deny] } : { ...given, [where]: deny };
      return !authorize(denied, ask).allowed;
    }),
  );
  t.end();
});

void test('adding a Deny never widens and adding an Allow never narrows', (t) => {
  fc.assert(
    fc.property(policies, statement, anyRequest, (given, added, ask) => {
      const before = authorize(given, ask).allowed;
      const identity = [...given.identity, document(added)];
      const resource = document(...(given.resource?.Statement ?? []), added);
      for (const changed of [
        { ...given, identity },
        { ...given, resource },
      ]) {
        const after = authorize(changed, ask).allowed;
        if (added.Effect === 'Deny' ? after && !before : before && !after) return false;
      }
      return true;
    }),
    { numRuns: runs(1000) },
  );
  t.end();
});

void test('a boundary never widens', (t) => {
  fc.assert(
    fc.property(policies, policy, anyRequest, (given, boundary, ask) => {
      const { boundary: _, ...unbounded } = given;
      return authorize(unbounded, ask).allowed || !authorize({ ...unbounded, boundary }, ask).allowed;
    }),
    { numRuns: runs(1000) },
  );
  t.end();
});

void test('the order of statements and policies does not matter', (t) => {
  fc.assert(
    fc.property(policies, anyRequest, (given, ask) => {
      const turned = (one: PolicyDocument): PolicyDocument => ({ ...one, Statement: one.Statement.toReversed() });
      const reversed = {
        ...given,
        identity: given.identity.map(turned).toReversed(),
        ...(given.boundary === undefined ? {} : { boundary: turned(given.boundary) }),
        ...(given.resource === undefined ? {} : { resource: turned(given.resource) }),
      };
      return authorize(given, ask).allowed === authorize(reversed, ask).allowed;
    }),
    { numRuns: runs(1000) },
  );
  t.end();
});
