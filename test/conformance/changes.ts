/** The changes that the executor has carried out, made short for the checks. */
import { deepEqual, equal, fail, ok } from 'node:assert/strict';
import { applyChange } from '../../src/aws/apply.ts';
import { AwsFault } from '../../src/aws/fault.ts';
import { observeRepository, observeRole } from '../../src/aws/observe.ts';
import type { AwsCall } from '../../src/model/audit-event.ts';
import type { ErrorCode } from '../../src/model/error-code.ts';
import type { Change, ChangeAction, Json } from '../../src/model/plan.ts';
import type { RepositoryResource, RoleResource } from '../../src/plan/resources.ts';
import type { PolicyDocument } from '../../src/policy/document.ts';
import { ownershipTags } from '../../src/policy/tags.ts';
import type { AwsBench } from './aws-bench.ts';

export { deepEqual, equal, fail, ok };

/** A change as a plan has it; the direction is of no account to AWS. */
export function change(action: ChangeAction, resource: string, after: unknown = null, before: unknown = null): Change {
  return { action, resource, direction: 'neutral', before: before as Json, after: after as Json };
}

/** A repository that is to be made by an operation. */
export function repository(name: string, more: Partial<RepositoryResource> = {}): RepositoryResource {
  return {
    name,
    tags: ownershipTags('koa', 'operation-1'),
    imageTagMutability: 'MUTABLE',
    imageTagMutabilityExclusionFilters: [],
    scanOnPush: false,
    encryption: { encryptionType: 'AES256' },
    ...more,
  };
}

/** A push role that is to be made by an operation. */
export function role({ settings }: AwsBench, name: string, more: Partial<RoleResource> = {}): RoleResource {
  return {
    name,
    path: settings.rolePath,
    tags: ownershipTags('koa', 'operation-1'),
    boundaryArn: settings.boundaryArn,
    maxSessionSeconds: 3600,
    trustPolicy: trust(settings),
    inlinePolicies: {},
    ...more,
  };
}

/** Trusts branches of `acme/app`, by its number, in both forms of the subject, as we write it; or other conditions. */
export function trust(
  { accountId, oidcProvider }: AwsBench['settings'],
  condition?: Readonly<Record<string, unknown>>,
): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${accountId}:oidc-provider/${oidcProvider}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: (condition ?? {
          StringEquals: {
            [`${oidcProvider}:aud`]: 'sts.amazonaws.com',
            [`${oidcProvider}:repository_id`]: ['42', '43'],
          },
          StringLike: { [`${oidcProvider}:sub`]: ['repo:acme/*:ref:refs/heads/*', 'repo:acme@7/*:ref:refs/heads/*'] },
        }) as never,
      },
    ],
  };
}

/** A repository policy by which accounts or ARNs pull. */
export function pullPolicy(
  principals: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'EcpPull',
        Effect: 'Allow',
        Principal: { AWS: principals },
        Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        ...more,
      } as never,
    ],
  };
}

/** Carries a change out as the executor does. */
export async function apply(bench: AwsBench, one: Change, force = false): Promise<AwsCall> {
  try {
    return await bench.settled(() => applyChange(bench.clients, one, { force, mayBegin: () => undefined }));
  } catch (error) {
    if (!(error instanceof AwsFault)) throw error;
    return fail(`${one.action} on ${one.resource.slice(0, 80)} was not accepted: ${error.message}`);
  }
}

/** Carries a change out that AWS must refuse: for good (`definitive`), with our code. */
export async function refused(bench: AwsBench, one: Change, ...codes: readonly ErrorCode[]): Promise<AwsFault> {
  try {
    await applyChange(bench.clients, one, { force: false, mayBegin: () => undefined });
  } catch (error) {
    if (!(error instanceof AwsFault)) throw error;
    equal(error.kind, 'definitive', `${error.message} should be final`);
    ok(codes.includes(error.code), `${error.message} should mean ${codes.join(' or ')}, not ${error.code}`);
    equal(error.call.outcome, 'error');
    return error;
  }
  return fail(`${one.action} on ${one.resource.slice(0, 80)} was accepted`);
}

/** Carries a change out that may succeed later: what it is on is not there (yet). */
export async function notYet(bench: AwsBench, one: Change): Promise<void> {
  try {
    await applyChange(bench.clients, one, { force: false, mayBegin: () => undefined });
  } catch (error) {
    if (!(error instanceof AwsFault)) throw error;
    equal(error.kind, 'transient', `${error.message} may be a matter of time`);
    equal(error.code, 'aws-unavailable');
    return;
  }
  fail(`${one.action} on ${one.resource} was accepted`);
}

/** The repository as it stands, once it is seen. */
export function seenRepository(bench: AwsBench, name: string): Promise<RepositoryResource> {
  return bench.settled(async () => {
    const seen = await observeRepository(bench.clients, name);
    return seen ?? fail(`ECR shows no repository ${name}`);
  });
}

/** The role as it stands, once it is seen. */
export function seenRole(bench: AwsBench, name: string): Promise<RoleResource> {
  return bench.settled(async () => {
    const seen = await observeRole(bench.clients, name);
    return seen ?? fail(`IAM shows no role ${name}`);
  });
}

/** Makes a repository and gives its name. */
export async function madeRepository(bench: AwsBench, more: Partial<RepositoryResource> = {}): Promise<string> {
  const name = bench.repositoryName();
  await apply(bench, change('ecr:CreateRepository', name, repository(name, more)));
  return name;
}

/** Makes a role and gives its name. */
export async function madeRole(bench: AwsBench, more: Partial<RoleResource> = {}): Promise<string> {
  const name = bench.roleName();
  await apply(bench, change('iam:CreateRole', name, role(bench, name, more)));
  return name;
}
