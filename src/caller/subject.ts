/** The claims that GitHub builds a subject from. */
export interface SubjectSources {
  readonly sub: string;
  readonly repository: string;
  readonly repository_id: string;
  readonly repository_owner_id: string;
  readonly event_name: string;
  readonly ref: string | undefined;
  readonly environment: string | undefined;
}

/**
 * `repo:OWNER/REPO:CONTEXT`, or with both ids `repo:OWNER@OWNERID/REPO@REPOID:CONTEXT`. A template of `repo` alone writes no context: whoever is
 * authorised by `sub` could then not tell a branch from a pull request, and no role of ours is assumed with it; here it decides nothing.
 */
const repositorySubject =
  /^repo:(?<owner>[^/@:]+)(?:@(?<ownerId>[^/@:]+))?\/(?<name>[^/@:]+)(?:@(?<repositoryId>[^/@:]+))?(?::(?<context>.+))?$/su;

/**
 * What in a subject contradicts the token's other claims, or undefined when nothing does.
 *
 * Nothing is authorised by `sub`, so a custom template is tolerated as it is. But whatever starts with `repo:` can
 * only come from the repository itself (a template writes each claim's name before its value), so it must name this
 * repository in the classic or in the immutable form, and a context of GitHub's own forms must be this token's.
 * @see https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
 */
export function checkSubject(claims: SubjectSources): string | undefined {
  if (!claims.sub.startsWith('repo:')) return undefined;
  const parts = repositorySubject.exec(claims.sub)?.groups;
  if (parts === undefined) return 'it starts with repo: but has neither the classic nor the immutable form';
  if (`${parts['owner']}/${parts['name']}` !== claims.repository) return 'it names another repository';
  const ids = [parts['ownerId'], parts['repositoryId']];
  const immutable = ids[0] === claims.repository_owner_id && ids[1] === claims.repository_id;
  const classic = ids[0] === undefined && ids[1] === undefined;
  if (!immutable && !classic) return 'its ids are not those of repository_owner_id and repository_id';
  return parts['context'] === undefined ? undefined : checkContext(parts['context'], claims);
}

/** A template may append claims to the context; then the part that GitHub's own forms have must still be true. */
function checkContext(context: string, claims: SubjectSources): string | undefined {
  const [kind, value] = context.split(':');
  if (kind === 'environment' && value !== encoded(claims.environment)) return 'it names another environment';
  if (kind === 'ref' && value !== encoded(claims.ref)) return 'it names another ref';
  if (kind === 'pull_request' && !claims.event_name.startsWith('pull_request')) {
    return 'it speaks of a pull request, event_name does not';
  }
  return undefined;
}

/** GitHub writes a `:` inside a value as `%3A`, so that a value cannot pass for a separator. */
function encoded(value: string | undefined): string | undefined {
  return value?.replaceAll(':', '%3A');
}
