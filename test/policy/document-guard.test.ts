import * as fc from 'fast-check';
import { test } from 'tap';
import type { PolicyDocument, Statement } from '../../src/policy/document.ts';
import {
  guardPushPolicy,
  guardRepositoryPolicy,
  guardRevokeSessionsPolicy,
  guardTrustPolicy,
} from '../../src/policy/document-guard.ts';
import { pushPolicy, revokeSessionsPolicy } from '../../src/policy/push-policy.ts';
import { repositoryPolicy } from '../../src/policy/repository-policy.ts';
import { trustKeys, trustPolicy } from '../../src/policy/trust-policy.ts';
import { anyGrants, anyJob, anySettings, organisations } from './arbitraries.ts';
import { grant, koa, mayAssume, repositoryNames, role, settings, tokenOf, withKeys } from './fixtures.ts';
import { runs } from '../support/extent.ts';

type Loose = Record<string, unknown>;
type Edit = (statement: Loose, document: Loose) => void;

const keys = trustKeys(settings);
const owners = [{ login: 'JPPOL-KOA', ownerId: '1001' }];

/** A document with something changed in its first statement, or around it. */
function edited(document: PolicyDocument | undefined, edit: Edit): PolicyDocument {
  const copy = structuredClone(document) as unknown as { Statement: Loose[] } & Loose;
  edit(copy.Statement[0] ?? {}, copy);
  return copy as unknown as PolicyDocument;
}

function condition(statement: Loose, operator: string): Loose {
  return (statement['Condition'] as Record<string, Loose>)[operator] ?? {};
}

