import { isSameLifecyclePolicy } from '../model/lifecycle.ts';
import type { Change, ChangeAction, Direction, Json, Plan } from '../model/plan.ts';
import type { AwsSettings } from '../model/settings.ts';
import { isSameDocument } from '../policy/canonical.ts';
import type { PolicyDocument } from '../policy/document.ts';
import type { Movement } from '../policy/narrowing.ts';
import { commonPolicy, movementOf } from '../policy/narrowing.ts';
import { keepForeign } from '../policy/repository-policy.ts';
import { commonTrustPolicy, trustMovement } from '../policy/trust-narrowing.ts';
import { denyingTrustPolicy } from '../policy/trust-policy.ts';
import type { RepositoryResource, Resources, RoleResource } from './resources.ts';
import { INLINE_POLICY_NAMES } from './resources.ts';

/** A change that is made on every repository of a department alike. */
export interface FanOut {
  readonly before: PolicyDocument | undefined;
  readonly after: PolicyDocument | undefined;
  /** How many repositories. */
  readonly count: number;
}

/** What a plan knows beyond what stands and what is to stand. */
export interface PlanOptions {
  /** Shown as one change, in its place. */
  readonly fanOut?: FanOut;
}

/**
 * The ordered AWS changes that bring what stands to what is to stand. Only resources that `desired` has a key for are
 * touched; one whose value is `undefined` there goes.
 *
 * The order keeps the access after every prefix within what it was before or will be after: first whatever takes access
 * away, then deletions of things, then what must exist, then what touches no access, then whatever gives access.
 * Access through a role is a product (who may assume it × what it may do), so a document of a role that both takes and
 * gives is written twice, first with what both sides allow; unless it is the plan's only change of access, for a single
 * document is replaced at once.
 */
export function planChanges(
  observed: Resources,
  desired: Resources,
  settings: AwsSettings,
  options: PlanOptions = {},
): Plan {
  const steps = [
    ...[...desired.roles].flatMap(([name, after]) => roleSteps(observed.roles.get(name), after, settings)),
    ...[...desired.repositories].flatMap(([name, after]) => repositorySteps(observed.repositories.get(name), after)),
    ...(options.fanOut === undefined ? [] : fanOutSteps(options.fanOut)),
  ];
  return inOrder(splitMixed(steps));
}

/** A fan-out over many repositories as one change; `undefined` when there is nothing to change. */
export function fanOutChange(
  before: PolicyDocument | undefined,
  after: PolicyDocument | undefined,
  count: number,
): Change | undefined {
  const [step] = count === 0 ? [] : repositoryPolicySteps('*', before, after);
  return step === undefined ? undefined : { ...step.change, count };
}

function fanOutSteps({ before, after, count }: FanOut): readonly Step[] {
  const change = fanOutChange(before, after, count);
  return change === undefined ? [] : [{ stage: stageOf(change.direction), change }];
}

// ---- Stages ---------------------------------------------------------------------------------------------------------

/** When a change has its turn. */
const STAGES = ['narrow', 'delete', 'create', 'neutral', 'replace', 'widen'] as const;
type Stage = (typeof STAGES)[number];

interface Step {
  readonly stage: Stage;
  readonly change: Change;
  /** For a change that both takes and gives: the document between; `null` when both sides have nothing in common. */
  readonly between?: Json;
}

function stageOf(direction: Direction): Stage {
  return direction === 'prerequisite' ? 'create' : direction;
}

function inOrder(steps: readonly Step[]): Plan {
  return STAGES.flatMap((stage) => steps.filter((step) => step.stage === stage).map((step) => step.change));
}

/** Writes mixed documents of roles twice, unless there is one and no other change of access. */
function splitMixed(steps: readonly Step[]): readonly Step[] {
  const isAlone = steps.filter((step) => step.stage !== 'neutral').length === 1;
  return steps.flatMap((step) => (step.between === undefined || isAlone ? [step] : splitStep(step, step.between)));
}

