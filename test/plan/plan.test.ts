import * as fc from 'fast-check';
import { test } from 'tap';
import type { AccessAccount } from '../../src/model/account-access.ts';
import type { Department } from '../../src/model/department.ts';
import type { Grant } from '../../src/model/grant.ts';
import type { RoleName } from '../../src/model/names.ts';
import type { Change, Plan } from '../../src/model/plan.ts';
import type { Repository } from '../../src/model/repository.ts';
import { fanOutChange, planChanges } from '../../src/plan/plan.ts';
import { desiredRepository, desiredRole } from '../../src/plan/render.ts';
import type { RepositoryResource, Resources, RoleResource } from '../../src/plan/resources.ts';
import { isSameDocument } from '../../src/policy/canonical.ts';
import type { PolicyDocument } from '../../src/policy/document.ts';
import { listOf } from '../../src/policy/document.ts';
import { guardTrustPolicy } from '../../src/policy/document-guard.ts';
import { anyGrant, anyJob, organisations } from '../policy/arbitraries.ts';
import { grant, koa, repositoryNames, role, settings, tokenOf, withKeys } from '../policy/fixtures.ts';
import type { Wish, World } from './world.ts';
import { applied, grants, grantsAccount, world } from './world.ts';
import { runs } from '../support/extent.ts';

const department: Pick<Department, 'id'> = { id: koa.department };
const roleNames = ['koa-github-ecr-access', 'koa-github-ecr-access-own'] as const;
const names = ['koa/app', 'koa/web'] as const;
const accounts = ['931827427725', '615205931730'] as const;

function repository(name: string, parts: Partial<Repository> = {}): Repository {
  return {
    name,
    department: koa.department,
    imageTagMutability: 'IMMUTABLE',
    imageTagMutabilityExclusionFilters: [],
    scanOnPush: true,
    encryption: { encryptionType: 'AES256' },
    createdAt: '2026-11-24T10:00:00.000Z',
    updatedAt: '2026-11-24T10:00:00.000Z',
    revision: 1,
    ...parts,
  } as Repository;
}

interface RoleState {
  readonly grants: readonly Grant[];
  readonly repositories: readonly string[] | undefined;
  readonly revokedBefore: string | undefined;
}

function renderedRole(name: string, state: RoleState): RoleResource {
  return desiredRole(
    role({
      name: name as RoleName,
      ...(state.repositories === undefined
        ? {}
        : { scope: 'named', repositories: repositoryNames(...state.repositories) }),
      ...(state.revokedBefore === undefined ? {} : { sessionsRevokedBefore: state.revokedBefore }),
    }),
    state.grants.map((each) => ({ ...each, pushRole: name as RoleName })),
    organisations,
    department,
    settings,
    { operation: 'op-1' },
  );
}

interface RepositoryState {
  readonly pulls: readonly { readonly id: string; readonly canWrite: boolean }[];
  readonly organisationPull: boolean;
  readonly isImmutable: boolean;
}

function renderedRepository(name: string, state: RepositoryState): RepositoryResource {
  const list = state.pulls.map(({ id, canWrite }) => ({
    description: id,
    accountId: id as AccessAccount['accountId'],
    canWrite,
  }));
  return desiredRepository(
    repository(name, { imageTagMutability: state.isImmutable ? 'IMMUTABLE' : 'MUTABLE' }),
    { accounts: list, organisationPull: state.organisationPull },
    settings,
    { operation: 'op-1' },
  );
}