void test('every rule of a trust policy is checked on the document itself', (t) => {
  const good = trustPolicy([grant()], [koa], settings);
  t.same(guardTrustPolicy(good, settings, owners), [], 'a good one passes');
  t.same(guardTrustPolicy(trustPolicy([], [koa], settings), settings, owners), [], 'the one that denies passes');

  const sub =
    (...subs: unknown[]): Edit =>
    (statement) =>
      Object.assign(condition(statement, 'StringLike'), { [keys.sub]: subs });
  const both = (rest: string, immutableRest = rest): Edit =>
    sub(`repo:JPPOL-KOA/${rest}`, `repo:JPPOL-KOA@1001/${immutableRest}`);
  const ids =
    (...values: unknown[]): Edit =>
    (statement) =>
      Object.assign(condition(statement, 'StringEquals'), { [keys.repositoryId]: values });
  const bad: readonly (readonly [string, Edit, string])[] = [
    ['an older version', (_, document) => Object.assign(document, { Version: '2008-10-17' }), 'version'],
    ['an unknown member', (_, document) => Object.assign(document, { Extra: 1 }), 'member'],
    ['no statement', (_, document) => Object.assign(document, { Statement: [] }), 'statements'],
    ['a statement that is no list', (_, document) => Object.assign(document, { Statement: 'x' }), 'shape'],
    ['a policy variable', both('*:environment:${aws:username}'), 'policy-variable'],
    [
      'a dollar in a key',
      (statement) => Object.assign(condition(statement, 'StringEquals'), { '${x}': 'y' }),
      'policy-variable',
    ],
    ['everybody', (statement) => Object.assign(statement, { Principal: '*' }), 'principal'],
    ['everybody of AWS', (statement) => Object.assign(statement, { Principal: { AWS: '*' } }), 'principal'],
    [
      'an account beside the provider',
      (statement) => Object.assign(statement['Principal'] as Loose, { AWS: '931827427725' }),
      'principal',
    ],
    [
      'a second provider',
      (statement) =>
        Object.assign(statement, { Principal: { Federated: [(statement['Principal'] as Loose)['Federated'], 'x'] } }),
      'principal',
    ],
    [
      'another provider',
      (statement) =>
        Object.assign(statement, { Principal: { Federated: 'arn:aws:iam::354918371398:oidc-provider/evil' } }),
      'principal',
    ],
    ['no principal', (statement) => delete statement['Principal'], 'principal'],
    ['NotPrincipal', (statement) => Object.assign(statement, { NotPrincipal: { AWS: 'x' } }), 'member'],
    ['another action', (statement) => Object.assign(statement, { Action: 'sts:AssumeRole' }), 'action'],
    [
      'a second action',
      (statement) => Object.assign(statement, { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] }),
      'action',
    ],
    ['NotAction', (statement) => Object.assign(statement, { NotAction: 'x' }), 'member'],
    ['a Deny among others', (statement) => Object.assign(statement, { Effect: 'Deny' }), 'effect'],
    ['an effect that is none', (statement) => Object.assign(statement, { Effect: 'allow' }), 'effect'],
    ['no condition', (statement) => delete statement['Condition'], 'sub'],
    [
      'ForAllValues',
      (statement) => Object.assign(statement['Condition'] as Loose, { 'ForAllValues:StringLike': { [keys.sub]: 'x' } }),
      'condition',
    ],
    [
      'ForAnyValue',
      (statement) => Object.assign(statement['Condition'] as Loose, { 'ForAnyValue:StringLike': { [keys.sub]: 'x' } }),
      'condition',
    ],
    [
      'StringLikeIfExists',
      (statement) => Object.assign(statement['Condition'] as Loose, { StringLikeIfExists: { [keys.sub]: 'x' } }),
      'condition',
    ],
    [
      'StringNotEquals',
      (statement) => Object.assign(statement['Condition'] as Loose, { StringNotEquals: { [keys.sub]: 'x' } }),
      'condition',
    ],
    [
      "another provider's key",
      (statement) => Object.assign(condition(statement, 'StringEquals'), { 'evil:aud': 'x' }),
      'condition',
    ],
    [
      'an actor',
      (statement) => Object.assign(condition(statement, 'StringEquals'), { [`${settings.oidcProvider}:actor`]: 'x' }),
      'condition',
    ],
    [
      'sub under StringEquals',
      (statement) => Object.assign(condition(statement, 'StringEquals'), { [keys.sub]: 'x' }),
      'condition',
    ],
    [
      'aud under StringLike',
      (statement) => Object.assign(condition(statement, 'StringLike'), { [keys.aud]: '*' }),
      'condition',
    ],
    ['no aud', (statement) => delete condition(statement, 'StringEquals')[keys.aud], 'audience'],
    [
      'another aud',
      (statement) => Object.assign(condition(statement, 'StringEquals'), { [keys.aud]: 'x' }),
      'audience',
    ],
    [
      'a second aud',
      (statement) => Object.assign(condition(statement, 'StringEquals'), { [keys.aud]: ['sts.amazonaws.com', 'x'] }),
      'audience',
    ],
    ['no sub', (statement) => delete condition(statement, 'StringLike')[keys.sub], 'sub'],
    ['an empty list of sub', sub(), 'sub'],
    ['a sub that is all', sub('*'), 'sub-form'],
    ['a sub that is no text', sub(1), 'sub-form'],
    [
      'a second sub that is all',
      (statement) => (condition(statement, 'StringLike')[keys.sub] as unknown[]).push('repo:*'),
      'sub-form',
    ],
    ['a * before the organisation is complete', sub('repo:JPPOL-*/*:ref:refs/heads/*'), 'sub-form'],
    ['a * for the owner id', sub('repo:JPPOL-KOA@*/*:ref:refs/heads/*'), 'sub-form'],
    ['a hyphenated owner id', sub('repo:JPPOL-KOA@1001-1/*:ref:refs/heads/*'), 'sub-form'],
    ['a ? in the repository', both('Gift?:ref:refs/heads/*'), 'sub-form'],
    ['a * inside of the repository', both('*Service:ref:refs/heads/*'), 'sub-form'],
    ['no context', both('*'), 'sub-form'],
    ['a context that is empty', both('*:'), 'sub-context'],
    ['a context that is all', both('*:*'), 'sub-context'],
    ['all refs', both('*:ref:*'), 'sub-context'],
    ['refs of any kind', both('*:ref:refs/*'), 'sub-context'],
    ['a ref in sub, where the key ref is on', both('*:ref:refs/heads/main'), 'sub-context'],
    ['a pattern of environments', both('*:environment:prod*'), 'sub-context'],
    ['an environment that is empty', both('*:environment:'), 'sub-context'],
    ['an environment with %', both('*:environment:a%3Ab'), 'sub-context'],
    ['another claim', both('*:workflow:ci'), 'sub-context'],
    ['a context with two *', both('*:ref:*refs/heads/*'), 'sub-form'],
    [
      'an owner that is not registered',
      sub('repo:evil/*:ref:refs/heads/*', 'repo:evil@1001/*:ref:refs/heads/*'),
      'owner',
    ],
    [
      'an owner in other case',
      sub('repo:jppol-koa/*:ref:refs/heads/*', 'repo:jppol-koa@1001/*:ref:refs/heads/*'),
      'owner',
    ],
    ['another owner id', sub('repo:JPPOL-KOA/*:ref:refs/heads/*', 'repo:JPPOL-KOA@1002/*:ref:refs/heads/*'), 'owner'],
    ['the classic form only', sub('repo:JPPOL-KOA/*:ref:refs/heads/*'), 'sub-both-forms'],
    ['the immutable form only', sub('repo:JPPOL-KOA@1001/*:ref:refs/heads/*'), 'sub-both-forms'],
    ['forms that say different things', both('*:ref:refs/heads/*', '*:environment:*'), 'sub-both-forms'],
    ['a repository id in the classic form', both('a@1:ref:refs/heads/*', 'a@1:ref:refs/heads/*'), 'sub-repository'],
    ['no repository', both(':ref:refs/heads/*'), 'sub-repository'],
    ['an empty list of ids', ids(), 'repository-id'],
    ['an id that is a star', ids('5001', '*'), 'repository-id'],
    ['an id that is hyphenated', ids('5001', '5001-1'), 'repository-id'],
    ['an id that is empty', ids(''), 'repository-id'],
    ['an id that is no text', ids(5001), 'repository-id'],
    [
      'a ref that is a pattern under StringEquals',
      (statement) => Object.assign(condition(statement, 'StringEquals'), { [keys.ref]: 'refs/heads/*' }),
      'ref',
    ],
    ['a ref that is all', (statement) => Object.assign(condition(statement, 'StringLike'), { [keys.ref]: '*' }), 'ref'],
    [
      'an empty list of refs',
      (statement) => Object.assign(condition(statement, 'StringLike'), { [keys.ref]: [] }),
      'ref',
    ],
    [
      'a context that cannot carry the ref',
      (statement) => Object.assign(condition(statement, 'StringEquals'), { [keys.ref]: 'refs/heads/main' }),
      'sub-context',
    ],
  ];
  for (const [what, edit, rule] of bad) {
    const rules = guardTrustPolicy(edited(good, edit), settings, owners).map((each) => each.rule);
    t.ok(rules.includes(rule), `${what}: ${rule} is among ${rules.join(', ')}`);
  }

  const small = { ...settings, trustPolicySize: 100 };
  t.same(
    guardTrustPolicy(good, small, owners).map(({ rule }) => rule),
    ['size'],
    'a document over its quota',
  );
  t.match(
    guardTrustPolicy(good, withKeys(false, true), owners).map(({ rule }) => rule),
    ['condition'],
    'a key that is switched off',
  );
  const unpinned = trustPolicy([grant({ repository: '*', repositoryId: undefined })], [koa], settings);
  t.same(guardTrustPolicy(unpinned, settings, owners), []);
  const shared = owners.map((owner) => ({ ...owner, shared: true }));
  t.match(
    guardTrustPolicy(unpinned, settings, shared).map(({ rule }) => rule),
    ['shared-organisation'],
    'a pattern into a shared organisation',
  );
  t.same(guardTrustPolicy(good, settings, shared), [], 'an exact repository of a shared organisation');
  t.end();
});

