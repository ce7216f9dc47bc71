/** Where repositories are; what follows is a name, which may hold slashes. */
const REPOSITORIES = '/v1/repositories/';

/**
 * What stands between a repository's name and what belongs to it, such as `pushers`. No segment of an ECR name is a hyphen alone, so
 * the first one ends the name, however the slashes in it are written: GitLab does the same.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
 * @see https://docs.gitlab.com/development/routing/
 */
const BEHIND_NAME = '/-/';

/** The same as it may be written in a URL. */
const BEHIND_NAME_IN_URL = /(?:\/|%2f)(?:-|%2d)(?:\/|%2f)/i;

/** A path's repository, and what of it is meant: empty for the repository itself. */
export interface RepositoryPath {
  readonly name: string;
  /** Without the separator; absent where there is none. */
  readonly behind?: string;
}

/** Reads a decoded path; `undefined` where it is not about a repository. */
export function readRepositoryPath(path: string): RepositoryPath | undefined {
  if (!path.startsWith(REPOSITORIES)) return undefined;
  const rest = path.slice(REPOSITORIES.length);
  const end = rest.indexOf(BEHIND_NAME);
  return end === -1 ? { name: rest } : { name: rest.slice(0, end), behind: rest.slice(end + BEHIND_NAME.length) };
}

/** The URL of a decoded path, its name as the one segment that the contract has it in. */
export function repositoryUrl({ name, behind }: RepositoryPath): string {
  const address = `${REPOSITORIES}${encodeURIComponent(name)}`;
  return behind === undefined
    ? address
    : `${address}${BEHIND_NAME}${behind.split('/').map(encodeURIComponent).join('/')}`;
}

/** A request's URL with the repository's name as one segment: slashes in it that were written plainly are encoded. */
export function withNameAsOneSegment(url: string): string {
  if (!url.startsWith(REPOSITORIES)) return url;
  const pathEnd = url.search(/[?#]/);
  const rest = url.slice(REPOSITORIES.length, pathEnd === -1 ? undefined : pathEnd);
  const separator = BEHIND_NAME_IN_URL.exec(rest);
  const name = separator === null ? rest : rest.slice(0, separator.index);
  const behind = separator === null ? '' : `${BEHIND_NAME}${rest.slice(separator.index + separator[0].length)}`;
  const after = pathEnd === -1 ? '' : url.slice(pathEnd);
  return `${REPOSITORIES}${name.replaceAll('/', '%2F')}${behind}${after}`;
}
