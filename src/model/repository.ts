import type { AccountAccess } from './account-access.ts';
import type { DepartmentId, GitHubId, OperationId } from './ids.ts';
import type { RepositoryName } from './names.ts';
import type { Pending } from './pending.ts';

/** @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html */
export type ImageTagMutability = 'MUTABLE' | 'IMMUTABLE' | 'MUTABLE_WITH_EXCLUSION' | 'IMMUTABLE_WITH_EXCLUSION';

/** Encryption of a repository; fixed at creation. */
export interface Encryption {
  readonly encryptionType: 'AES256' | 'KMS' | 'KMS_DSSE';
  readonly kmsKey?: string;
}

/** The account access that a repository's policy has, where it is not the department's. */
export interface AccessInPlace extends Pick<AccountAccess, 'accounts' | 'organisationPull'> {
  /** The operation that could not apply the department's. */
  readonly operation: OperationId;
  /** Why not. */
  readonly detail: string;
}

/** One ECR repository of one department. */
export interface Repository {
  readonly name: RepositoryName;
  readonly department: DepartmentId;
  readonly imageTagMutability: ImageTagMutability;
  /** Wildcard filters on tags, 1–5 where the mutability is `…_WITH_EXCLUSION`, else empty. */
  readonly imageTagMutabilityExclusionFilters: readonly string[];
  readonly scanOnPush: boolean;
  /** The lifecycle policy document as JSON text in canonical form; absent when there is none. */
  readonly lifecyclePolicy?: string;
  readonly encryption: Encryption;
  /** The GitHub repository whose workflow created it; self-service may grant only to that one. */
  readonly createdBy: { readonly repositoryId: GitHubId; readonly repository: string };
  /** Set where the department's account access could not be applied to this one: what its policy has in its place. */
  readonly accessInPlace?: AccessInPlace;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly revision: number;
  readonly pending?: Pending<Repository>;
}
