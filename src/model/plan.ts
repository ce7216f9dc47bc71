/** How a change moves access: what must exist first, what takes access away, what gives it, what touches none. */
export type Direction = 'prerequisite' | 'narrow' | 'neutral' | 'widen';

/** The AWS calls by which a plan changes ECR and IAM. */
export type ChangeAction =
  | 'ecr:CreateRepository'
  | 'ecr:DeleteRepository'
  | 'ecr:SetRepositoryPolicy'
  | 'ecr:DeleteRepositoryPolicy'
  | 'ecr:PutLifecyclePolicy'
  | 'ecr:DeleteLifecyclePolicy'
  | 'ecr:PutImageTagMutability'
  | 'ecr:PutImageScanningConfiguration'
  | 'iam:CreateRole'
  | 'iam:UpdateAssumeRolePolicy'
  | 'iam:PutRolePolicy'
  | 'iam:DeleteRolePolicy'
  | 'iam:DeleteRole';

/** JSON as AWS takes and gives it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One AWS change: a call on a resource, with the value that it replaces and the value that it writes. */
export interface Change {
  readonly action: ChangeAction;
  /** The repository's or the role's name; `*` stands for each repository of a fan-out. */
  readonly resource: string;
  readonly direction: Direction;
  /** `null` when there was nothing. */
  readonly before: Json;
  /** `null` when there will be nothing. */
  readonly after: Json;
  /** For a fan-out: how many resources the change is made on. */
  readonly count?: number;
}

/** The ordered list of AWS changes that a mutation means. */
export type Plan = readonly Change[];