const times = ['2026-11-24T10:00:00.000Z', '2026-11-24T12:00:00.000Z'] as const;
const anyRole = fc.option(
  fc.record({
    grants: fc.array(anyGrant, { maxLength: 3 }),
    repositories: fc.option(fc.subarray([...names]), { nil: undefined }),
    revokedBefore: fc.constantFrom(undefined, undefined, ...times),
  }),
  { nil: undefined, freq: 6 },
);
const anyRepository = fc.option(
  fc.record({
    pulls: fc.uniqueArray(fc.record({ id: fc.constantFrom(...accounts), canWrite: fc.boolean() }), {
      selector: ({ id }) => id,
    }),
    organisationPull: fc.boolean(),
    isImmutable: fc.boolean(),
  }),
  { nil: undefined, freq: 4 },
);
const anyWorld = fc.tuple(anyRole, anyRole, anyRepository, anyRepository).map(
  ([first, second, app, web]): Resources => ({
    roles: new Map<string, RoleResource | undefined>([
      [roleNames[0], first && renderedRole(roleNames[0], first)],
      [roleNames[1], second && renderedRole(roleNames[1], second)],
    ]),
    repositories: new Map<string, RepositoryResource | undefined>([
      [names[0], app && renderedRepository(names[0], app)],
      [names[1], web && renderedRepository(names[1], web)],
    ]),
  }),
);

/** The worlds before, between and after the changes of a plan. */
function prefixes(before: World, plan: Plan): readonly World[] {
  return plan.reduce<readonly World[]>(
    (worlds, change) => [...worlds, applied(worlds.at(-1) ?? before, change)],
    [before],
  );
}

const anyWish: fc.Arbitrary<Wish> = fc.record({
  claims: anyJob.map((job) =>
    tokenOf({ ...job, login: job.login.startsWith('JPPOL') ? 'JPPOL-KOA' : job.login, ownerId: '1001' }),
  ),
  role: fc.constantFrom(...roleNames),
  repository: fc.constantFrom(...names),
  action: fc.constantFrom('ecr:PutImage', 'ecr:BatchGetImage'),
  issued: fc.constantFrom('2026-11-24T09:00:00Z', '2026-11-24T11:00:00Z', '2026-11-24T13:00:00Z'),
});

void test('a plan ends where it is meant to, and planning again finds nothing to do', (t) => {
  fc.assert(
    fc.property(anyWorld, anyWorld, (before, after) => {
      const last = prefixes(before, planChanges(before, after, settings)).at(-1) ?? before;
      return planChanges(last, after, settings).length === 0;
    }),
    { numRuns: runs(300) },
  );
  t.end();
});

void test('after every prefix of a plan a job may do only what it could before or will be able to after', (t) => {
  fc.assert(
    fc.property(anyWorld, anyWorld, fc.array(anyWish, { minLength: 10, maxLength: 10 }), (before, after, wishes) => {
      const worlds = prefixes(before, planChanges(before, after, settings));
      return wishes.every(
        (wish) => grants(before, wish) || grants(after, wish) || !worlds.some((each) => grants(each, wish)),
      );
    }),
    { numRuns: runs(400) },
  );
  t.end();
});

void test('after every prefix of a plan an account may do only what it could before or will be able to after, and never loses in between what it keeps', (t) => {
  fc.assert(
    fc.property(
      anyWorld,
      anyWorld,
      fc.constantFrom(...accounts),
      fc.constantFrom(...names),
      fc.constantFrom('ecr:PutImage', 'ecr:BatchGetImage'),
      (before, after, id, name, action) => {
        const worlds = prefixes(before, planChanges(before, after, settings));
        const had = grantsAccount(before, id, name, action);
        const has = grantsAccount(after, id, name, action);
        if (!had && !has) return !worlds.some((each) => grantsAccount(each, id, name, action));
        return !(had && has) || worlds.every((each) => grantsAccount(each, id, name, action));
      },
    ),
    { numRuns: runs(400) },
  );
  t.end();
});

void test('every trust policy that a plan writes, also one between, passes the guard', (t) => {
  const own = organisations.filter((each) => each.department === koa.department);
  const roomy = { ...settings, trustPolicySize: 100_000 };
  fc.assert(
    fc.property(anyWorld, anyWorld, (before, after) =>
      planChanges(before, after, settings)
        .filter(({ action }) => action === 'iam:UpdateAssumeRolePolicy')
        .every(
          ({ after: document }) => guardTrustPolicy(document as unknown as PolicyDocument, roomy, own).length === 0,
        ),
    ),
    { numRuns: runs(400) },
  );
  t.end();
});

