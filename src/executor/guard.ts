import type { DepartmentId } from '../model/ids.ts';
import type { Change, Plan } from '../model/plan.ts';
import type { RepositoryName } from '../model/names.ts';
import type { Operation } from '../model/operation.ts';
import type { Repository } from '../model/repository.ts';
import { isWanted } from '../model/pending.ts';
import type { PushRole } from '../model/push-role.ts';
import type { AwsSettings } from '../model/settings.ts';
import type { DepartmentState } from '../model/state.ts';
import { checkPlan } from '../plan/safety.ts';
import { documentIn, inlinePolicyIn, repositoryIn, roleIn } from '../plan/content.ts';
import { INLINE_POLICY_NAMES } from '../plan/resources.ts';
import type { PolicyDocument } from '../policy/document.ts';
import {
  guardPushPolicy,
  guardRepositoryPolicy,
  guardRevokeSessionsPolicy,
  guardTrustPolicy,
  type GuardViolation,
} from '../policy/document-guard.ts';
import { checkGrant } from '../policy/grant-rules.ts';
import { grantsOfRole } from '../policy/role-assignment.ts';
import { guardLifecycle, guardMutability, guardNewRepository, guardNewRole } from '../policy/resource-guard.ts';
import type { Comparison } from './resources.ts';

/** A plan that the executor will not carry out, whoever made it: the ledger's state is not trusted because it is stored. */
export class UnsafePlan extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'UnsafePlan';
  }
}

/** What a plan is held against. */
export interface GuardContext {
  /** The department whose lease is held: the only reference for whose things these are. */
  readonly department: DepartmentId;
  readonly state: DepartmentState;
  readonly comparison: Comparison;
  readonly settings: AwsSettings;
  readonly forced: ReadonlySet<string>;
  readonly maxDeletions: number;
}

/**
 * The executor's own look at a plan, before AWS sees any of it.
 * @throws UnsafePlan
 */
export function guardPlan(plan: Plan, context: GuardContext): void {
  const verdict = checkPlan(plan, {
    department: context.department,
    observed: context.comparison.observed,
    settings: context.settings,
    forced: context.forced,
    maxDeletions: context.maxDeletions,
  });
  if ('refusals' in verdict) {
    throw new UnsafePlan(
      verdict.refusals.map(({ rule, resource, detail }) => `${rule} ${resource}: ${detail}`).join(' '),
    );
  }
  const violations = plan.flatMap((change) => guardChange(change, context));
  const [first] = violations;
  if (first !== undefined) throw new UnsafePlan(`${first.rule} at ${first.at}: ${first.detail}`);
}

/**
 * Holds what is stored in a department's place to that department: whatever says that it is another's is not carried out.
 * @throws UnsafePlan
 */
export function guardOwnership(
  state: DepartmentState,
  repository: Repository | undefined,
  operation: Operation,
  department: string,
): void {
  const owners: readonly (readonly [string, string])[] = [
    [`operation ${operation.id}`, operation.department],
    ['the department', state.department.id],
    ['its account access', state.access.department],
    ...state.organisations.map((one) => [`organisation ${one.login}`, one.department] as const),
    ...state.grants.map((one) => [`grant ${one.id}`, one.department] as const),
    ...state.roles.map((one) => [`push role ${one.name}`, one.department] as const),
    ...(repository === undefined ? [] : [[`repository ${repository.name}`, repository.department] as const]),
  ];
  const foreign = owners.find(([, owner]) => owner !== department);
  if (foreign !== undefined)
    throw new UnsafePlan(`owner: ${foreign[0]} is stored for ${department} and says that it is of ${foreign[1]}.`);
}

/**
 * The executor's own look at what an operation asks for: a grant that the rules would not let in is not carried out,
 * also where the documents that follow from it would only be narrower than it says, or would be written nowhere.
 * @throws UnsafePlan
 */
export function guardAsked(
  { grants, organisations, roles }: DepartmentState,
  operation: Operation['id'],
  settings: AwsSettings,
): void {
  const asked = grants.filter(({ pending }) => pending?.operation === operation && pending.change !== 'delete');
  const lost = asked.find(({ pushRole }) => !roles.some(({ name }) => name === pushRole));
  if (lost !== undefined)
    throw new UnsafePlan(`unknown-role: the department has no role ${lost.pushRole} for ${lost.id}.`);
  const [first] = asked.flatMap((grant) => checkGrant(grant, organisations.filter(isWanted), settings));
  if (first !== undefined) throw new UnsafePlan(`${first.rule} at ${first.field}: ${first.detail}`);
}

function guardChange(change: Change, context: GuardContext): readonly GuardViolation[] {
  const { department, settings } = context;
  const { resource, after } = change;
  switch (change.action) {
    case 'iam:CreateRole': {
      const role = roleIn(after);
      return [...guardNewRole(role, resource, department, settings), ...guardTrust(role.trustPolicy, context)];
    }
    case 'iam:UpdateAssumeRolePolicy':
      return guardTrust(documentIn(after), context);
    case 'iam:PutRolePolicy':
      return guardInline(change, context);
    case 'ecr:SetRepositoryPolicy': {
      const foreign = context.comparison.observed.repositories.get(resource)?.policy;
      return guardRepositoryPolicy(documentIn(after), settings, { foreign });
    }
    case 'ecr:CreateRepository':
      return guardNewRepository(repositoryIn(after), resource, department, settings);
    case 'ecr:PutLifecyclePolicy':
      return guardLifecycle(after);
    case 'ecr:PutImageTagMutability':
      return guardMutability(repositoryIn(after));
    case 'ecr:PutImageScanningConfiguration':
    case 'ecr:DeleteRepository':
    case 'ecr:DeleteRepositoryPolicy':
    case 'ecr:DeleteLifecyclePolicy':
    case 'iam:DeleteRolePolicy':
    case 'iam:DeleteRole':
      return [];
  }
}

function guardTrust(document: PolicyDocument, { state, settings }: GuardContext): readonly GuardViolation[] {
  const owners = state.organisations.filter(isWanted).map(({ login, ownerId, shared }) => ({ login, ownerId, shared }));
  return guardTrustPolicy(document, settings, owners);
}

/** A role reaches no more repositories than the grants whose workflows assume it name. */
function guardScope(role: PushRole, { grants }: DepartmentState): readonly GuardViolation[] {
  const own = grantsOfRole(role.name, grants);
  const isNamed = (name: RepositoryName): boolean =>
    own.every(({ repositories }) => repositories?.includes(name) === true);
  const isWithin =
    role.scope === 'department'
      ? own.every(({ repositories }) => repositories === undefined)
      : (role.repositories ?? []).every(isNamed);
  if (isWithin) return [];
  return [
    {
      at: '/Statement',
      rule: 'beyond-grants',
      detail: `${role.name} would reach repositories that its grants do not name.`,
    },
  ];
}

function guardInline(
  { resource, after }: Change,
  { department, state, settings }: GuardContext,
): readonly GuardViolation[] {
  const { policyName, document } = inlinePolicyIn(after);
  const role = state.roles.find((one) => one.name === resource);
  if (role === undefined) return [{ at: '', rule: 'unknown-role', detail: `The department has no role ${resource}.` }];
  switch (policyName) {
    case INLINE_POLICY_NAMES.push:
      return [...guardScope(role, state), ...guardPushPolicy(document, { ...role, department }, settings)];
    case INLINE_POLICY_NAMES.revoke:
      return guardRevokeSessionsPolicy(document);
    default:
      return [{ at: '', rule: 'unknown-policy', detail: `We write no inline policy ${policyName}.` }];
  }
}
