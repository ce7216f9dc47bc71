import * as fc from 'fast-check';
import { test } from 'tap';
import type { AccessAccount } from '../../src/model/account-access.ts';
import { LOGIN_ACTION, PULL_ACTIONS, PUSH_ACTIONS } from '../../src/policy/actions.ts';
import { isSameDocument } from '../../src/policy/canonical.ts';
import type { PolicyDocument, Statement } from '../../src/policy/document.ts';
import { authorize, evaluateDocument } from '../../src/policy/evaluate.ts';
import { permissionsBoundary, pushPolicy, revokeSessionsPolicy } from '../../src/policy/push-policy.ts';
import { foreignStatements, keepForeign, repositoryPolicy } from '../../src/policy/repository-policy.ts';
import type { Target } from './fixtures.ts';
import { imageRequest, repositoryNames, role, sessionOf, settings } from './fixtures.ts';
import { runs } from '../support/extent.ts';

const boundary = permissionsBoundary(settings);
const administrator: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};

interface Session {
  readonly roleName: string;
  readonly department?: string | undefined;
  readonly issued?: string;
}
const koaSession: Session = { roleName: 'koa-github-ecr-access', department: 'koa' };

/** Whether a session of a push role may do an image action; within the boundary unless told otherwise. */
function may(
  identity: readonly PolicyDocument[],
  action: string,
  target: Target,
  session: Session = koaSession,
  resource?: PolicyDocument,
): boolean {
  const request = imageRequest(action, target, session);
  const policies = {
    identity,
    boundary,
    resourceAccountId: settings.accountId,
    ...(resource === undefined ? {} : { resource }),
  };
  return authorize(policies, request).allowed;
}

function account(accountId: string, canWrite = false): AccessAccount {
  return { description: accountId, accountId: accountId as AccessAccount['accountId'], canWrite };
}

const [dev, test_, prod] = ['931827427725', '615205931730', '151484623076'] as const;

/** Whether a role of another account, which that account lets do anything, may do an image action. */
function accountMay(
  policy: PolicyDocument | undefined,
  accountId: string,
  action: string,
  organisationId = 'o-elsewhere',
): boolean {
  const roleArn = `arn:aws:iam::${accountId}:role/node`;
  const request = {
    ...imageRequest(action, { name: 'giftcard-service', department: 'koa' }, { roleName: 'node' }),
    principal: {
      kind: 'assumed-role',
      accountId,
      roleArn,
      sessionArn: `arn:aws:sts::${accountId}:assumed-role/node/1`,
    } as const,
    context: { 'aws:PrincipalOrgID': organisationId },
  };
  return authorize(
    {
      identity: [administrator],
      resourceAccountId: settings.accountId,
      ...(policy === undefined ? {} : { resource: policy }),
    },
    request,
  ).allowed;
}

void test("the example's repository is pulled by its three accounts and by nobody else", (t) => {
  const policy = repositoryPolicy(
    { accounts: [account(dev), account(test_), account(prod)], organisationPull: false },
    settings,
  );
  for (const id of [dev, test_, prod]) {
    t.ok(
      PULL_ACTIONS.every((action) => accountMay(policy, id, action)),
      `${id} pulls`,
    );
    const others = [
      ...PUSH_ACTIONS,
      'ecr:BatchDeleteImage',
      'ecr:SetRepositoryPolicy',
      'ecr:DeleteRepository',
      'ecr:PutLifecyclePolicy',
    ];
    t.notOk(
      others.some((action) => !(PULL_ACTIONS as readonly string[]).includes(action) && accountMay(policy, id, action)),
      `${id} does no more`,
    );
  }
  for (const id of ['931827427726', '354918371399', '123456789012']) {
    t.notOk(
      PUSH_ACTIONS.some((action) => accountMay(policy, id, action, settings.organisationId)),
      `${id} does nothing`,
    );
  }
  t.end();
});

void test('an account that may write pushes and pulls, and does no more', (t) => {
  const policy = repositoryPolicy({ accounts: [account(dev), account(prod, true)], organisationPull: false }, settings);
  t.ok(PUSH_ACTIONS.every((action) => accountMay(policy, prod, action)));
  t.notOk(accountMay(policy, prod, 'ecr:BatchDeleteImage'));
  t.notOk(accountMay(policy, dev, 'ecr:PutImage'));
  t.end();
});