void test('nothing that only narrows comes after something that widens', (t) => {
  fc.assert(
    fc.property(anyWorld, anyWorld, (before, after) => {
      const directions = planChanges(before, after, settings).map(({ direction }) => direction);
      return (
        directions.lastIndexOf('narrow') <
        (directions.includes('widen') ? directions.indexOf('widen') : directions.length)
      );
    }),
    { numRuns: runs(300) },
  );
  t.end();
});

void test('no role can be assumed before its policies stand', (t) => {
  fc.assert(
    fc.property(anyWorld, anyJob, (after, job) => {
      const nothing = world([], []);
      const worlds = prefixes(nothing, planChanges(nothing, after, settings));
      return worlds.every((each) =>
        [...each.roles.values()].every((made) => {
          const wanted = made && after.roles.get(made.name);
          const isDone =
            wanted !== undefined &&
            Object.keys(wanted.inlinePolicies).every((name) => made !== undefined && name in made.inlinePolicies);
          const probe = {
            claims: tokenOf(job),
            role: made?.name ?? '',
            repository: 'probe',
            action: 'ecr:PutImage',
            issued: times[0],
          };
          const open = {
            ...each,
            repositories: new Map([
              ['probe', renderedRepository('probe', { pulls: [], organisationPull: true, isImmutable: true })],
            ]),
          };
          return isDone || !grants(open, { ...probe, action: 'ecr:BatchGetImage' });
        }),
      );
    }),
    { numRuns: runs(200) },
  );
  t.end();
});

function actions(plan: Plan): readonly string[] {
  return plan.map(({ action, direction }) => `${action} ${direction}`);
}

const access: RepositoryState = {
  pulls: [{ id: accounts[0], canWrite: false }],
  organisationPull: false,
  isImmutable: true,
};
const openRole: RoleState = { grants: [grant()], repositories: undefined, revokedBefore: undefined };
const nothing = world([], []);

void test('a new repository is made, then its rules, then its access', (t) => {
  const wanted = { ...renderedRepository('koa/app', access), lifecyclePolicy: '{"rules":[]}' };
  const plan = planChanges(nothing, world([], [wanted]), settings);
  t.same(actions(plan), [
    'ecr:CreateRepository prerequisite',
    'ecr:PutLifecyclePolicy neutral',
    'ecr:SetRepositoryPolicy widen',
  ]);
  t.match(plan[0]?.after, {
    tags: { 'ecp:department': 'koa', 'ecp:managed-by': 'ecr-control-plane', 'ecp:operation': 'op-1' },
  });
  t.notOk('policy' in ((plan[0]?.after ?? {}) as object));
  t.end();
});

void test('a new role is made closed, gets its policies, and is opened last', (t) => {
  const plan = planChanges(nothing, world([renderedRole(roleNames[0], openRole)], []), settings);
  t.same(actions(plan), [
    'iam:CreateRole prerequisite',
    'iam:PutRolePolicy prerequisite',
    'iam:UpdateAssumeRolePolicy widen',
  ]);
  t.match(plan[0]?.after, {
    trustPolicy: { Statement: [{ Effect: 'Deny' }] },
    boundaryArn: settings.boundaryArn,
    maxSessionSeconds: 3600,
  });
  t.end();
});

void test('a grant that is revoked with its sessions closes the door before it empties the room', (t) => {
  const before = world([renderedRole(roleNames[0], openRole)], []);
  const after = world([renderedRole(roleNames[0], { ...openRole, grants: [], revokedBefore: times[0] })], []);
  t.same(actions(planChanges(before, after, settings)), [
    'iam:UpdateAssumeRolePolicy narrow',
    'iam:PutRolePolicy narrow',
  ]);
  t.end();
});

