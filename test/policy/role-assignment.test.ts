import * as fc from 'fast-check';
import { test } from 'tap';
import type { Grant } from '../../src/model/grant.ts';
import { isRoleName } from '../../src/model/names.ts';
import type { RoleName } from '../../src/model/names.ts';
import type { PushRole } from '../../src/model/push-role.ts';
import type { Assignment } from '../../src/policy/role-assignment.ts';
import {
  assignPushRole,
  grantRoleName,
  grantsOfRole,
  MAX_DEPARTMENT_ROLES,
  numberedRoleName,
  roomLeft,
  trustFit,
} from '../../src/policy/role-assignment.ts';
import { anyGrants, organisations } from './arbitraries.ts';
import { grant, koa, repositoryNames, role, settings } from './fixtures.ts';

const department = { id: koa.department, roleName: 'koa-github-ecr-access' as RoleName };

interface World {
  readonly roles: readonly PushRole[];
  readonly grants: readonly Grant[];
}

function assign(world: World, next: Grant, isTaken?: (name: string) => boolean): Assignment {
  return assignPushRole({
    department,
    grant: next,
    ...world,
    organisations,
    settings,
    ...(isTaken === undefined ? {} : { isTaken }),
  });
}

/** The department after grants were added one by one, each to the role that it was assigned. */
function grown(grants: readonly Grant[], world: World = { roles: [], grants: [] }): World {
  return grants.reduce((state, next) => {
    const assignment = assign(state, next);
    if (assignment.kind === 'overflow-refused') return state;
    const roles = assignment.kind === 'new' ? [...state.roles, role(assignment.role)] : state.roles;
    return { roles, grants: [...state.grants, { ...next, pushRole: assignment.role.name }] };
  }, world);
}

void test("grants for all repositories share the department's role and, over the quota, its numbered overflow roles", (t) => {
  const many = Array.from({ length: 60 }, (_, index) =>
    grant({ id: `grant-${index}`, environment: `environment-${index}` }),
  );
  const world = grown(many);
  t.equal(world.grants.length, 60);
  t.ok(world.roles.length > 1);
  t.same(world.roles.map(({ name }) => name).slice(0, 3), [
    'koa-github-ecr-access',
    'koa-github-ecr-access-2',
    'koa-github-ecr-access-3',
  ]);
  t.ok(world.roles.every(({ scope }) => scope === 'department'));
  t.end();
});

void test('no role ever grows over the quota of its trust policy, and no grant ever moves', (t) => {
  fc.assert(
    fc.property(anyGrants, anyGrants, anyGrants, (a, b, c) => {
      const before = grown([...a, ...b]);
      const after = grown(c, before);
      return (
        after.roles.every(({ name }) => trustFit(grantsOfRole(name, after.grants), organisations, settings).fits) &&
        before.grants.every((each, index) => after.grants[index]?.pushRole === each.pushRole)
      );
    }),
    { numRuns: 300 },
  );
  t.end();
});

void test('a grant for named repositories has a role of its own', (t) => {
  const named = grant({ id: 'grant-01jdf0000000000000abcdefgh', repositories: repositoryNames('koa/app') });
  const assignment = assign({ roles: [role()], grants: [] }, named);
  t.match(assignment, {
    kind: 'new',
    role: {
      name: 'koa-github-ecr-access-00abcdefgh',
      scope: 'named',
      repositories: ['koa/app'],
      path: settings.rolePath,
    },
  });
  const another = assign(
    { roles: [role(), role(assignment.kind === 'new' ? assignment.role : {})], grants: [] },
    grant(),
  );
  t.match(another, { kind: 'existing', role: { name: 'koa-github-ecr-access' } }, 'no other grant goes there');
  t.end();
});

void test('a name that is taken in the account is passed over', (t) => {
  const full = grown(
    Array.from({ length: 30 }, (_, index) => grant({ id: `grant-${index}`, environment: `environment-${index}` })),
  ).roles.length;
  t.ok(full >= 2);
  const taken = assign({ roles: [], grants: [] }, grant(), (name) => name === 'koa-github-ecr-access');
  t.match(taken, { kind: 'new', role: { name: 'koa-github-ecr-access-2' } });
  t.end();
});

void test('a role on its way out takes no new grant', (t) => {
  const leaving = role({ pending: { operation: 'op-1' as never, change: 'delete' } });
  t.match(assign({ roles: [leaving], grants: [] }, grant()), {
    kind: 'new',
    role: { name: 'koa-github-ecr-access-2' },
  });
  t.end();
});

void test('a grant that fits no trust policy is refused with its size and the quota', (t) => {
  const refs = Array.from({ length: 20 }, (_, index) => `refs/heads/${'x'.repeat(200)}${index}`);
  const refused = assign({ roles: [], grants: [] }, grant({ refs }));
  t.match(refused, { kind: 'overflow-refused', quota: 2048 });
  t.ok(refused.kind === 'overflow-refused' && refused.size > 2048 && refused.detail.length > 20);
  const everywhere = assign({ roles: [], grants: [] }, grant(), () => true);
  t.match(everywhere, { kind: 'overflow-refused' }, `when ${MAX_DEPARTMENT_ROLES} names are taken`);
  t.end();
});

void test('role names leave room for their suffix', (t) => {
  const name = fc
    .string({ unit: fc.constantFrom('a', 'B', '-', '_', '9'), minLength: 1, maxLength: 64, size: 'max' })
    .map((text) => text as RoleName);
  fc.assert(
    fc.property(name, fc.integer({ min: 1, max: MAX_DEPARTMENT_ROLES }), (roleName, number) => {
      const made = [numberedRoleName(roleName, number), grantRoleName(roleName, 'grant-01JDF0000000000000ABCDEFGH')];
      return (
        made.every(isRoleName) &&
        made[1]?.endsWith('-00abcdefgh') === true &&
        (number === 1 || made[0]?.endsWith(`-${number}`) === true)
      );
    }),
  );
  t.end();
});

void test('the room left is in characters, and tells roughly how many more grants fit', (t) => {
  const empty = roomLeft([], [koa], settings);
  t.equal(empty.used + empty.left, settings.trustPolicySize);
  const world = Array.from({ length: empty.moreGrants }, (_, index) =>
    grant({ repositoryId: String(1_000_000_000 + index) }),
  );
  t.ok(trustFit(world, [koa], settings).fits, `${empty.moreGrants} fit`);
  t.notOk(
    trustFit(
      [
        ...world,
        ...world.map((each, index) => ({ ...each, repositoryId: String(2_000_000_000 + index) as never })).slice(0, 3),
      ],
      [koa],
      settings,
    ).fits,
    'and three more do not',
  );
  t.equal(roomLeft(world, [koa], settings).moreGrants <= 1, true);
  t.equal(roomLeft([], [], settings).moreGrants, 0, 'nobody to grant to');
  t.end();
});