void test('organisation-wide pull is for the configured AWS organisation only, and pull only', (t) => {
  const policy = repositoryPolicy({ accounts: [], organisationPull: true }, settings);
  t.ok(PULL_ACTIONS.every((action) => accountMay(policy, '111111111111', action, settings.organisationId)));
  t.notOk(accountMay(policy, '111111111111', 'ecr:PutImage', settings.organisationId));
  t.notOk(PULL_ACTIONS.some((action) => accountMay(policy, '111111111111', action, 'o-evil')));
  const { organisationId: _, ...without } = settings;
  t.equal(
    repositoryPolicy({ accounts: [], organisationPull: true }, without),
    undefined,
    'nobody, where no organisation is configured',
  );
  t.end();
});

void test('who may pull and push follows from the account access, whatever it is', (t) => {
  const id = fc.constantFrom(dev, test_, prod, '354918371398');
  const accounts = fc.uniqueArray(fc.record({ id, canWrite: fc.boolean() }), { selector: (each) => each.id });
  fc.assert(
    fc.property(
      accounts,
      fc.boolean(),
      id,
      fc.constantFrom(...PUSH_ACTIONS, 'ecr:BatchDeleteImage'),
      fc.boolean(),
      (list, organisationPull, who, action, isInside) => {
        const policy = repositoryPolicy(
          { accounts: list.map((each) => account(each.id, each.canWrite)), organisationPull },
          settings,
        );
        const isPull = (PULL_ACTIONS as readonly string[]).includes(action);
        const isPush = (PUSH_ACTIONS as readonly string[]).includes(action);
        const listed = list.find((each) => each.id === who);
        const expected =
          (listed !== undefined && (listed.canWrite ? isPush : isPull)) ||
          (organisationPull && isInside && isPull) ||
          who === settings.accountId;
        return accountMay(policy, who, action, isInside ? settings.organisationId : 'o-evil') === expected;
      },
    ),
    { numRuns: runs(2000) },
  );
  t.end();
});

const anyStatement: fc.Arbitrary<Statement> = fc
  .record({
    Sid: fc.constantFrom(undefined, 'Lambda', 'ecp', 'XEcpPull', 'EcpPull', 'EcpOld'),
    Effect: fc.constantFrom('Allow' as const, 'Deny' as const),
    Principal: fc.constantFrom({ Service: 'lambda.amazonaws.com' }, { AWS: dev }),
    Action: fc.constantFrom('ecr:BatchGetImage', 'ecr:PutImage'),
  })
  .map(({ Sid, ...rest }) => (Sid === undefined ? rest : { Sid, ...rest }));
const anyDocument = fc
  .tuple(fc.constantFrom('2012-10-17' as const, '2008-10-17' as const), fc.array(anyStatement, { maxLength: 4 }))
  .map(([Version, statements]): PolicyDocument => ({ Version, Statement: statements }));

void test('a foreign statement is kept, in its order, and none of ours is left over', (t) => {
  fc.assert(
    fc.property(anyDocument, fc.boolean(), (observed, organisationPull) => {
      const access = { accounts: [account(dev)], organisationPull };
      const policy = repositoryPolicy(access, settings, observed);
      const own = policy?.Statement.filter((statement) => statement.Sid?.startsWith('Ecp')) ?? [];
      const theirs = observed.Statement.filter((statement) => !(statement.Sid ?? '').startsWith('Ecp'));
      return (
        JSON.stringify(foreignStatements(policy)) === JSON.stringify(theirs) &&
        JSON.stringify(own) === JSON.stringify(repositoryPolicy(access, settings)?.Statement) &&
        policy?.Version === (theirs.length > 0 ? observed.Version : '2012-10-17')
      );
    }),
  );
  t.end();
});

void test('a repository whose access is all gone has no policy, unless a foreign statement stays', (t) => {
  fc.assert(
    fc.property(anyDocument, (observed) => {
      const policy = repositoryPolicy({ accounts: [], organisationPull: false }, settings, observed);
      return foreignStatements(observed).length === 0 ? policy === undefined : policy !== undefined;
    }),
  );
  t.end();
});

void test('keeping foreign statements is the same as rendering over them', (t) => {
  fc.assert(
    fc.property(anyDocument, (observed) => {
      const access = { accounts: [account(dev)], organisationPull: true };
      return isSameDocument(
        keepForeign(repositoryPolicy(access, settings), observed),
        repositoryPolicy(access, settings, observed),
      );
    }),
  );
  t.end();
});

const departmentPolicy = pushPolicy(role(), settings);
const namedPolicy = pushPolicy(role({ scope: 'named', repositories: repositoryNames('koa/app') }), settings);

void test("a department's role pushes to all of its repositories, those to come included, and logs in", (t) => {
  for (const name of ['giftcard-service', 'koa/new/one']) {
    t.ok(
      PUSH_ACTIONS.every((action) => may([departmentPolicy], action, { name, department: 'koa' })),
      name,
    );
  }
  const login = { principal: sessionOf('koa-github-ecr-access'), action: LOGIN_ACTION, resource: '*', context: {} };
  t.ok(authorize({ identity: [departmentPolicy], boundary }, login).allowed);
  t.end();
});

