/**
 * The executor's second look at what is no policy document: a repository's and a role's own settings, as they are about to be
 * sent. The reference is the configuration and the department whose lease is held, never what is stored.
 */
import { brokenRules } from '../model/lifecycle-rules.ts';
import { isRepositoryName, isRoleName } from '../model/names.ts';
import { MAX_SESSION_SECONDS } from '../model/push-role.ts';
import type { Encryption, ImageTagMutability } from '../model/repository.ts';
import type { AwsSettings } from '../model/settings.ts';
import type { GuardViolation } from './document-guard.ts';
import { isKmsKeyOfAccount } from './kms-key.ts';
import { DEPARTMENT_TAG, MANAGED_BY, MANAGED_BY_TAG, OPERATION_TAG } from './tags.ts';

type Found = readonly GuardViolation[];

const MUTABILITIES: readonly string[] = [
  'MUTABLE',
  'IMMUTABLE',
  'MUTABLE_WITH_EXCLUSION',
  'IMMUTABLE_WITH_EXCLUSION',
] satisfies readonly ImageTagMutability[];

/** A role that is about to be made. */
export interface NewRole {
  readonly name: string;
  readonly path: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly boundaryArn: string;
  readonly maxSessionSeconds: number;
}

/** A repository that is about to be made. */
export interface NewRepository {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly imageTagMutability: string;
  readonly imageTagMutabilityExclusionFilters: readonly string[];
  readonly encryption: Encryption;
}

/** Every rule of a role that is made, its documents apart. */
export function guardNewRole(role: NewRole, resource: string, department: string, settings: AwsSettings): Found {
  return [
    ...must(role.name === resource && isRoleName(role.name), '/name', 'role-name', 'It is not the name of a role.'),
    ...must(role.path === settings.rolePath, '/path', 'role-path', `Push roles have the path ${settings.rolePath}.`),
    ...must(
      role.boundaryArn === settings.boundaryArn,
      '/boundaryArn',
      'boundary',
      'A push role carries the configured permissions boundary.',
    ),
    ...must(
      role.maxSessionSeconds <= MAX_SESSION_SECONDS,
      '/maxSessionSeconds',
      'session',
      `A session lasts ${MAX_SESSION_SECONDS} seconds at most.`,
    ),
    ...guardTags(role.tags, department),
  ];
}

/** Every rule of a repository that is made, its policies apart. */
export function guardNewRepository(
  repository: NewRepository,
  resource: string,
  department: string,
  settings: AwsSettings,
): Found {
  const { name, encryption } = repository;
  const { encryptionType, kmsKey } = encryption;
  return [
    ...must(name === resource && isRepositoryName(name), '/name', 'repository-name', 'Not the name of a repository.'),
    ...guardTags(repository.tags, department),
    ...guardMutability(repository),
    ...must(
      ['AES256', 'KMS', 'KMS_DSSE'].includes(encryptionType) &&
        (kmsKey === undefined || (encryptionType !== 'AES256' && isKmsKeyOfAccount(kmsKey, settings))),
      '/encryption',
      'encryption',
      'A repository is encrypted with a key of its own account and region.',
    ),
  ];
}

/** Every rule of a repository's mutability. */
export function guardMutability(repository: {
  readonly imageTagMutability: string;
  readonly imageTagMutabilityExclusionFilters: readonly string[];
}): Found {
  const { imageTagMutability, imageTagMutabilityExclusionFilters: filters } = repository;
  return [
    ...must(
      MUTABILITIES.includes(imageTagMutability),
      '/imageTagMutability',
      'mutability',
      `One of ${MUTABILITIES.join(', ')}.`,
    ),
    ...must(
      filters.length <= 5 && filters.every((filter) => /^[0-9A-Za-z._*-]{1,128}$/.test(filter)),
      '/imageTagMutabilityExclusionFilters',
      'mutability',
      'At most five filters on tags.',
    ),
  ];
}

/** Every rule of a lifecycle policy. */
export function guardLifecycle(document: unknown): Found {
  return brokenRules(document).map(({ field, detail }) => ({ at: field, rule: 'lifecycle', detail }));
}

/** Exactly our own tags: the department's, ours, and the operation's. */
function guardTags(tags: Readonly<Record<string, string>>, department: string): Found {
  const known = [DEPARTMENT_TAG, MANAGED_BY_TAG, OPERATION_TAG];
  const isOurs =
    tags[DEPARTMENT_TAG] === department &&
    tags[MANAGED_BY_TAG] === MANAGED_BY &&
    Object.keys(tags).every((tag) => known.includes(tag));
  return must(isOurs, '/tags', 'owner', `The tags say that it is ${department}'s and ours, and nothing else.`);
}

function must(holds: boolean, at: string, rule: string, detail: string): Found {
  return holds ? [] : [{ at, rule, detail }];
}
