import type { AccessAccount, AccountAccess } from '../../model/account-access.ts';
import type { Grant } from '../../model/grant.ts';
import type { AccountId, GrantId } from '../../model/ids.ts';
import { isWanted } from '../../model/pending.ts';
import type { PushRole } from '../../model/push-role.ts';
import type { Repository } from '../../model/repository.ts';
import { roleArn, type AwsSettings } from '../../model/settings.ts';

/** Somebody who may push to a repository: a grant's workflows, or whomever an account's administrators let. */
export type PusherView =
  | {
      readonly kind: 'grant';
      readonly grant: GrantId;
      readonly pushRoleArn: string;
      readonly organisation: string;
      readonly repository: string;
      readonly repositoryId: string | null;
      readonly refs: readonly string[] | null;
      readonly environment: string | null;
    }
  | AccountPrincipalView;

/** Somebody who may pull from a repository. */
export type PullerView = AccountPrincipalView | { readonly kind: 'aws-organisation'; readonly organisationId: string };

/** An AWS account whose administrators decide who in it may. */
export interface AccountPrincipalView {
  readonly kind: 'account';
  readonly accountId: AccountId;
  readonly description: string;
}

/** What is known of a department beside the repository: enough to say who pushes and who pulls. */
export interface RepositoryNeighbours {
  readonly access: AccountAccess;
  readonly grants: readonly Grant[];
  readonly roles: readonly PushRole[];
}

/** Who may push to a repository. */
export function pushersOf(
  repository: Repository,
  { access, grants, roles }: RepositoryNeighbours,
  settings: AwsSettings,
): readonly PusherView[] {
  const paths = new Map(roles.map(({ name, path }) => [name, path]));
  const covering = grants.filter((grant) => isWanted(grant) && covers(grant, repository));
  const byGrant = covering.map(
    (grant): PusherView => ({
      kind: 'grant',
      grant: grant.id,
      pushRoleArn: roleArn(settings, paths.get(grant.pushRole) ?? settings.rolePath, grant.pushRole),
      organisation: grant.organisation,
      repository: grant.repository,
      repositoryId: grant.repositoryId ?? null,
      refs: grant.refs ?? null,
      environment: grant.environment ?? null,
    }),
  );
  return [...writersOf(repository, { access }).map(accountView), ...byGrant];
}

function covers({ repositories }: Grant, { name }: Repository): boolean {
  return repositories === undefined || repositories.includes(name);
}

/** Counts who may push to each of a department's repositories; its grants are looked through once for all of them. */
export function pusherCounter({ access, grants }: RepositoryNeighbours): (repository: Repository) => number {
  const named = new Map<string, number>();
  let toAll = 0;
  for (const { repositories } of grants.filter(isWanted)) {
    if (repositories === undefined) toAll += 1;
    else for (const name of new Set(repositories)) named.set(name, (named.get(name) ?? 0) + 1);
  }
  return (repository) => toAll + (named.get(repository.name) ?? 0) + writersOf(repository, { access }).length;
}

/** Who may pull from a repository. */
export function pullersOf(
  repository: Repository,
  neighbours: Pick<RepositoryNeighbours, 'access'>,
  settings: AwsSettings,
): readonly PullerView[] {
  const { accounts, organisationPull } = accessOf(repository, neighbours);
  const byAccount: PullerView[] = accounts.map(accountView);
  if (!organisationPull || settings.organisationId === undefined) return byAccount;
  return [...byAccount, { kind: 'aws-organisation', organisationId: settings.organisationId }];
}

function writersOf(repository: Repository, neighbours: Pick<RepositoryNeighbours, 'access'>) {
  return accessOf(repository, neighbours).accounts.filter((account) => account.canWrite);
}

/** The account access that a repository's policy has: the department's, or where that could not be applied, another. */
function accessOf({ accessInPlace }: Repository, { access }: Pick<RepositoryNeighbours, 'access'>) {
  return accessInPlace ?? access;
}

function accountView({ accountId, description }: AccessAccount): AccountPrincipalView {
  return { kind: 'account', accountId, description };
}