function splitStep({ change }: Step, between: Json): readonly Step[] {
  const narrowing = between === null ? 'iam:DeleteRolePolicy' : change.action;
  return [
    { stage: 'narrow', change: { ...change, action: narrowing, direction: 'narrow', after: between } },
    { stage: 'widen', change: { ...change, direction: 'widen', before: between } },
  ];
}

function directionOf(movement: Exclude<Movement, 'same'>): Direction {
  return movement === 'narrower' ? 'narrow' : 'widen';
}

function step(
  stage: Stage,
  action: ChangeAction,
  resource: string,
  direction: Direction,
  before: unknown,
  after: unknown,
): Step {
  return { stage, change: { action, resource, direction, before: asJson(before), after: asJson(after) } };
}

/** Documents and settings are JSON already; only their types are narrower. */
function asJson(value: unknown): Json {
  return (value ?? null) as Json;
}

// ---- Roles ----------------------------------------------------------------------------------------------------------

function roleSteps(
  before: RoleResource | undefined,
  after: RoleResource | undefined,
  settings: AwsSettings,
): readonly Step[] {
  if (after === undefined) return before === undefined ? [] : roleDeletion(before, settings);
  if (before === undefined) return roleCreation(after, settings);
  return [...trustSteps(before.name, before.trustPolicy, after.trustPolicy, settings), ...inlineSteps(before, after)];
}

/** Nobody may assume a new role before its policies stand: it is made with a trust policy that denies. */
function roleCreation(role: RoleResource, settings: AwsSettings): readonly Step[] {
  const { inlinePolicies, ...rest } = role;
  const closed = { ...rest, trustPolicy: denyingTrustPolicy(settings) };
  return [
    step('create', 'iam:CreateRole', role.name, 'prerequisite', null, closed),
    ...inOrderOfNames(inlinePolicies).map(([policyName, document]) =>
      step('create', 'iam:PutRolePolicy', role.name, 'prerequisite', null, { policyName, document }),
    ),
    ...trustSteps(role.name, closed.trustPolicy, role.trustPolicy, settings),
  ];
}

/** IAM deletes no role that has policies. The door is closed first: one of them may be the Deny of old sessions. */
function roleDeletion(role: RoleResource, settings: AwsSettings): readonly Step[] {
  const deletions = inOrderOfNames(role.inlinePolicies).map(([policyName, document]) =>
    step('delete', 'iam:DeleteRolePolicy', role.name, 'narrow', { policyName, document }, null),
  );
  return [
    ...trustSteps(role.name, role.trustPolicy, denyingTrustPolicy(settings), settings),
    ...deletions,
    step('delete', 'iam:DeleteRole', role.name, 'narrow', role, null),
  ];
}

function trustSteps(
  name: string,
  before: PolicyDocument,
  after: PolicyDocument,
  settings: AwsSettings,
): readonly Step[] {
  const movement = trustMovement(before, after, settings);
  if (movement === 'same') return [];
  const direction = directionOf(movement);
  const whole = step(stageOf(direction), 'iam:UpdateAssumeRolePolicy', name, direction, before, after);
  return [movement === 'both' ? { ...whole, between: asJson(commonTrustPolicy(before, after, settings)) } : whole];
}

function inlineSteps(before: RoleResource, after: RoleResource): readonly Step[] {
  const names = new Set(
    [...inOrderOfNames(before.inlinePolicies), ...inOrderOfNames(after.inlinePolicies)].map(([name]) => name),
  );
  return [...names].flatMap((policyName) =>
    inlinePolicySteps(before.name, policyName, before.inlinePolicies[policyName], after.inlinePolicies[policyName]),
  );
}

