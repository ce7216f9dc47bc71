import type { OperationId } from '../model/ids.ts';
import type { Change, Plan } from '../model/plan.ts';
import type { RepositoryName } from '../model/names.ts';
import { isWanted } from '../model/pending.ts';
import type { PushRole } from '../model/push-role.ts';
import type { AwsSettings } from '../model/settings.ts';
import type { DepartmentState } from '../model/state.ts';
import { checkPlan } from '../plan/safety.ts';
import { INLINE_POLICY_NAMES, type RepositoryResource, type RoleResource } from '../plan/resources.ts';
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
import { DEPARTMENT_TAG } from '../policy/tags.ts';
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
    department: context.state.department.id,
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
 * The executor's own look at what an operation asks for: a grant that the rules would not let in is not carried out,
 * also where the documents that follow from it would only be narrower than it says.
 * @throws UnsafePlan
 */
export function guardAsked(
  { grants, organisations }: DepartmentState,
  operation: OperationId,
  settings: AwsSettings,
): void {
  const asked = grants.filter(({ pending }) => pending?.operation === operation && pending.change !== 'delete');
  const [first] = asked.flatMap((grant) => checkGrant(grant, organisations.filter(isWanted), settings));
  if (first !== undefined) throw new UnsafePlan(`${first.rule} at ${first.field}: ${first.detail}`);
}

function guardChange(change: Change, context: GuardContext): readonly GuardViolation[] {
  const { settings, state } = context;
  switch (change.action) {
    case 'iam:CreateRole':
      return guardTrust((change.after as unknown as RoleResource).trustPolicy, context);
    case 'iam:UpdateAssumeRolePolicy':
      return guardTrust(change.after as unknown as PolicyDocument, context);
    case 'iam:PutRolePolicy':
      return guardInline(change, context);
    case 'ecr:SetRepositoryPolicy': {
      const foreign = context.comparison.observed.repositories.get(change.resource)?.policy;
      return guardRepositoryPolicy(change.after as unknown as PolicyDocument, settings, { foreign });
    }
    case 'ecr:CreateRepository': {
      const { tags } = change.after as unknown as RepositoryResource;
      return tags[DEPARTMENT_TAG] === state.department.id
        ? []
        : [{ at: '/tags', rule: 'owner', detail: 'Another department’s tag.' }];
    }
    case 'ecr:DeleteRepository':
    case 'ecr:DeleteRepositoryPolicy':
    case 'ecr:PutLifecyclePolicy':
    case 'ecr:DeleteLifecyclePolicy':
    case 'ecr:PutImageTagMutability':
    case 'ecr:PutImageScanningConfiguration':
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

function guardInline({ resource, after }: Change, { state, settings }: GuardContext): readonly GuardViolation[] {
  const { policyName, document } = after as unknown as {
    readonly policyName: string;
    readonly document: PolicyDocument;
  };
  const role = state.roles.find((one) => one.name === resource);
  if (role === undefined) return [{ at: '', rule: 'unknown-role', detail: `The department has no role ${resource}.` }];
  switch (policyName) {
    case INLINE_POLICY_NAMES.push:
      return [...guardScope(role, state), ...guardPushPolicy(document, role, settings)];
    case INLINE_POLICY_NAMES.revoke:
      return guardRevokeSessionsPolicy(document);
    default:
      return [{ at: '', rule: 'unknown-policy', detail: `We write no inline policy ${policyName}.` }];
  }
}
