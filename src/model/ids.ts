import type { Brand } from './brand.ts';

/** Id of a department: lower-case letters, digits and single hyphens, 2–32 characters, such as `koa`. */
export type DepartmentId = Brand<string, 'DepartmentId'>;
/** Id of a grant: `grant-` and a ULID in lower case. */
export type GrantId = Brand<string, 'GrantId'>;
/** Id of an operation: `op-` and a ULID in lower case. */
export type OperationId = Brand<string, 'OperationId'>;
/** An AWS account id: exactly twelve digits, leading zeros kept, so always a string. */
export type AccountId = Brand<string, 'AccountId'>;
/** A GitHub numeric id (owner or repository) as the decimal string that GitHub's token carries. */
export type GitHubId = Brand<string, 'GitHubId'>;

const patterns = {
  departmentId: /^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){1,31}$/,
  accountId: /^[0-9]{12}$/,
  gitHubId: /^[1-9][0-9]{0,19}$/,
} as const;

/** Whether the text is the id of a department; such ids are safe inside keys, tags and role names. */
export function isDepartmentId(text: string): text is DepartmentId {
  return patterns.departmentId.test(text);
}

/**
 * Whether the text is an AWS account id.
 * @see https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
 */
export function isAccountId(text: string): text is AccountId {
  return patterns.accountId.test(text) && text !== '000000000000';
}

/**
 * Whether the text is a numeric id as GitHub writes it into a token. Never a hyphenated variant, a sign, a leading
 * zero or an empty string: such a text would be a hole in a trust policy's list.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export function isGitHubId(text: string): text is GitHubId {
  return patterns.gitHubId.test(text);
}