void test('one more grant is one call, and so is a grant that changes all by itself', (t) => {
  const before = world([renderedRole(roleNames[0], openRole)], []);
  const more = world(
    [renderedRole(roleNames[0], { ...openRole, grants: [grant(), grant({ repositoryId: '5002' })] })],
    [],
  );
  t.same(actions(planChanges(before, more, settings)), ['iam:UpdateAssumeRolePolicy widen']);
  t.same(actions(planChanges(more, before, settings)), ['iam:UpdateAssumeRolePolicy narrow']);
  const other = world([renderedRole(roleNames[0], { ...openRole, grants: [grant({ repositoryId: '5002' })] })], []);
  t.same(actions(planChanges(before, other, settings)), ['iam:UpdateAssumeRolePolicy widen']);
  t.end();
});

void test('a document of a role that takes and gives beside other changes is written twice, first with what both allow', (t) => {
  const before = world(
    [
      renderedRole(roleNames[0], {
        ...openRole,
        grants: [grant(), grant({ repositoryId: '5002' })],
        repositories: ['koa/app'],
      }),
    ],
    [],
  );
  const after = world(
    [
      renderedRole(roleNames[0], {
        ...openRole,
        grants: [grant(), grant({ repositoryId: '5003' })],
        repositories: ['koa/web'],
      }),
    ],
    [],
  );
  const plan = planChanges(before, after, settings);
  t.same(actions(plan), [
    'iam:UpdateAssumeRolePolicy narrow',
    'iam:PutRolePolicy narrow',
    'iam:UpdateAssumeRolePolicy widen',
    'iam:PutRolePolicy widen',
  ]);
  const between = plan[0]?.after as unknown as PolicyDocument;
  t.ok(isSameDocument(between, renderedRole(roleNames[0], openRole).trustPolicy), 'the grant that both have');
  t.end();
});

void test("a trust policy of another's making is closed before it is replaced, unless it is all that changes", (t) => {
  const strange = {
    ...renderedRole(roleNames[0], openRole),
    trustPolicy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }] },
  } as RoleResource;
  const alone = planChanges(world([strange], []), world([renderedRole(roleNames[0], openRole)], []), settings);
  t.same(actions(alone), ['iam:UpdateAssumeRolePolicy widen']);
  const more = planChanges(
    world([strange], []),
    world([renderedRole(roleNames[0], { ...openRole, repositories: [] })], []),
    settings,
  );
  t.same(actions(more), [
    'iam:UpdateAssumeRolePolicy narrow',
    'iam:PutRolePolicy narrow',
    'iam:UpdateAssumeRolePolicy widen',
  ]);
  t.match(more[0]?.after, { Statement: [{ Effect: 'Deny' }] });
  t.end();
});

void test("a push policy of another's making that has nothing in common with ours goes before ours comes", (t) => {
  const strange: PolicyDocument = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
  };
  const before = { ...renderedRole(roleNames[0], openRole), inlinePolicies: { EcpPush: strange } };
  const after = renderedRole(roleNames[0], { ...openRole, grants: [grant(), grant({ repositoryId: '5002' })] });
  const plan = planChanges(world([before], []), world([after], []), settings);
  t.same(actions(plan), ['iam:DeleteRolePolicy narrow', 'iam:UpdateAssumeRolePolicy widen', 'iam:PutRolePolicy widen']);
  t.same(plan[2]?.before, null);
  t.end();
});

void test('a repository that goes, goes whole, and its policy with it', (t) => {
  const plan = planChanges(
    world([], [renderedRepository('koa/app', access)]),
    { roles: new Map(), repositories: new Map([['koa/app', undefined]]) },
    settings,
  );
  t.same(actions(plan), ['ecr:DeleteRepository narrow']);
  t.end();
});

void test('a role that goes is closed, then loses its policies, for IAM deletes no other', (t) => {
  const before = world([renderedRole(roleNames[0], { ...openRole, revokedBefore: times[0] })], []);
  const plan = planChanges(before, { roles: new Map([[roleNames[0], undefined]]), repositories: new Map() }, settings);
  t.same(actions(plan), [
    'iam:UpdateAssumeRolePolicy narrow',
    'iam:DeleteRolePolicy narrow',
    'iam:DeleteRolePolicy narrow',
    'iam:DeleteRole narrow',
  ]);
  t.match(plan[1]?.before, { policyName: 'EcpPush' });
  t.end();
});

