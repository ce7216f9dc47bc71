import { test } from 'tap';
import type { Change, Plan } from '../../src/model/plan.ts';
import { planChanges } from '../../src/plan/plan.ts';
import { desiredRole } from '../../src/plan/render.ts';
import type { RepositoryResource, Resources, RoleResource } from '../../src/plan/resources.ts';
import type { SafetyContext } from '../../src/plan/safety.ts';
import { checkPlan } from '../../src/plan/safety.ts';
import { ownershipTags } from '../../src/policy/tags.ts';
import { grant, koa, role, settings } from '../policy/fixtures.ts';
import { world } from './world.ts';

const department = { id: koa.department };
const closed = desiredRole(role(), [], [koa], department, settings);
const open = desiredRole(role(), [grant()], [koa], department, settings);

function repository(name: string, parts: Partial<RepositoryResource> = {}): RepositoryResource {
  return {
    name,
    tags: ownershipTags('koa'),
    imageTagMutability: 'IMMUTABLE',
    imageTagMutabilityExclusionFilters: [],
    scanOnPush: true,
    encryption: { encryptionType: 'AES256' },
    ...parts,
  };
}

const app = repository('koa/app');
const without: Resources = { roles: new Map(), repositories: new Map([['koa/app', undefined]]) };

/** The rules by which a plan is refused; none when it may be carried out. */
function refused(plan: Plan, observed: Resources, more: Partial<SafetyContext> = {}): readonly string[] {
  const verdict = checkPlan(plan, { department: 'koa', observed, settings, ...more });
  return 'plan' in verdict ? [] : verdict.refusals.map(({ rule }) => rule);
}

void test("a plan that stays among the department's own things may be carried out", (t) => {
  const before = world([closed], [app]);
  t.same(refused(planChanges(before, world([open], [app]), settings), before), []);
  const nothing = world([], []);
  t.same(
    refused(
      planChanges(nothing, world([open], [repository('koa/new', { lifecyclePolicy: '{"rules":[]}' })]), settings),
      nothing,
    ),
    [],
  );
  t.same(refused(planChanges(before, without, settings), before), []);
  t.end();
});

void test("nothing is touched that its tags do not show to be the department's and ours", (t) => {
  const tagSets: readonly Record<string, string>[] = [
    {},
    { 'ecp:department': 'koa' },
    { 'ecp:managed-by': 'ecr-control-plane' },
    { 'ecp:department': 'pol', 'ecp:managed-by': 'ecr-control-plane' },
    { 'ecp:department': 'KOA', 'ecp:managed-by': 'ecr-control-plane' },
    { 'ecp:department': 'koa', 'ecp:managed-by': 'tofu' },
  ];
  for (const tags of tagSets) {
    const theirs: RoleResource = { ...closed, tags };
    const observed = world([theirs], [repository('koa/app', { tags })]);
    t.same(
      refused(planChanges(observed, world([open], []), settings), observed),
      ['not-owned'],
      `a role with ${JSON.stringify(tags)}`,
    );
    t.same(
      refused(planChanges(observed, without, settings), observed),
      ['not-owned'],
      `a repository with ${JSON.stringify(tags)}`,
    );
    const made = planChanges(world([], []), world([], [repository('koa/app', { tags })]), settings);
    t.same(refused(made, world([], [])), ['not-owned'], `a new repository with ${JSON.stringify(tags)}`);
  }
  t.end();
});

void test('nothing is changed that was not looked at', (t) => {
  const observed = world([closed], [app]);
  const plan = planChanges(observed, world([open], [{ ...app, scanOnPush: false }]), settings);
  t.same(refused(plan, world([], [])), ['not-observed', 'not-observed']);
  const everything: Change = {
    action: 'ecr:SetRepositoryPolicy',
    resource: '*',
    direction: 'widen',
    before: null,
    after: null,
  };
  t.same(refused([everything], observed), ['not-observed']);
  t.same(
    refused([{ ...everything, count: 3 }], observed),
    [],
    'a fan-out is shown, each repository has a plan of its own',
  );
  t.end();
});

void test('a role without the permissions boundary is not opened, and may be closed', (t) => {
  const observed = world([{ ...closed, boundaryArn: '' }], []);
  t.same(refused(planChanges(observed, world([open], []), settings), observed), ['boundary-missing']);
  const unbound = world([{ ...open, boundaryArn: 'arn:aws:iam::354918371398:policy/other' }], []);
  t.same(refused(planChanges(unbound, world([closed], []), settings), unbound), []);
  const made = planChanges(world([], []), world([{ ...open, boundaryArn: 'x' }], []), settings);
  t.same(refused(made, world([], [])), ['boundary-missing']);
  t.end();
});

void test('a repository that holds images is deleted only by force', (t) => {
  const observed = world([], [app]);
  const plan = planChanges(observed, without, settings);
  t.same(refused(plan, observed, { imageCounts: new Map([['koa/app', 3]]) }), ['not-empty']);
  t.same(refused(plan, observed, { imageCounts: new Map([['koa/app', 3]]), forced: new Set(['koa/web']) }), [
    'not-empty',
  ]);
  t.same(refused(plan, observed, { imageCounts: new Map([['koa/app', 3]]), forced: new Set(['koa/app']) }), []);
  t.same(refused(plan, observed, { imageCounts: new Map([['koa/app', 0]]) }), []);
  t.end();
});

void test('a plan that deletes more than it may is refused whole', (t) => {
  const observed = world([closed], [app]);
  const plan = planChanges(
    observed,
    { roles: new Map([[closed.name, undefined]]), repositories: without.repositories },
    settings,
  );
  t.same(refused(plan, observed), ['too-many-deletions']);
  t.same(refused(plan, observed, { maxDeletions: 2 }), []);
  t.same(refused(plan, observed, { maxDeletions: 0 }), ['too-many-deletions']);
  t.end();
});

void test('a document over its quota is refused before AWS refuses it', (t) => {
  const large = (size: number) => ({
    Version: '2012-10-17',
    Statement: [{ Sid: 'x'.repeat(size), Effect: 'Allow', Action: 'a', Resource: '*' }],
  });
  const observed = world([closed], [app]);
  const change = (action: Change['action'], resource: string, after: Change['after']): Plan => [
    { action, resource, direction: 'widen', before: null, after },
  ];
  t.same(refused(change('iam:UpdateAssumeRolePolicy', closed.name, large(2048)), observed), ['over-quota']);
  t.same(refused(change('iam:UpdateAssumeRolePolicy', closed.name, large(1000)), observed), []);
  t.same(
    refused(change('iam:UpdateAssumeRolePolicy', closed.name, large(2048)), observed, {
      settings: { ...settings, trustPolicySize: 4096 },
    }),
    [],
  );
  t.same(refused(change('ecr:SetRepositoryPolicy', 'koa/app', large(10_240)), observed), ['over-quota']);
  t.same(refused(change('ecr:SetRepositoryPolicy', 'koa/app', large(9000)), observed), []);
  t.same(refused(change('ecr:PutLifecyclePolicy', 'koa/app', large(30_720)), observed), ['over-quota']);
  const inline = (size: number) => ({ policyName: 'EcpRevokeSessions', document: large(size) });
  t.same(
    refused(change('iam:PutRolePolicy', closed.name, inline(9900)), observed),
    ['over-quota'],
    'the inline policies of a role count together',
  );
  t.same(refused(change('iam:PutRolePolicy', closed.name, inline(9000)), observed), []);
  t.end();
});
