import { createHash } from 'node:crypto';

/** The audience that tokens of the embedded issuer have unless another is asked for. */
export const defaultAudience = 'ecr-control-plane';

/** A job of a GitHub Actions workflow, as far as its OIDC token tells of it. */
export interface Job {
  /** `OWNER/NAME`. */
  readonly repository: string;
  /** Default `refs/heads/main`, or `refs/pull/<n>/merge` for a pull request. */
  readonly ref?: string;
  /** The environment that the job references; it then wins in `sub`. */
  readonly environment?: string;
  /** Default `push`, or `pull_request` when `pullRequest` is given. */
  readonly event?: string;
  /** Number of the pull request that triggered the workflow. */
  readonly pullRequest?: number;
  /** Which of GitHub's two forms `sub` takes. Default `classic`. */
  readonly form?: 'classic' | 'immutable';
  /** Default: a nine-digit number that depends on the owner's name only. */
  readonly ownerId?: string;
  /** Default: a nine-digit number that depends on the repository's name only. */
  readonly repositoryId?: string;
  /** A `sub` as a custom template would make it. */
  readonly sub?: string;
  /** Claims to set as they are; undefined takes a claim away. Reaches every claim, so that tests can make bad tokens. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A job and the audience that its token is for. */
export interface TokenRequest extends Job {
  /** Default `ecr-control-plane`. */
  readonly audience?: string;
}

/** GitHub's lifetimes: valid from ten minutes before the issue to five minutes after. */
const validBeforeSeconds = 600;
const validAfterSeconds = 300;

/**
 * The claims of GitHub's token for a job: all of those that GitHub documents, with its types (strings, apart from
 * the times).
 * @param times when it is issued, and the ids of this token and its run
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export function claimsOf(
  job: Job,
  token: { readonly issuer: string; readonly audience: string; readonly now: Date; readonly jti: string },
): Record<string, unknown> {
  const event = job.event ?? (job.pullRequest === undefined ? 'push' : 'pull_request');
  const ref = job.ref ?? (job.pullRequest === undefined ? 'refs/heads/main' : `refs/pull/${job.pullRequest}/merge`);
  const [owner = '', name = ''] = job.repository.split('/');
  const ownerId = job.ownerId ?? idOfName(owner);
  const repositoryId = job.repositoryId ?? idOfName(job.repository);
  const issuedAt = Math.floor(token.now.getTime() / 1000);
  const workflowRef = `${job.repository}/.github/workflows/build.yml@${ref}`;
  const commit = hash(`${job.repository} ${ref}`).slice(0, 40);
  const claims: Record<string, unknown> = {
    jti: token.jti,
    sub: job.sub ?? subjectOf({ owner, name, ownerId, repositoryId, event, ref, job }),
    aud: token.audience,
    ref,
    sha: commit,
    repository: job.repository,
    repository_owner: owner,
    repository_owner_id: ownerId,
    run_id: idOfName(token.jti),
    run_number: '10',
    run_attempt: '1',
    repository_visibility: 'private',
    repository_id: repositoryId,
    actor_id: idOfName('octocat'),
    actor: 'octocat',
    workflow: 'build',
    head_ref: job.pullRequest === undefined ? '' : 'feature',
    base_ref: job.pullRequest === undefined ? '' : 'main',
    event_name: event,
    ref_protected: 'false',
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    workflow_ref: workflowRef,
    workflow_sha: commit,
    job_workflow_ref: workflowRef,
    job_workflow_sha: commit,
    runner_environment: 'github-hosted',
    enterprise_id: idOfName('enterprise'),
    enterprise: 'enterprise',
    check_run_id: idOfName(`check ${token.jti}`),
    iss: token.issuer,
    nbf: issuedAt - validBeforeSeconds,
    exp: issuedAt + validAfterSeconds,
    iat: issuedAt,
    ...(job.environment === undefined
      ? {}
      : { environment: job.environment, environment_node_id: `EN_${hash(job.environment).slice(0, 16)}` }),
    ...job.claims,
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

/**
 * The id that a name has here when none is given: nine digits, the same on every machine. GitHub logins and
 * repository names do not depend on case, so neither do their ids.
 */
export function idOfName(name: string): string {
  return String(100_000_000 + (Number.parseInt(hash(name.toLowerCase()).slice(0, 12), 16) % 900_000_000));
}

function subjectOf(from: {
  readonly owner: string;
  readonly name: string;
  readonly ownerId: string;
  readonly repositoryId: string;
  readonly event: string;
  readonly ref: string;
  readonly job: Job;
}): string {
  const { owner, name, ownerId, repositoryId, event, ref, job } = from;
  const repository = job.form === 'immutable' ? `${owner}@${ownerId}/${name}@${repositoryId}` : `${owner}/${name}`;
  if (job.environment !== undefined) return `repo:${repository}:environment:${encoded(job.environment)}`;
  return event === 'pull_request' ? `repo:${repository}:pull_request` : `repo:${repository}:ref:${encoded(ref)}`;
}

/** GitHub writes a `:` inside a value as `%3A`. */
function encoded(value: string): string {
  return value.replaceAll(':', '%3A');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
