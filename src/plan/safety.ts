import type { Change, ChangeAction, Json, Plan } from '../model/plan.ts';
import type { AwsSettings } from '../model/settings.ts';
import { documentSize } from '../policy/canonical.ts';
import { INLINE_POLICIES_SIZE } from '../policy/push-policy.ts';
import { REPOSITORY_POLICY_SIZE } from '../policy/repository-policy.ts';
import { isOwnedBy } from '../policy/tags.ts';
import { documentIn } from './content.ts';
import type { RepositoryResource, Resources, RoleResource } from './resources.ts';

/** What a plan is held against. */
export interface SafetyContext {
  /** The operation's department: nothing that another owns may be touched. */
  readonly department: string;
  readonly observed: Resources;
  readonly settings: AwsSettings;
  /** Repositories that may be deleted with the images that they hold. */
  readonly forced?: ReadonlySet<string>;
  /** How many images a repository holds, where it is known; ECR itself refuses the rest. */
  readonly imageCounts?: ReadonlyMap<string, number>;
  /** How many repositories and roles a plan may delete; 1 unless said otherwise. */
  readonly maxDeletions?: number;
}

/** Why a plan is not carried out. */
export interface Refusal {
  readonly rule: 'not-owned' | 'not-observed' | 'boundary-missing' | 'not-empty' | 'too-many-deletions' | 'over-quota';
  readonly action: string;
  readonly resource: string;
  readonly detail: string;
}

/** A plan that may be carried out, or why not. */
export type SafetyVerdict = { readonly plan: Plan } | { readonly refusals: readonly Refusal[] };

/** Lets a plan pass whole or not at all: the last filter before AWS, whatever made the plan. */
export function checkPlan(plan: Plan, context: SafetyContext): SafetyVerdict {
  const refusals = [
    ...plan.flatMap((change, index) => checkChange(change, plan.slice(0, index), context)),
    ...checkDeletions(plan, context),
  ];
  return refusals.length === 0 ? { plan } : { refusals };
}

function refusal(rule: Refusal['rule'], { action, resource }: Change, detail: string): readonly Refusal[] {
  return [{ rule, action, resource, detail }];
}

function checkChange(change: Change, earlier: Plan, context: SafetyContext): readonly Refusal[] {
  return [
    ...checkOwner(change, earlier, context),
    ...checkBoundary(change, context),
    ...checkImages(change, context),
    ...checkSizes(change, context),
  ];
}

const CREATES: readonly string[] = ['ecr:CreateRepository', 'iam:CreateRole'];
const DELETES: readonly string[] = ['ecr:DeleteRepository', 'iam:DeleteRole'];

function checkOwner(change: Change, earlier: Plan, { department, observed }: SafetyContext): readonly Refusal[] {
  if (CREATES.includes(change.action)) {
    const tags = memberOf(change.after, 'tags') as RoleResource['tags'] | undefined;
    return isOwnedBy(tags ?? {}, department)
      ? []
      : refusal('not-owned', change, `It would not carry the tags of ${department}.`);
  }
  // A fan-out is shown, not carried out: each repository's own plan passes here.
  if (change.resource === '*')
    return change.count === undefined ? refusal('not-observed', change, 'Names no resource.') : [];
  if (
    earlier.some(
      (each) =>
        CREATES.includes(each.action) && serviceOf(each) === serviceOf(change) && each.resource === change.resource,
    )
  )
    return [];
  const resource = observedBy(change, observed);
  if (resource === undefined)
    return refusal('not-observed', change, 'It was not looked at before it would be changed.');
  return isOwnedBy(resource.tags, department)
    ? []
    : refusal('not-owned', change, `Its tags do not say that it is ${department}'s and ours.`);
}

function checkBoundary(change: Change, { observed, settings }: SafetyContext): readonly Refusal[] {
  if (serviceOf(change) !== 'iam' || change.direction === 'narrow') return [];
  const boundary =
    change.action === 'iam:CreateRole'
      ? memberOf(change.after, 'boundaryArn')
      : observed.roles.get(change.resource)?.boundaryArn;
  const isMadeHere = observed.roles.get(change.resource) === undefined && change.action !== 'iam:CreateRole';
  if (isMadeHere || boundary === settings.boundaryArn) return [];
  return refusal(
    'boundary-missing',
    change,
    'The role does not carry the permissions boundary: the platform must put it back first.',
  );
}

function checkImages(change: Change, { forced, imageCounts }: SafetyContext): readonly Refusal[] {
  const count = imageCounts?.get(change.resource) ?? 0;
  if (change.action !== 'ecr:DeleteRepository' || count === 0 || forced?.has(change.resource) === true) return [];
  return refusal('not-empty', change, `It holds ${count} images.`);
}

function checkDeletions(plan: Plan, { maxDeletions = 1 }: SafetyContext): readonly Refusal[] {
  const deletions = plan.filter((change) => DELETES.includes(change.action));
  const [beyond] = deletions.slice(maxDeletions);
  if (beyond === undefined) return [];
  return refusal('too-many-deletions', beyond, `The plan deletes ${deletions.length}; ${maxDeletions} at most.`);
}

const LIFECYCLE_POLICY_SIZE = 30_720;

/** What a change's documents are held to, by action: their size and its quota, in characters. */
const SIZES: Readonly<
  Partial<Record<ChangeAction, (change: Change, context: SafetyContext) => readonly [number, number]>>
> = {
  'iam:CreateRole': ({ after }, { settings }) => [sizeOf(memberOf(after, 'trustPolicy')), settings.trustPolicySize],
  'iam:UpdateAssumeRolePolicy': ({ after }, { settings }) => [sizeOf(after), settings.trustPolicySize],
  'iam:PutRolePolicy': (change, { observed }) => [inlineSize(change, observed), INLINE_POLICIES_SIZE],
  'ecr:SetRepositoryPolicy': ({ after }) => [sizeOf(after), REPOSITORY_POLICY_SIZE],
  'ecr:PutLifecyclePolicy': ({ after }) => [sizeOf(after), LIFECYCLE_POLICY_SIZE],
};

function checkSizes(change: Change, context: SafetyContext): readonly Refusal[] {
  const [size, quota] = SIZES[change.action]?.(change, context) ?? [0, 0];
  return size <= quota ? [] : refusal('over-quota', change, `The document has ${size} characters of ${quota}.`);
}

/** IAM counts a role's inline policies together. */
function inlineSize(change: Change, observed: Resources): number {
  const name = memberOf(change.after, 'policyName');
  const others = Object.entries(observed.roles.get(change.resource)?.inlinePolicies ?? {}).filter(
    ([each]) => each !== name,
  );
  return others.reduce((sum, [, document]) => sum + documentSize(document), sizeOf(memberOf(change.after, 'document')));
}

function sizeOf(document: Json | undefined): number {
  return document === undefined || document === null ? 0 : documentSize(documentIn(document));
}

function memberOf(value: Json, name: string): Json | undefined {
  return (value as Readonly<Record<string, Json>> | null)?.[name];
}

function serviceOf({ action }: Change): string {
  return action.slice(0, action.indexOf(':'));
}

function observedBy(change: Change, observed: Resources): RepositoryResource | RoleResource | undefined {
  return serviceOf(change) === 'iam' ? observed.roles.get(change.resource) : observed.repositories.get(change.resource);
}