void test('a role for named repositories pushes to those only', (t) => {
  t.ok(may([namedPolicy], 'ecr:PutImage', { name: 'koa/app', department: 'koa' }));
  for (const name of ['koa/app2', 'koa/ap', 'koa/app/x', 'koa/web', 'x/koa/app']) {
    t.notOk(may([namedPolicy], 'ecr:PutImage', { name, department: 'koa' }), name);
  }
  const nothing = pushPolicy(role({ scope: 'named', repositories: [] }), settings);
  t.notOk(may([nothing], 'ecr:PutImage', { name: 'koa/app', department: 'koa' }), 'a role without repositories');
  t.end();
});

void test('a push role deletes nothing and changes no setting, even as an administrator within the boundary', (t) => {
  const own = { name: 'koa/app', department: 'koa' };
  const forbidden = [
    'ecr:BatchDeleteImage',
    'ecr:DeleteRepository',
    'ecr:SetRepositoryPolicy',
    'ecr:DeleteRepositoryPolicy',
    'ecr:PutLifecyclePolicy',
    'ecr:PutImageTagMutability',
    'ecr:CreateRepository',
    'ecr:TagResource',
    'ecr:UntagResource',
    'ecr:PutRegistryPolicy',
    'ecr:ReplicateImage',
    'iam:PassRole',
    'iam:PutRolePolicy',
    'iam:TagRole',
    'sts:AssumeRole',
    's3:GetObject',
  ];
  t.same(
    forbidden.filter((action) => may([departmentPolicy], action, own)),
    [],
  );
  t.same(
    forbidden.filter((action) => may([administrator], action, own)),
    [],
  );
  t.end();
});

void test("no role reaches another department's repository: the boundary alone forbids it, whatever the role's policies say", (t) => {
  const department = fc.constantFrom('koa', 'pol', 'ko', 'koa2', 'KOA', '', '*', undefined);
  const target = fc.record({ name: fc.constantFrom('koa/app', 'pol/app', 'giftcard-service'), department });
  const policy = fc.constantFrom(administrator, departmentPolicy, namedPolicy);
  fc.assert(
    fc.property(policy, fc.constantFrom(...PUSH_ACTIONS), target, department, (identity, action, repository, own) => {
      const isAllowed = may([identity], action, repository, { roleName: 'r', department: own });
      return !isAllowed || (own !== undefined && own === repository.department);
    }),
    { numRuns: runs(3000) },
  );
  t.end();
});

void test("a deleted name that another department made again is out of the old role's reach, by the push policy and by the boundary each alone", (t) => {
  const again = { name: 'koa/app', department: 'pol' };
  const request = imageRequest('ecr:PutImage', again, koaSession);
  t.notOk(
    authorize({ identity: [namedPolicy], resourceAccountId: settings.accountId }, request).allowed,
    'without the boundary',
  );
  t.notOk(
    authorize({ identity: [departmentPolicy], resourceAccountId: settings.accountId }, request).allowed,
    'a role for all, without the boundary',
  );
  t.notOk(
    authorize({ identity: [administrator], boundary, resourceAccountId: settings.accountId }, request).allowed,
    'by the boundary',
  );
  t.ok(may([namedPolicy], 'ecr:PutImage', { name: 'koa/app', department: 'koa' }), 'while it was its own it could');
  t.end();
});

void test("images for the whole organisation stay closed to another department's push role", (t) => {
  const open = repositoryPolicy({ accounts: [], organisationPull: true }, settings);
  t.notOk(may([departmentPolicy], 'ecr:BatchGetImage', { name: 'pol/app', department: 'pol' }, koaSession, open));
  t.end();
});

void test('a revocation denies the sessions from before its time and no later ones', (t) => {
  const revoke = revokeSessionsPolicy('2026-11-24T10:00:00.000Z');
  const own = { name: 'koa/app', department: 'koa' };
  t.notOk(may([departmentPolicy, revoke], 'ecr:PutImage', own, { ...koaSession, issued: '2026-11-24T09:59:59Z' }));
  t.ok(may([departmentPolicy, revoke], 'ecr:PutImage', own, { ...koaSession, issued: '2026-11-24T10:00:00Z' }));
  const login = {
    principal: sessionOf('r'),
    action: LOGIN_ACTION,
    resource: '*',
    context: { 'aws:TokenIssueTime': '2026-11-24T09:00:00Z' },
  };
  t.equal(evaluateDocument(revoke, login, 'identity'), 'deny', 'login too');
  t.end();
});
