import type { Grant } from '../../src/model/grant.ts';
import type { Organisation } from '../../src/model/organisation.ts';
import type { AwsSettings } from '../../src/model/settings.ts';
import type { Job } from './fixtures.ts';

/**
 * Who may use a grant, said over what a job is, not over what its token's `sub` looks like: an independent reading of
 * the table of grants, against which the documents are held.
 */
export function grantAllows(
  grant: Grant,
  organisations: readonly Organisation[],
  settings: AwsSettings,
  job: Job,
): boolean {
  return (
    organisations.some((owner) => isOwner(grant, owner, job)) &&
    isRepository(grant, settings, job) &&
    isContext(grant, settings, job)
  );
}

function isOwner(grant: Grant, owner: Organisation, job: Job): boolean {
  const isWide = grant.organisation.includes('*') || grant.repository.includes('*');
  const wanted = new RegExp(`^${grant.organisation.split('*').join('.*')}$`, 'i');
  return (
    owner.department === grant.department &&
    wanted.test(owner.login) &&
    !(owner.shared && isWide) &&
    job.login === owner.login &&
    (job.form === 'classic' || job.ownerId === owner.ownerId)
  );
}

function isRepository(grant: Grant, settings: AwsSettings, job: Job): boolean {
  if (grant.repositoryId !== undefined && settings.stsKeys.repositoryId) return job.repositoryId === grant.repositoryId;
  if (grant.repository.endsWith('*')) return job.repository.startsWith(grant.repository.slice(0, -1));
  const isId = grant.repositoryId === undefined || job.form === 'classic' || job.repositoryId === grant.repositoryId;
  return job.repository === grant.repository && isId;
}

function isContext(grant: Grant, settings: AwsSettings, job: Job): boolean {
  const kind = job.environment !== undefined ? 'environment' : job.event === 'pull_request' ? 'pull_request' : 'ref';
  const isRef =
    grant.refs === undefined ||
    grant.refs.some((ref) => (ref.endsWith('*') ? job.ref.startsWith(ref.slice(0, -1)) : job.ref === ref));
  if (grant.environment !== undefined) {
    // `sub` holds the environment only: without the key `ref` both can't be asked for.
    const canAsk = grant.refs === undefined || settings.stsKeys.ref;
    return canAsk && job.environment === grant.environment && isRef;
  }
  if (grant.refs !== undefined) return isRef && (kind === 'ref' || (kind === 'environment' && settings.stsKeys.ref));
  return kind !== 'pull_request' || grant.pullRequests;
}