void test('a document that passes the guard lets in no owner that is not allowed, whatever it was made from', (t) => {
  const piece = fc.constantFrom(
    'repo:',
    'JPPOL-KOA',
    '@1001',
    '/',
    '*',
    'Gift',
    ':',
    'ref:refs/heads/*',
    'environment:*',
    'evil',
    '?',
    'ref:refs/tags/*',
  );
  const anySub = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''));
  const good = trustPolicy([grant()], [koa], settings);
  fc.assert(
    fc.property(fc.array(anySub, { minLength: 1, maxLength: 3 }), anyJob, (subs, job) => {
      const document = edited(good, (statement) => {
        const twins = subs.flatMap((sub) => [sub, sub.replace('JPPOL-KOA/', 'JPPOL-KOA@1001/')]);
        Object.assign(condition(statement, 'StringLike'), { [keys.sub]: twins });
      });
      if (guardTrustPolicy(document, settings, owners).length > 0) return true;
      return !mayAssume(document, tokenOf({ ...job, login: 'evil', ownerId: '666', repositoryId: '5001' }));
    }),
    { numRuns: runs(3000) },
  );
  t.end();
});

void test('whatever JSON is stored, a guard answers, and lets only documents pass', (t) => {
  const leaf = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom('*', 'Allow', {}, [], null));
  const member = fc.constantFrom('Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition');
  const statement = fc.oneof(leaf, fc.dictionary(member, leaf));
  const stored = fc.oneof(
    leaf,
    fc.record({ Version: fc.constantFrom('2012-10-17', 1), Statement: fc.oneof(leaf, fc.array(statement)) }),
  );
  const named = role({ scope: 'named', repositories: repositoryNames('koa/app') });
  fc.assert(
    fc.property(stored, (value) => {
      const document = value as unknown as PolicyDocument;
      return (
        guardTrustPolicy(document, settings, owners).length > 0 &&
        guardRepositoryPolicy(document, settings).length > 0 &&
        guardPushPolicy(document, named, settings).length > 0 &&
        guardRevokeSessionsPolicy(document).length > 0
      );
    }),
    { numRuns: runs(3000) },
  );
  t.end();
});

