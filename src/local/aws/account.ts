import type { JSONWebKeySet } from 'jose';
import type { Partition } from '../../model/partitions.ts';
import type { Blobs, BlobWriter } from './blobs.ts';
import type { Role, RootSession, Session } from './entities.ts';
import type { Store } from './store.ts';

/** Limits that AWS lets an account raise, with AWS's defaults where none is given. */
export interface Quotas {
  /** Characters of a trust policy, whitespace not counted. */
  readonly assumeRolePolicySize: number;
  /** Characters of a role's inline policies together, whitespace not counted. */
  readonly rolePolicySize: number;
  readonly roles: number;
  readonly repositories: number;
}

/** What an AWS account has until it asks for more. */
export const DEFAULT_QUOTAS: Quotas = {
  assumeRolePolicySize: 2048,
  rolePolicySize: 10_240,
  roles: 1000,
  repositories: 100_000,
};

/** An upload of a layer that has begun. */
export interface LayerUpload {
  readonly repository: string;
  readonly writer: BlobWriter;
  /** Bytes of each part, in order. */
  readonly partSizes: readonly number[];
  /** When its latest part came, in milliseconds. */
  readonly touchedAt: number;
}

/** An upload through the registry: bytes that are still too few for a part of ECR's are held. */
export interface RegistryUpload {
  readonly repository: string;
  readonly held: readonly Uint8Array[];
  readonly heldBytes: number;
  /** Bytes in all, those held among them. */
  readonly received: number;
}

/** The one account that the embedded AWS holds. */
export interface Account {
  readonly id: string;
  readonly region: string;
  /** The partition that the region lies in. */
  readonly partition: Partition;
  readonly quotas: Quotas;
  readonly store: Store;
  readonly blobs: Blobs;
  /** Begun uploads by id; they do not outlive the process. */
  readonly uploads: Map<string, LayerUpload>;
  /** Those of them that come through the registry. */
  readonly registryUploads: Map<string, RegistryUpload>;
  /** Layer downloads that were handed out, by the token in their URL. */
  readonly downloads: Map<string, { readonly digest: string; readonly expiresAt: number }>;
  /** Where this server answers, for example `http://127.0.0.1:4566`. */
  readonly endpoint: () => string;
  readonly now: () => Date;
  readonly issuerKeys: (issuer: string) => Promise<JSONWebKeySet>;
  readonly roleVisibleAfterSeconds: number;
  readonly accountExists: (accountId: string) => boolean;
  /** The organisation that an account belongs to, if any. */
  readonly organisationOf: (accountId: string) => string | undefined;
}

/** Who signed a request; a root by its static key, or by temporary ones. */
export type Caller =
  | { readonly kind: 'root'; readonly accountId: string; readonly session?: RootSession }
  | { readonly kind: 'session'; readonly accountId: string; readonly session: Session; readonly role: Role }
  | { readonly kind: 'unsigned' };

/** One request on its way through: the account, and who asks. */
export interface Call {
  readonly account: Account;
  readonly caller: Caller;
}
