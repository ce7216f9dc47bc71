import type { AccountAccess } from '../../model/account-access.ts';
import { isWanted } from '../../model/pending.ts';
import type { Grant } from '../../model/grant.ts';
import type { Encryption, ImageTagMutability, Repository } from '../../model/repository.ts';
import { registryHost, repositoryArn, roleArn, type AwsSettings } from '../../model/settings.ts';
import type { PushRole } from '../../model/push-role.ts';

/** Somebody who may push to a repository: a grant's workflows, or whomever an account's administrators let. */
export type PusherView =
  | {
      readonly kind: 'grant';
      readonly grant: string;
      readonly pushRoleArn: string;
      readonly organisation: string;
      readonly repository: string;
      readonly repositoryId: string | null;
      readonly refs: readonly string[] | null;
      readonly environment: string | null;
    }
  | { readonly kind: 'account'; readonly accountId: string; readonly description: string };

/** Somebody who may pull from a repository. */
export type PullerView =
  | { readonly kind: 'account'; readonly accountId: string; readonly description: string }
  | { readonly kind: 'aws-organisation'; readonly organisationId: string };

/** A repository as both APIs show it. */
export interface RepositoryView {
  readonly name: string;
  readonly department: string;
  readonly arn: string;
  /** The image URI without a tag, as docker uses it. */
  readonly uri: string;
  readonly imageTagMutability: ImageTagMutability;
  readonly imageTagMutabilityExclusionFilters: readonly string[];
  readonly scanOnPush: boolean;
  readonly lifecyclePolicy: unknown;
  readonly encryption: Encryption;
  readonly pushers: readonly PusherView[];
  readonly pullers: readonly PullerView[];
  /** Why the department's account access is not applied to it; then `pushers` and `pullers` are those of its policy. */
  readonly accountAccessRefusal: { readonly operation: string; readonly detail: string } | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly revision: number;
  readonly pendingOperation: string | null;
}

/** What is known of a department beside the repository: enough to say who pushes and who pulls. */
export interface RepositoryNeighbours {
  readonly access: AccountAccess;
  readonly grants: readonly Grant[];
  readonly roles: readonly PushRole[];
}

export function repositoryView(
  repository: Repository,
  neighbours: RepositoryNeighbours,
  settings: AwsSettings,
): RepositoryView {
  return {
    name: repository.name,
    department: repository.department,
    arn: repositoryArn(settings, repository.name),
    uri: `${registryHost(settings)}/${repository.name}`,
    imageTagMutability: repository.imageTagMutability,
    imageTagMutabilityExclusionFilters: repository.imageTagMutabilityExclusionFilters,
    scanOnPush: repository.scanOnPush,
    lifecyclePolicy: repository.lifecyclePolicy === undefined ? null : JSON.parse(repository.lifecyclePolicy),
    encryption: repository.encryption,
    pushers: pushers(repository, neighbours, settings),
    pullers: pullers(accessOf(repository, neighbours), settings),
    accountAccessRefusal: refusalOf(repository),
    createdAt: repository.createdAt,
    updatedAt: repository.updatedAt,
    revision: repository.revision,
    pendingOperation: repository.pending?.operation ?? null,
  };
}

/** The account access that a repository's policy has: the department's, or where that could not be applied, another. */
function accessOf({ accessInPlace }: Repository, { access }: Pick<RepositoryNeighbours, 'access'>) {
  return accessInPlace ?? access;
}

function refusalOf({ accessInPlace }: Repository): RepositoryView['accountAccessRefusal'] {
  if (accessInPlace === undefined) return null;
  const { operation, detail } = accessInPlace;
  return { operation, detail };
}

function pushers(
  repository: Repository,
  { access, grants, roles }: RepositoryNeighbours,
  settings: AwsSettings,
): PusherView[] {
  const covering = grants.filter(
    (grant) => isWanted(grant) && (grant.repositories === undefined || grant.repositories.includes(repository.name)),
  );
  const byGrant = covering.map((grant): PusherView => {
    const path = roles.find((role) => role.name === grant.pushRole)?.path ?? settings.rolePath;
    return {
      kind: 'grant',
      grant: grant.id,
      pushRoleArn: roleArn(settings, path, grant.pushRole),
      organisation: grant.organisation,
      repository: grant.repository,
      repositoryId: grant.repositoryId ?? null,
      refs: grant.refs ?? null,
      environment: grant.environment ?? null,
    };
  });
  const writers = accessOf(repository, { access }).accounts.filter((account) => account.canWrite);
  return [...byGrant, ...writers.map(accountView)];
}

function pullers(access: Pick<AccountAccess, 'accounts' | 'organisationPull'>, settings: AwsSettings): PullerView[] {
  const accounts: PullerView[] = access.accounts.map(accountView);
  if (!access.organisationPull || settings.organisationId === undefined) return accounts;
  return [...accounts, { kind: 'aws-organisation', organisationId: settings.organisationId }];
}

function accountView({ accountId, description }: { accountId: string; description: string }) {
  return { kind: 'account', accountId, description } as const;
}
