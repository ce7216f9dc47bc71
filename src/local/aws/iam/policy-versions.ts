import type {
  CreatePolicyVersionRequest,
  CreatePolicyVersionResponse,
  DeletePolicyVersionRequest,
  GetPolicyVersionRequest,
  GetPolicyVersionResponse,
  ListPolicyVersionsRequest,
  ListPolicyVersionsResponse,
  PolicyVersion as VersionAnswer,
  SetDefaultPolicyVersionRequest,
} from '@aws-sdk/client-iam';
import type { Call } from '../account.ts';
import type { ManagedPolicy, PolicyVersion } from '../entities.ts';
import { AwsFault, iamFault } from '../fault.ts';
import { pageOf, readToken } from '../paging.ts';
import { findOwnPolicy, findPolicy, keepPolicy } from './find-policy.ts';
import { checkDocument } from './policy-document.ts';

/** Versions that a policy keeps: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_VERSIONS = 5;

type Versions = NonNullable<ManagedPolicy['versions']>;

/** A policy's versions, of which one applies. */
export function versionsOf({ versions, document, createdAt }: ManagedPolicy): Versions {
  return versions ?? { all: [{ number: 1, document, createdAt }], default: 1, last: 1, updatedAt: createdAt };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html */
export function createPolicyVersion({ account }: Call, input: CreatePolicyVersionRequest): CreatePolicyVersionResponse {
  const policy = findOwnPolicy(account, input.PolicyArn);
  const { PolicyDocument: document = '', SetAsDefault: isDefault = false } = input;
  checkDocument(document);
  const versions = versionsOf(policy);
  if (versions.all.length >= MAX_VERSIONS) {
    throw iamFault(
      'LimitExceededException',
      `A managed policy can have up to ${MAX_VERSIONS} versions. Before you create a new version, you must delete an existing version.`,
    );
  }
  const createdAt = account.now().toISOString();
  const version: PolicyVersion = { number: versions.last + 1, document, createdAt };
  const fresh: Versions = {
    all: [...versions.all, version],
    default: isDefault ? version.number : versions.default,
    last: version.number,
    updatedAt: createdAt,
  };
  keepPolicy(account, withVersions(policy, fresh));
  return { PolicyVersion: answerOf(fresh, version) };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html */
export function getPolicyVersion({ account }: Call, input: GetPolicyVersionRequest): GetPolicyVersionResponse {
  const policy = findPolicy(account, input.PolicyArn);
  const version = findVersion(policy, input.VersionId);
  return {
    PolicyVersion: { Document: encodeURIComponent(version.document), ...answerOf(versionsOf(policy), version) },
  };
}

/** The newest is first. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html */
export function listPolicyVersions({ account }: Call, input: ListPolicyVersionsRequest): ListPolicyVersionsResponse {
  const versions = versionsOf(findPolicy(account, input.PolicyArn));
  const after = readToken(input.Marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const newestFirst = versions.all.toReversed().map((version, index) => ({ version, key: String(index) }));
  const { items, next } = pageOf(newestFirst, ({ key }) => key, after, input.MaxItems ?? 100);
  return {
    Versions: items.map(({ version }) => answerOf(versions, version)),
    IsTruncated: next !== undefined,
    Marker: next,
  };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html */
export function setDefaultPolicyVersion({ account }: Call, input: SetDefaultPolicyVersionRequest): object {
  const policy = findOwnPolicy(account, input.PolicyArn);
  const { number } = findVersion(policy, input.VersionId);
  const updatedAt = account.now().toISOString();
  keepPolicy(account, withVersions(policy, { ...versionsOf(policy), default: number, updatedAt }));
  return {};
}

/** The version that applies cannot be deleted. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html */
export function deletePolicyVersion({ account }: Call, input: DeletePolicyVersionRequest): object {
  const policy = findOwnPolicy(account, input.PolicyArn);
  const { number } = findVersion(policy, input.VersionId);
  const versions = versionsOf(policy);
  if (number === versions.default)
    throw iamFault('DeleteConflictException', 'Cannot delete the default version of a policy.');
  const all = versions.all.filter((other) => other.number !== number);
  keepPolicy(account, withVersions(policy, { ...versions, all, updatedAt: account.now().toISOString() }));
  return {};
}

function withVersions(policy: ManagedPolicy, versions: Versions): ManagedPolicy {
  const applies = versions.all.find(({ number }) => number === versions.default);
  return { ...policy, document: applies?.document ?? policy.document, versions };
}

function findVersion(policy: ManagedPolicy, id: string | undefined): PolicyVersion {
  const version = versionsOf(policy).all.find(({ number }) => `v${number}` === id);
  if (version !== undefined) return version;
  throw iamFault('NoSuchEntityException', `Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
}

function answerOf(versions: Versions, { number, createdAt }: PolicyVersion): VersionAnswer {
  return { VersionId: `v${number}`, IsDefaultVersion: number === versions.default, CreateDate: new Date(createdAt) };
}