void test('what is rendered passes the guard', (t) => {
  const own = organisations.filter(({ department }) => department === 'koa');
  fc.assert(
    fc.property(anyGrants, anySettings, (grants, its) => {
      const roomy = { ...its, trustPolicySize: 100_000 };
      return guardTrustPolicy(trustPolicy(grants, organisations, roomy), roomy, own).length === 0;
    }),
    { numRuns: runs(1000) },
  );
  t.end();
});

void test('every rule of a repository policy is checked on the document itself', (t) => {
  const foreign: PolicyDocument = {
    Version: '2008-10-17',
    Statement: [
      { Sid: 'Lambda', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'ecr:BatchGetImage' },
    ],
  };
  const account = (accountId: string, canWrite = false) => ({
    description: 'x',
    accountId: accountId as typeof settings.accountId,
    canWrite,
  });
  const access = { accounts: [account('931827427725'), account('615205931730', true)], organisationPull: true };
  const good = repositoryPolicy(access, settings, foreign);
  const guard = (document: PolicyDocument): readonly string[] =>
    guardRepositoryPolicy(document, settings, { foreign }).map(({ rule }) => rule);
  t.same(guard(edited(good, () => undefined)), [], 'a good one passes');

  const at =
    (index: number, edit: (statement: Loose) => void): Edit =>
    (_, document) =>
      edit((document['Statement'] as Loose[])[index] ?? {});
  const bad: readonly (readonly [string, Edit, string])[] = [
    ['everybody may pull', at(0, (statement) => Object.assign(statement, { Principal: '*' })), 'principal'],
    [
      'everybody of AWS may pull',
      at(0, (statement) => Object.assign(statement, { Principal: { AWS: '*' } })),
      'principal',
    ],
    [
      'a user may pull',
      at(0, (statement) => Object.assign(statement, { Principal: { AWS: 'arn:aws:iam::931827427725:user/x' } })),
      'principal',
    ],
    [
      'a service beside the account',
      at(0, (statement) => Object.assign(statement['Principal'] as Loose, { Service: 'x' })),
      'principal',
    ],
    [
      'an account that is none',
      at(0, (statement) => Object.assign(statement, { Principal: { AWS: 'arn:aws:iam::93182742772:root' } })),
      'principal',
    ],
    ['no principal', at(0, (statement) => delete statement['Principal']), 'principal'],
    ['a puller pushes', at(0, (statement) => Object.assign(statement, { Action: ['ecr:PutImage'] })), 'action'],
    ['a puller may all', at(0, (statement) => Object.assign(statement, { Action: 'ecr:*' })), 'action'],
    ['no action', at(0, (statement) => delete statement['Action']), 'action'],
    ['NotAction', at(0, (statement) => Object.assign(statement, { NotAction: 'x' })), 'member'],
    ['a Deny', at(0, (statement) => Object.assign(statement, { Effect: 'Deny' })), 'effect'],
    [
      'a pusher deletes',
      at(1, (statement) => Object.assign(statement, { Action: ['ecr:BatchDeleteImage'] })),
      'action',
    ],
    ['the organisation pushes', at(2, (statement) => Object.assign(statement, { Action: ['ecr:PutImage'] })), 'action'],
    ['everybody, without an organisation', at(2, (statement) => delete statement['Condition']), 'organisation'],
    [
      'another organisation',
      at(2, (statement) =>
        Object.assign(statement, { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-evil' } } }),
      ),
      'organisation',
    ],
    [
      'an organisation beside ours',
      at(2, (statement) =>
        Object.assign(statement, {
          Condition: { StringEquals: { 'aws:PrincipalOrgID': [settings.organisationId, 'o-evil'] } },
        }),
      ),
      'organisation',
    ],
    [
      'any organisation',
      at(2, (statement) => Object.assign(statement, { Condition: { StringLike: { 'aws:PrincipalOrgID': '*' } } })),
      'organisation',
    ],
    [
      'an organisation if it exists',
      at(2, (statement) =>
        Object.assign(statement, {
          Condition: { StringEqualsIfExists: { 'aws:PrincipalOrgID': settings.organisationId } },
        }),
      ),
      'organisation',
    ],
    [
      'a principal beside everybody',
      at(2, (statement) => Object.assign(statement, { Principal: { AWS: ['*', 'x'] } })),
      'principal',
    ],
    ['a statement of ours that is unknown', at(0, (statement) => Object.assign(statement, { Sid: 'EcpExtra' })), 'sid'],
    [
      'a statement twice',
      (_, document) => (document['Statement'] as Loose[]).unshift((document['Statement'] as Loose[])[0] ?? {}),
      'sid',
    ],
    ['a foreign statement gone', (_, document) => (document['Statement'] as Loose[]).pop(), 'foreign-statements'],
    [
      'a foreign statement changed',
      at(3, (statement) => Object.assign(statement, { Action: 'ecr:*' })),
      'foreign-statements',
    ],
    [
      'a foreign statement added',
      (_, document) => (document['Statement'] as Loose[]).push({ Effect: 'Allow', Principal: '*', Action: 'ecr:*' }),
      'foreign-statements',
    ],
    ['a statement of ours without its name', at(0, (statement) => delete statement['Sid']), 'foreign-statements'],
    ['another version', (_, document) => Object.assign(document, { Version: '2012-10-17' }), 'version'],
    ['an unknown member', (_, document) => Object.assign(document, { Extra: 1 }), 'member'],
    ['no statement', (_, document) => Object.assign(document, { Statement: [] }), 'statements'],
  ];
  for (const [what, edit, rule] of bad) {
    const rules = guard(edited(good, edit));
    t.ok(rules.includes(rule), `${what}: ${rule} is among ${rules.join(', ')}`);
  }
  const many = Array.from({ length: 400 }, (_, index) => account(String(100_000_000_000 + index)));
  const large = repositoryPolicy({ accounts: many, organisationPull: false }, settings);
  t.same(
    guardRepositoryPolicy(
      edited(large, () => undefined),
      settings,
    ).map(({ rule }) => rule),
    ['size'],
  );
  const { organisationId: _, ...without } = settings;
  t.ok(
    guardRepositoryPolicy(
      edited(good, () => undefined),
      without,
      { foreign },
    ).some(({ rule }) => rule === 'organisation'),
    'no organisation is configured',
  );
  t.end();
});

void test("a push policy that passes the guard is the role's own or a part of it", (t) => {
  const department = role();
  const named = role({ scope: 'named', repositories: repositoryNames('koa/app', 'koa/web') });
  const good = pushPolicy(named, settings);
  const guard = (edit: Edit): readonly string[] =>
    guardPushPolicy(edited(good, edit), named, settings).map(({ rule }) => rule);
  t.same(guardPushPolicy(good, named, settings), []);
  t.same(guardPushPolicy(pushPolicy(department, settings), department, settings), []);
  t.same(
    guardPushPolicy(pushPolicy({ ...named, repositories: repositoryNames('koa/app') }, settings), named, settings),
    [],
    'a part',
  );
  const push =
    (edit: (statement: Loose) => void): Edit =>
    (_, document) =>
      edit((document['Statement'] as Loose[])[1] ?? {});
  const bad: readonly (readonly [string, Edit, string])[] = [
    [
      'another repository',
      push((statement) =>
        (statement['Resource'] as string[]).push('arn:aws:ecr:eu-west-1:354918371398:repository/pol/app'),
      ),
      'push-scope',
    ],
    ['all repositories', push((statement) => Object.assign(statement, { Resource: '*' })), 'push-scope'],
    [
      'another action',
      push((statement) => (statement['Action'] as string[]).push('ecr:DeleteRepository')),
      'push-scope',
    ],
    ['all actions', push((statement) => Object.assign(statement, { Action: '*' })), 'push-scope'],
    ['no condition', push((statement) => delete statement['Condition']), 'push-scope'],
    [
      "another department's tag",
      push((statement) =>
        Object.assign(statement, { Condition: { StringEquals: { 'aws:ResourceTag/ecp:department': 'pol' } } }),
      ),
      'push-scope',
    ],
    ['NotResource', push((statement) => Object.assign(statement, { NotResource: 'x' })), 'push-scope'],
    [
      'NotAction in place of Action',
      push((statement) => {
        statement['NotAction'] = 'x';
        delete statement['Action'];
      }),
      'push-scope',
    ],
    [
      'one more statement',
      (_, document) => (document['Statement'] as Loose[]).push({ Effect: 'Allow', Action: '*', Resource: '*' }),
      'push-scope',
    ],
    ['another version', (_, document) => Object.assign(document, { Version: '2008-10-17' }), 'version'],
    ['an unknown member', (_, document) => Object.assign(document, { Id: 'x' }), 'member'],
    ['no statement', (_, document) => Object.assign(document, { Statement: [] }), 'statements'],
  ];
  for (const [what, edit, rule] of bad) t.ok(guard(edit).includes(rule), `${what}: ${rule}`);
  const long = Array.from({ length: 60 }, (_, index) => `${'a'.repeat(200)}${index}`);
  const large = { ...named, repositories: repositoryNames(...long) };
  t.same(
    guardPushPolicy(pushPolicy(large, settings), large, settings).map(({ rule }) => rule),
    ['size'],
  );
  t.end();
});

void test('a policy that ends sessions passes the guard only if it is a dated Deny of everything', (t) => {
  const good = revokeSessionsPolicy('2026-11-24T10:00:00.000Z');
  t.same(guardRevokeSessionsPolicy(good), []);
  const bad: readonly Partial<Statement>[] = [
    { Effect: 'Allow' },
    { Action: 'ecr:*' },
    { Resource: 'x' },
    { Condition: {} },
    { Condition: { DateLessThan: { 'aws:TokenIssueTime': 'yesterday' } } },
    { Condition: { DateGreaterThan: { 'aws:TokenIssueTime': '2026-11-24T10:00:00.000Z' } } },
  ];
  for (const part of bad) {
    const document = edited(good, (statement) => Object.assign(statement, part));
    t.ok(guardRevokeSessionsPolicy(document).length > 0, JSON.stringify(part));
  }
  t.end();
});
