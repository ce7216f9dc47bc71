import { MAX_SESSION_SECONDS } from './push-role.ts';

/**
 * What ends the sessions that the workflows of a revoked grant have begun. `with-role`: the role goes, and no session outlives it.
 * `denied`: the role denies all that were issued before a time. `expire`: nothing; they live as long as a session does.
 */
export type SessionsEnd =
  | { readonly how: 'with-role' }
  | { readonly how: 'denied'; readonly issuedBefore: string }
  | { readonly how: 'expire' };

/**
 * How long IAM may take to spread a change, in milliseconds. AWS names no figure; what was revoked is taken for gone after this.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export const IAM_MARGIN = 30_000;

/**
 * How far after the decision sessions are still denied, in milliseconds: a session that begins while the change is on its way to AWS, and
 * through IAM, must not outlive it. Other workflows of the same role try again after it.
 */
export const REVOCATION_MARGIN = 2 * IAM_MARGIN;

/**
 * Until when sessions of a revoked grant may still work.
 * @param told when AWS had the change, ISO 8601
 */
export function sessionsValidUntil(end: SessionsEnd, told: string): string {
  // Until then a session may begin that IAM should no longer allow.
  const lastBegin = Date.parse(told) + IAM_MARGIN;
  const lastOfThem = lastBegin + MAX_SESSION_SECONDS * 1000;
  switch (end.how) {
    case 'with-role':
      return isoOf(lastBegin);
    case 'denied':
      // Where the change took longer than was foreseen, sessions may have begun that are not denied.
      return isoOf(lastBegin <= Date.parse(end.issuedBefore) ? lastBegin : lastOfThem);
    case 'expire':
      return isoOf(lastOfThem);
  }
}

function isoOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
