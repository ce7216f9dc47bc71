declare const verified: unique symbol;

/**
 * Who is asking: the verified claims of a GitHub Actions token. Only `verify-token.ts` makes one, so a function that
 * takes a Caller can't be handed claims that nobody checked.
 *
 * Ids identify, names are for people. An id is unique only within its issuer: a GitHub Enterprise Server counts its
 * repositories from 1 as github.com did, so compare `issuer` too wherever several issuers are trusted.
 */
export interface Caller {
  readonly [verified]: true;
  readonly issuer: string;
  readonly subject: string;
  /** `OWNER/NAME`, as GitHub spells it. */
  readonly repository: string;
  readonly repositoryId: string;
  readonly repositoryOwner: string;
  readonly repositoryOwnerId: string;
  /** `refs/heads/…`, `refs/tags/…` or `refs/pull/…`. */
  readonly ref?: string;
  readonly refType?: 'branch' | 'tag';
  readonly environment?: string;
  readonly eventName: string;
  readonly workflow?: string;
  readonly workflowRef?: string;
  readonly jobWorkflowRef?: string;
  readonly runId?: string;
  readonly runAttempt?: string;
  /** The commit that the workflow runs on. */
  readonly sha?: string;
  readonly actor?: string;
  readonly actorId?: string;
  readonly repositoryVisibility?: 'public' | 'private' | 'internal';
  readonly enterpriseId?: string;
  readonly jti?: string;
  /** SHA-256 of the token in lower-case hexadecimal: what audit and logs may know of the token itself. */
  readonly tokenSha256: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** Names of claims that the claim table does not know; for a metric, never for a decision. */
  readonly unknownClaims: readonly string[];
}
