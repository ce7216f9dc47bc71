import type { ImageTagMutability, Encryption } from '../model/repository.ts';
import type { PolicyDocument } from '../policy/document.ts';

/** An ECR repository as it stands, or is to stand, in AWS. */
export interface RepositoryResource {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly imageTagMutability: ImageTagMutability;
  readonly imageTagMutabilityExclusionFilters: readonly string[];
  readonly scanOnPush: boolean;
  readonly encryption: Encryption;
  /** The repository policy; absent when there is none. */
  readonly policy?: PolicyDocument;
  /** The lifecycle policy document in canonical form; absent when there is none. */
  readonly lifecyclePolicy?: string;
}

/** An IAM push role as it stands, or is to stand, in AWS. */
export interface RoleResource {
  readonly name: string;
  readonly path: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly boundaryArn: string;
  readonly maxSessionSeconds: number;
  readonly trustPolicy: PolicyDocument;
  /** Inline policies by name; ours are {@link INLINE_POLICY_NAMES}. */
  readonly inlinePolicies: Readonly<Record<string, PolicyDocument>>;
}

/** Names of the inline policies that we own on a push role. */
export const INLINE_POLICY_NAMES = { push: 'EcpPush', revoke: 'EcpRevokeSessions' } as const;

/** What stands in AWS, or is to stand, by name; `undefined` stands for absent. */
export interface Resources {
  readonly repositories: ReadonlyMap<string, RepositoryResource | undefined>;
  readonly roles: ReadonlyMap<string, RoleResource | undefined>;
}
