/** A value that AWS policy JSON allows alone or in a list. */
export type OneOrMany<T> = T | readonly T[];

/** Condition block: operator → key → value or values. */
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, OneOrMany<string>>>>>;

/** Principal element of a resource policy or trust policy. */
export type PrincipalElement =
  | '*'
  | {
      readonly AWS?: OneOrMany<string>;
      readonly Federated?: OneOrMany<string>;
      readonly Service?: OneOrMany<string>;
      readonly CanonicalUser?: OneOrMany<string>;
    };

/**
 * One statement of a policy document.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: PrincipalElement;
  readonly NotPrincipal?: PrincipalElement;
  readonly Action?: OneOrMany<string>;
  readonly NotAction?: OneOrMany<string>;
  readonly Resource?: OneOrMany<string>;
  readonly NotResource?: OneOrMany<string>;
  readonly Condition?: ConditionBlock;
}

/**
 * An AWS policy document: trust policy, identity policy or resource policy.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
export interface PolicyDocument {
  readonly Version: '2012-10-17' | '2008-10-17';
  readonly Id?: string;
  readonly Statement: readonly Statement[];
}

/** The values of a {@link OneOrMany} as a list; none for `undefined`. */
export function listOf<T extends string | object>(value: OneOrMany<T> | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
