import {
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { AwsCall } from '../model/audit-event.ts';
import type { Change } from '../model/plan.ts';
import { inlinePolicyIn, repositoryIn, roleIn } from '../plan/content.ts';
import type { RepositoryResource, RoleResource } from '../plan/resources.ts';
import { digest } from '../policy/canonical.ts';
import { OPERATION_TAG } from '../policy/tags.ts';
import type { AwsClients } from './clients.ts';
import { AwsFault, faultOf, isFromOutside, nameOf, saidBy } from './fault.ts';
import { observeRepository, observeRole } from './observe.ts';

/** What an application of a change may do beyond the change itself. */
export interface ApplyOptions {
  /** Delete a repository with the images that it holds. */
  readonly force: boolean;
  /** Asked before each request, repeats by the SDK included; throws when none may be sent any more. */
  readonly mayBegin: () => void;
}

const UNSEEN =
  'AWS says that the name is taken, and shows nothing of that name: it is new, or written in another case. Choose another name if this stays.';

/**
 * Carries one change of a plan out.
 * @returns the call, as the audit trail keeps it
 * @throws AwsFault; what is a fault of ours as it is
 */
export async function applyChange(clients: AwsClients, change: Change, options: ApplyOptions): Promise<AwsCall> {
  const started = performance.now();
  const call = (outcome: AwsCall['outcome'], more: Partial<AwsCall>): AwsCall => ({
    action: change.action,
    resource: change.resource,
    outcome,
    durationMs: Math.round(performance.now() - started),
    ...(change.after === null ? {} : { digest: digest(change.after) }),
    ...more,
  });
  const fence = fenceOf(options);
  try {
    const { $metadata } = await send(fenced(clients, fence), change, options);
    return call('ok', requestIdOf($metadata));
  } catch (error) {
    if (fence.stopped !== undefined) throw fence.stopped;
    if (!isFromOutside(error)) throw error;
    const made = call('error', { error: nameOf(error), detail: saidBy(error), ...requestIdOf(metadataOf(error)) });
    switch (await whatIsThere(clients, change, error)) {
      case 'done':
        return call('ok', requestIdOf(metadataOf(error)));
      case 'unseen':
        throw new AwsFault(
          'transient',
          'aws-unavailable',
          `${change.action} on ${change.resource}: ${nameOf(error)}: ${UNSEEN}`,
          made,
        );
      case 'not done':
        throw faultOf(error, made);
    }
  }
}

/** What lets requests through, and what it threw when it did not. */
interface Fence {
  readonly check: () => void;
  stopped: Error | undefined;
}

function fenceOf({ mayBegin }: ApplyOptions): Fence {
  const fence: Fence = {
    stopped: undefined,
    check: () => {
      try {
        mayBegin();
      } catch (error) {
        fence.stopped = error as Error;
        throw error;
      }
    },
  };
  return fence;
}

/** The clients with a fence as the last thing before a request is sent: after the SDK's own waiting, and before each repeat. */
function fenced({ ecr, iam }: AwsClients, { check }: Fence): AwsClients {
  // It can nothing but send, which is all that is asked of it.
  const behind = <Client extends Fenceable>(client: Client): Client =>
    ({
      send: (command: Parameters<Client['send']>[0]) => {
        (command as { readonly middlewareStack: FinalizeStack }).middlewareStack.add(
          (next) => (args) => {
            check();
            return next(args);
          },
          { step: 'finalizeRequest', priority: 'low' },
        );
        return client.send(command);
      },
    }) as unknown as Client;
  return { ecr: behind(ecr), iam: behind(iam) };
}

interface Fenceable {
  // The overloads of the SDK's clients are wider than any one signature.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly send: (command: any) => unknown;
}

interface FinalizeStack {
  readonly add: (
    middleware: (next: (args: unknown) => unknown) => (args: unknown) => unknown,
    options: { readonly step: 'finalizeRequest'; readonly priority: 'low' },
  ) => void;
}

function send({ ecr, iam }: AwsClients, { action, resource, before, after }: Change, { force }: ApplyOptions) {
  const repositoryName = resource;
  const RoleName = resource;
  switch (action) {
    case 'ecr:CreateRepository':
      return ecr.send(createRepository(repositoryIn(after)));
    case 'ecr:DeleteRepository':
      return ecr.send(new DeleteRepositoryCommand({ repositoryName, force }));
    case 'ecr:SetRepositoryPolicy':
      return ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: JSON.stringify(after) }));
    case 'ecr:DeleteRepositoryPolicy':
      return ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }));
    case 'ecr:PutLifecyclePolicy':
      return ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: JSON.stringify(after) }));
    case 'ecr:DeleteLifecyclePolicy':
      return ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
    case 'ecr:PutImageTagMutability':
      return ecr.send(new PutImageTagMutabilityCommand({ repositoryName, ...mutability(repositoryIn(after)) }));
    case 'ecr:PutImageScanningConfiguration': {
      const { scanOnPush } = repositoryIn(after);
      return ecr.send(
        new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration: { scanOnPush } }),
      );
    }
    case 'iam:CreateRole':
      return iam.send(createRole(roleIn(after)));
    case 'iam:UpdateAssumeRolePolicy':
      return iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: JSON.stringify(after) }));
    case 'iam:PutRolePolicy': {
      const { policyName, document } = inlinePolicyIn(after);
      return iam.send(
        new PutRolePolicyCommand({ RoleName, PolicyName: policyName, PolicyDocument: JSON.stringify(document) }),
      );
    }
    case 'iam:DeleteRolePolicy':
      return iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: inlinePolicyIn(before).policyName }));
    case 'iam:DeleteRole':
      return iam.send(new DeleteRoleCommand({ RoleName }));
  }
}