void test('what means the same is left alone, however AWS writes it', (t) => {
  const mine = renderedRepository('koa/app', access);
  const theirs: RepositoryResource = {
    ...mine,
    tags: { ...mine.tags, 'ecp:operation': 'op-0' },
    policy: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'EcpPull',
          Effect: 'Allow',
          Principal: { AWS: [accounts[0]] },
          Action: [...listOf<string>(mine.policy?.Statement[0]?.Action)].reverse(),
        },
      ],
    },
  };
  t.same(planChanges(world([], [theirs]), world([], [mine]), settings), []);
  t.same(
    planChanges(world([renderedRole(roleNames[0], openRole)], []), nothing, settings),
    [],
    'a resource that is not asked for is not touched',
  );
  t.end();
});

void test('a foreign statement is kept by every plan', (t) => {
  const foreign = {
    Sid: 'Lambda',
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: 'ecr:BatchGetImage',
  } as const;
  const mine = renderedRepository('koa/app', access);
  const observed: RepositoryResource = { ...mine, policy: { Version: '2008-10-17', Statement: [foreign] } };
  const plan = planChanges(world([], [observed]), world([], [mine]), settings);
  t.match(plan, [
    { action: 'ecr:SetRepositoryPolicy', after: { Version: '2008-10-17', Statement: [{ Sid: 'EcpPull' }, foreign] } },
  ]);
  const { policy: _, ...closed } = mine;
  t.same(planChanges(world([], [observed]), world([], [closed]), settings), [], 'also where ours are gone');
  t.same(actions(planChanges(world([], [mine]), world([], [closed]), settings)), ['ecr:DeleteRepositoryPolicy narrow']);
  t.end();
});

void test('settings of a repository change without touching its access', (t) => {
  const before = renderedRepository('koa/app', { ...access, isImmutable: false });
  const after = { ...renderedRepository('koa/app', access), scanOnPush: false, lifecyclePolicy: '{"rules":[]}' };
  t.same([...actions(planChanges(world([], [before]), world([], [after]), settings))].sort(), [
    'ecr:PutImageScanningConfiguration neutral',
    'ecr:PutImageTagMutability neutral',
    'ecr:PutLifecyclePolicy neutral',
  ]);
  t.same(
    [...actions(planChanges(world([], [after]), world([], [{ ...before, scanOnPush: false }]), settings))].sort(),
    ['ecr:DeleteLifecyclePolicy neutral', 'ecr:PutImageTagMutability neutral'],
  );
  t.end();
});

void test('a fan-out is one change with its count, in its place', (t) => {
  const before = renderedRepository('koa/app', access).policy;
  const after = renderedRepository('koa/app', { ...access, pulls: [] }).policy;
  t.match(fanOutChange(before, after, 2000), {
    action: 'ecr:DeleteRepositoryPolicy',
    resource: '*',
    direction: 'narrow',
    count: 2000,
  } satisfies Partial<Change>);
  t.match(fanOutChange(after, before, 3), { action: 'ecr:SetRepositoryPolicy', direction: 'widen', count: 3 });
  t.equal(fanOutChange(before, before, 2000), undefined);
  t.equal(fanOutChange(before, after, 0), undefined);
  const plan = planChanges(nothing, world([renderedRole(roleNames[0], openRole)], []), settings, {
    fanOut: { before, after, count: 7 },
  });
  t.match(plan[0], { resource: '*', count: 7 });
  t.end();
});

void test('with other keys switched on the plan is as sound', (t) => {
  for (const its of [withKeys(false, false), withKeys(true, false), withKeys(false, true)]) {
    const at = (each: Grant) => desiredRole(role(), [each], organisations, department, its);
    const plan = planChanges(world([at(grant())], []), world([at(grant({ refs: ['refs/heads/main'] }))], []), its);
    t.same(actions(plan), ['iam:UpdateAssumeRolePolicy narrow'], JSON.stringify(its.stsKeys));
  }
  t.end();
});
