import type { Brand } from './brand.ts';

/** The name of an ECR repository, unique in the account, such as `koa/customer-overview`. */
export type RepositoryName = Brand<string, 'RepositoryName'>;
/** A GitHub organisation's login as GitHub spells it; compared without regard to case. */
export type OrganisationLogin = Brand<string, 'OrganisationLogin'>;
/** The name of an IAM role, unique in the account without regard to case. */
export type RoleName = Brand<string, 'RoleName'>;

/**
 * The pattern of an ECR repository name; 2–256 characters.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
 */
const repositoryName = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/** GitHub logins: letters, digits and single inner hyphens, at most 39 characters. */
const login = /^[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}$/;

/** GitHub repository names: letters, digits, `.`, `_` and `-`, at most 100 characters. */
const gitHubRepository = /^[A-Za-z0-9._-]{1,100}$/;

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const roleName = /^[\w+=,.@-]{1,64}$/;

/** Whether ECR accepts the text as a repository name. */
export function isRepositoryName(text: string): text is RepositoryName {
  return text.length >= 2 && text.length <= 256 && repositoryName.test(text);
}

/** Whether the text can be the login of a GitHub organisation. */
export function isOrganisationLogin(text: string): text is OrganisationLogin {
  return login.test(text);
}

/** Whether the text can be the name of a GitHub repository (without its owner). */
export function isGitHubRepositoryName(text: string): boolean {
  return gitHubRepository.test(text) && text !== '.' && text !== '..';
}

/** Whether IAM accepts the text as a role name. */
export function isRoleName(text: string): text is RoleName {
  return roleName.test(text);
}

/** The form of a GitHub or IAM name under which two spellings of the same thing are equal. */
export function foldCase(text: string): string {
  return text.toLowerCase();
}

/** Whether two GitHub or IAM names mean the same thing. */
export function isSameName(a: string, b: string): boolean {
  return foldCase(a) === foldCase(b);
}

/** Whether a repository name lies in a namespace: `koa/app` lies in `koa`, `koala/app` does not. */
export function isInNamespace(name: string, namespace: string): boolean {
  return name.startsWith(`${namespace}/`);
}
