import type {
  ImageTagMutability,
  ImageTagMutabilityExclusionFilter,
  RegistryScanningConfiguration,
  ReplicationConfiguration,
  RepositoryCreationTemplate,
  UpstreamRegistry,
} from '@aws-sdk/client-ecr';

/** Tags of a resource, by key. */
export type Tags = Readonly<Record<string, string>>;

/** One ECR repository. Times are ISO 8601. */
export interface Repository {
  readonly name: string;
  readonly createdAt: string;
  readonly mutability: ImageTagMutability;
  readonly mutabilityExclusions: readonly ImageTagMutabilityExclusionFilter[];
  readonly scanOnPush: boolean;
  readonly encryption: { readonly encryptionType: 'AES256' | 'KMS' | 'KMS_DSSE'; readonly kmsKey?: string };
  readonly tags: Tags;
  readonly policyText?: string;
  readonly lifecyclePolicyText?: string;
}

/** Settings of the whole registry; each is absent where none was put. */
export interface Registry {
  readonly policyText?: string;
  readonly replication?: ReplicationConfiguration;
  readonly scanning?: RegistryScanningConfiguration;
}

/** A rule to cache another registry's repositories under a prefix. Times are ISO 8601. */
export interface PullThroughCacheRule {
  readonly prefix: string;
  /** Host of the other registry. */
  readonly url: string;
  readonly upstream: UpstreamRegistry;
  readonly upstreamPrefix: string;
  readonly credentialArn?: string;
  readonly customRoleArn?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a repository gets that ECR makes by itself under a prefix. Times are ISO 8601. */
export interface CreationTemplate {
  readonly prefix: string;
  readonly settings: Omit<RepositoryCreationTemplate, 'prefix' | 'createdAt' | 'updatedAt'>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** One image of a repository: its manifest, and the tags that point at it. */
export interface Image {
  readonly repository: string;
  readonly digest: string;
  readonly manifest: string;
  readonly mediaType: string;
  readonly artifactMediaType?: string;
  readonly tags: readonly string[];
  /** Bytes of the manifest's layers. */
  readonly size: number;
  readonly pushedAt: string;
  /** Digests that the manifest refers to: layers, or the images of an index. */
  readonly references: readonly string[];
}

/** One layer (or image configuration) of a repository; its bytes are a blob. */
export interface Layer {
  readonly repository: string;
  readonly digest: string;
  readonly size: number;
}

/** One IAM role with its inline policies, by policy name, and the ARNs of the managed policies that are attached to it. */
export interface Role {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly createdAt: string;
  readonly description?: string;
  /** Seconds. */
  readonly maxSessionDuration: number;
  readonly trustPolicy: string;
  readonly boundaryArn?: string;
  readonly tags: Tags;
  readonly policies: Readonly<Record<string, string>>;
  /** Absent where none ever was. */
  readonly attached?: readonly string[];
}

/** One user, who has no keys here: a name with tags and a boundary. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly createdAt: string;
  readonly boundaryArn?: string;
  readonly tags: Tags;
}

/** One instance profile: a name under which a machine gets a role. */
export interface InstanceProfile {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly createdAt: string;
  readonly tags: Tags;
  /** Absent where it has none. */
  readonly roleName?: string;
}

/** The name of the account that people sign in by. */
export interface AccountAlias {
  readonly alias: string;
}

/** One OpenID Connect provider; `issuer` is its URL without the scheme, as in its ARN and condition keys. */
export interface Provider {
  readonly arn: string;
  readonly issuer: string;
  readonly clientIds: readonly string[];
  readonly thumbprints: readonly string[];
  readonly createdAt: string;
  readonly tags: Tags;
}

/** One version of a customer managed policy. */
export interface PolicyVersion {
  /** 1 for `v1`. */
  readonly number: number;
  readonly document: string;
  readonly createdAt: string;
}

/** One customer managed policy. */
export interface ManagedPolicy {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  /** Of the version that applies. */
  readonly document: string;
  readonly description?: string;
  readonly createdAt: string;
  readonly tags: Tags;
  /** Absent where there was never another than the first. */
  readonly versions?: {
    readonly all: readonly PolicyVersion[];
    readonly default: number;
    /** Numbers are never given again. */
    readonly last: number;
    readonly updatedAt: string;
  };
}

/** Temporary credentials, which need their session token in each request. Times are ISO 8601. */
export interface TemporaryKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
}

/** One session of an account's root. */
export interface RootSession extends TemporaryKeys {
  readonly accountId: string;
}

/** One session of a role: temporary credentials and what they were issued for. */
export interface Session extends TemporaryKeys {
  readonly roleId: string;
  readonly roleName: string;
  readonly roleArn: string;
  readonly sessionName: string;
  readonly arn: string;
  /** Of a session for a web identity. */
  readonly providerArn?: string;
  /** Session policies: they limit what the role's policies grant. */
  readonly policies: readonly string[];
}

/** A token for a Docker client; its id is the SHA-256 of its secret. */
export interface RegistryToken {
  /** Whose token it is. */
  readonly accessKeyId: string;
  readonly expiresAt: string;
}

/** Kinds of entities that are kept, and what each is. */
export interface Entities {
  readonly repository: Repository;
  readonly registry: Registry;
  readonly pullThroughCacheRule: PullThroughCacheRule;
  readonly creationTemplate: CreationTemplate;
  readonly image: Image;
  readonly layer: Layer;
  readonly role: Role;
  readonly user: User;
  readonly instanceProfile: InstanceProfile;
  readonly accountAlias: AccountAlias;
  readonly provider: Provider;
  readonly policy: ManagedPolicy;
  readonly session: Session;
  readonly rootSession: RootSession;
  readonly registryToken: RegistryToken;
}
