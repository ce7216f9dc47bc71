import type { Change, Plan } from '../model/plan.ts';
import type { AwsSettings } from '../model/settings.ts';
import { planChanges } from './plan.ts';
import type { Resources } from './resources.ts';

/** What goes back would be to, from where, and what the state says that is refused. */
export interface WayBack {
  /** As it stands in AWS. */
  readonly observed: Resources;
  /** As it was to be before. */
  readonly before: Resources;
  /** As it was to become. */
  readonly after: Resources;
}

/**
 * Whether going back gives access that what was to become does not allow: access that has been closed, and would be
 * opened again. Errs to the safe side: a document is taken as a whole, and one that takes and gives counts as opening.
 */
export function wouldReopen({ observed, before, after }: WayBack, settings: AwsSettings): boolean {
  const closed = openedBy(planChanges(after, before, settings));
  const given = openedBy(planChanges(observed, before, settings));
  return [...given].some((document) => closed.has(document));
}

/** Whether what was to become takes any access away. */
export function takesAccess({ before, after }: Pick<WayBack, 'before' | 'after'>, settings: AwsSettings): boolean {
  return openedBy(planChanges(after, before, settings)).size > 0;
}

/** The documents by which a plan gives access: a role's trust, an inline policy by its name, a repository's policy. */
function openedBy(plan: Plan): ReadonlySet<string> {
  return new Set(plan.filter(isOpening).map(documentOf));
}

function isOpening({ direction }: Change): boolean {
  return direction === 'widen' || direction === 'prerequisite';
}

function documentOf({ action, resource, before, after }: Change): string {
  switch (action) {
    case 'iam:CreateRole':
    case 'iam:DeleteRole':
    case 'iam:UpdateAssumeRolePolicy':
      return `role ${resource} trust`;
    case 'iam:PutRolePolicy':
    case 'iam:DeleteRolePolicy': {
      const { policyName } = (after ?? before) as { readonly policyName: string };
      return `role ${resource} ${policyName}`;
    }
    case 'ecr:CreateRepository':
    case 'ecr:DeleteRepository':
      return `repository ${resource}`;
    case 'ecr:SetRepositoryPolicy':
    case 'ecr:DeleteRepositoryPolicy':
      return `repository ${resource} policy`;
    case 'ecr:PutLifecyclePolicy':
    case 'ecr:DeleteLifecyclePolicy':
    case 'ecr:PutImageTagMutability':
    case 'ecr:PutImageScanningConfiguration':
      return `repository ${resource} settings`;
  }
}