function inlinePolicySteps(
  role: string,
  policyName: string,
  before: PolicyDocument | undefined,
  after: PolicyDocument | undefined,
): readonly Step[] {
  if (isSameDocument(before, after)) return [];
  const movement = movementOf(before, after);
  const direction = movement === 'same' ? 'neutral' : directionOf(movement);
  const named = (document: PolicyDocument | undefined) => (document === undefined ? null : { policyName, document });
  const action = after === undefined ? 'iam:DeleteRolePolicy' : 'iam:PutRolePolicy';
  const whole = step(stageOf(direction), action, role, direction, named(before), named(after));
  return [movement === 'both' ? { ...whole, between: asJson(named(commonPolicy(before, after))) } : whole];
}

/** The push policy first, the Deny of old sessions last: a session must not outlive it. */
function inOrderOfNames(
  policies: Readonly<Record<string, PolicyDocument>>,
): readonly (readonly [string, PolicyDocument])[] {
  const rank = (name: string): number => (name === INLINE_POLICY_NAMES.revoke ? 1 : 0);
  return Object.entries(policies).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

// ---- Repositories ---------------------------------------------------------------------------------------------------

function repositorySteps(
  before: RepositoryResource | undefined,
  after: RepositoryResource | undefined,
): readonly Step[] {
  if (after === undefined) {
    return before === undefined ? [] : [step('delete', 'ecr:DeleteRepository', before.name, 'narrow', before, null)];
  }
  if (before !== undefined) {
    return [
      ...repositoryPolicySteps(after.name, before.policy, after.policy),
      ...lifecycleSteps(after.name, before.lifecyclePolicy, after.lifecyclePolicy),
      ...mutabilitySteps(before, after),
      ...scanningSteps(before, after),
    ];
  }
  const { policy, lifecyclePolicy, ...rest } = after;
  return [
    step('create', 'ecr:CreateRepository', after.name, 'prerequisite', null, rest),
    ...repositoryPolicySteps(after.name, undefined, policy),
    ...lifecycleSteps(after.name, undefined, lifecyclePolicy),
  ];
}

/** One call, also where it both takes and gives: one document is replaced at once, and images are pulled all the time. */
function repositoryPolicySteps(
  name: string,
  before: PolicyDocument | undefined,
  desired: PolicyDocument | undefined,
): readonly Step[] {
  const after = keepForeign(desired, before);
  if (isSameDocument(before, after)) return [];
  const movement = movementOf(before, after);
  const direction = movement === 'same' ? 'neutral' : directionOf(movement);
  const action = after === undefined ? 'ecr:DeleteRepositoryPolicy' : 'ecr:SetRepositoryPolicy';
  return [step(movement === 'both' ? 'replace' : stageOf(direction), action, name, direction, before, after)];
}

function lifecycleSteps(name: string, before: string | undefined, after: string | undefined): readonly Step[] {
  if (isSameLifecyclePolicy(before, after)) return [];
  const action = after === undefined ? 'ecr:DeleteLifecyclePolicy' : 'ecr:PutLifecyclePolicy';
  const parsed = (text: string | undefined): unknown => (text === undefined ? null : (JSON.parse(text) as unknown));
  return [step('neutral', action, name, 'neutral', parsed(before), parsed(after))];
}

function mutabilitySteps(before: RepositoryResource, after: RepositoryResource): readonly Step[] {
  const mutabilityOf = ({ imageTagMutability, imageTagMutabilityExclusionFilters: filters }: RepositoryResource) => ({
    imageTagMutability,
    imageTagMutabilityExclusionFilters: [...filters].sort(),
  });
  const [from, to] = [mutabilityOf(before), mutabilityOf(after)];
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  return [step('neutral', 'ecr:PutImageTagMutability', after.name, 'neutral', from, to)];
}

function scanningSteps(before: RepositoryResource, after: RepositoryResource): readonly Step[] {
  if (before.scanOnPush === after.scanOnPush) return [];
  const [from, to] = [{ scanOnPush: before.scanOnPush }, { scanOnPush: after.scanOnPush }];
  return [step('neutral', 'ecr:PutImageScanningConfiguration', after.name, 'neutral', from, to)];
}