function createRepository(repository: RepositoryResource): CreateRepositoryCommand {
  return new CreateRepositoryCommand({
    repositoryName: repository.name,
    ...mutability(repository),
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: repository.encryption,
    tags: tagList(repository.tags),
  });
}

function mutability({ imageTagMutability, imageTagMutabilityExclusionFilters: filters }: RepositoryResource) {
  if (filters.length === 0) return { imageTagMutability };
  return {
    imageTagMutability,
    imageTagMutabilityExclusionFilters: filters.map((filter) => ({ filterType: 'WILDCARD', filter }) as const),
  };
}

function createRole(role: RoleResource): CreateRoleCommand {
  return new CreateRoleCommand({
    RoleName: role.name,
    Path: role.path,
    AssumeRolePolicyDocument: JSON.stringify(role.trustPolicy),
    PermissionsBoundary: role.boundaryArn,
    MaxSessionDuration: role.maxSessionSeconds,
    Description:
      'Assumed by GitHub Actions workflows to push images. Managed by the ECR control plane; change it there.',
    Tags: tagList(role.tags),
  });
}

function tagList(tags: Readonly<Record<string, string>>) {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/**
 * An earlier attempt may have had its effect without our learning of it: a creation that finds its own operation's tag
 * is done, and so is a deletion that finds nothing. `unseen`: it exists, but reads do not show it yet, as they may for
 * some seconds after a creation; whose it is will be known later.
 */
async function whatIsThere(
  clients: AwsClients,
  { action, resource, after }: Change,
  error: unknown,
): Promise<'done' | 'not done' | 'unseen'> {
  const name = nameOf(error).replace(/Exception$/, '');
  const gone = (missing: string) => (name === missing ? 'done' : 'not done');
  switch (action) {
    case 'ecr:CreateRepository':
      if (name !== 'RepositoryAlreadyExists') return 'not done';
      return whose(repositoryIn(after).tags, await observeRepository(clients, resource));
    case 'iam:CreateRole':
      if (name !== 'EntityAlreadyExists') return 'not done';
      return whose(roleIn(after).tags, await observeRole(clients, resource));
    case 'ecr:DeleteRepository':
      return gone('RepositoryNotFound');
    case 'ecr:DeleteRepositoryPolicy':
      return gone('RepositoryPolicyNotFound');
    case 'ecr:DeleteLifecyclePolicy':
      return gone('LifecyclePolicyNotFound');
    case 'iam:DeleteRole':
    case 'iam:DeleteRolePolicy':
      return gone('NoSuchEntity');
    case 'ecr:SetRepositoryPolicy':
    case 'ecr:PutLifecyclePolicy':
    case 'ecr:PutImageTagMutability':
    case 'ecr:PutImageScanningConfiguration':
    case 'iam:UpdateAssumeRolePolicy':
    case 'iam:PutRolePolicy':
      return 'not done';
  }
}

function whose(
  { [OPERATION_TAG]: own }: Readonly<Record<string, string>>,
  found: { readonly tags: Readonly<Record<string, string>> } | undefined,
): 'done' | 'not done' | 'unseen' {
  if (found === undefined) return 'unseen';
  return own !== undefined && found.tags[OPERATION_TAG] === own ? 'done' : 'not done';
}

function requestIdOf(metadata: { readonly requestId?: string | undefined } | undefined): Partial<AwsCall> {
  return metadata?.requestId === undefined ? {} : { awsRequestId: metadata.requestId };
}

function metadataOf(error: unknown): { readonly requestId?: string } | undefined {
  return (error as { readonly $metadata?: { readonly requestId?: string } }).$metadata;
}
