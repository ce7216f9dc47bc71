import type { AccessAccount, AccountAccess } from '../model/account-access.ts';
import { isAccountId } from '../model/ids.ts';
import type { AwsSettings } from '../model/settings.ts';
import { PULL_ACTIONS, PUSH_ACTIONS } from './actions.ts';
import { oneOrMany, sortedSet } from './canonical.ts';
import { listOf, type PolicyDocument, type Statement } from './document.ts';

/** `Sid`s of the statements that we own on a repository: all that start with {@link OWN_SID_PREFIX}. */
export const REPOSITORY_SIDS = { pull: 'EcpPull', push: 'EcpPush', organisation: 'EcpOrganisation' } as const;

/** A statement whose `Sid` starts so is ours; any other is foreign and kept. */
const OWN_SID_PREFIX = 'Ecp';

/** The part of the account access that decides a repository's policy. */
export type PullAccess = Pick<AccountAccess, 'accounts' | 'organisationPull'>;

/** Quota of a repository policy, in characters: https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html */
export const REPOSITORY_POLICY_SIZE = 10_240;

/**
 * The policy of each of a department's repositories: who may pull, and which accounts may push.
 * @param foreign the policy that stands on the repository; its statements that are not ours are kept, in their order,
 *   and with them its version and id, on which their meaning hangs.
 * @returns `undefined` when no statement remains: then the repository has no policy.
 */
export function repositoryPolicy(
  access: PullAccess,
  settings: AwsSettings,
  foreign?: PolicyDocument,
): PolicyDocument | undefined {
  return joinForeign(ownStatements(access, settings), foreign);
}

/** The account access that the statements of ours on a repository give. What they do not say, such as a description, is empty. */
export function accessGivenBy(document: PolicyDocument | undefined): PullAccess {
  const own = (document?.Statement ?? []).filter((statement) => isOwn(statement) && statement.Effect === 'Allow');
  const accountsOf = (sid: string, canWrite: boolean): readonly AccessAccount[] =>
    own
      .filter((statement) => statement.Sid === sid)
      .flatMap(({ Principal: principal }) =>
        principal === undefined || principal === '*' ? [] : listOf(principal.AWS),
      )
      .map((arn) => arn.split(':')[4] ?? '')
      .filter(isAccountId)
      .map((accountId) => ({ description: '', accountId, canWrite }));
  return {
    accounts: [...accountsOf(REPOSITORY_SIDS.pull, false), ...accountsOf(REPOSITORY_SIDS.push, true)],
    organisationPull: own.some((statement) => statement.Sid === REPOSITORY_SIDS.organisation),
  };
}

/** The statements of a document that are not ours, in their order. */
export function foreignStatements(document: PolicyDocument | undefined): readonly Statement[] {
  return (document?.Statement ?? []).filter((statement) => !isOwn(statement));
}

/** A desired policy with the foreign statements of the observed one in place of its own. */
export function keepForeign(
  desired: PolicyDocument | undefined,
  observed: PolicyDocument | undefined,
): PolicyDocument | undefined {
  return joinForeign((desired?.Statement ?? []).filter(isOwn), observed);
}

/** Whether a statement of a repository policy is ours. */
export function isOwn(statement: Statement): boolean {
  return statement.Sid?.startsWith(OWN_SID_PREFIX) ?? false;
}

function joinForeign(own: readonly Statement[], foreign: PolicyDocument | undefined): PolicyDocument | undefined {
  const kept = foreignStatements(foreign);
  if (own.length + kept.length === 0) return undefined;
  if (foreign === undefined || kept.length === 0) return { Version: '2012-10-17', Statement: own };
  return {
    Version: foreign.Version,
    ...(foreign.Id === undefined ? {} : { Id: foreign.Id }),
    Statement: [...own, ...kept],
  };
}

function ownStatements(access: PullAccess, settings: AwsSettings): readonly Statement[] {
  const pushers = access.accounts.filter((account) => account.canWrite);
  const pushing = new Set(pushers.map((account) => account.accountId));
  const pullers = access.accounts.filter((account) => !pushing.has(account.accountId));
  return [
    ...accountStatement(REPOSITORY_SIDS.pull, pullers, PULL_ACTIONS, settings),
    ...accountStatement(REPOSITORY_SIDS.push, pushers, PUSH_ACTIONS, settings),
    ...(access.organisationPull ? organisationStatement(settings) : []),
  ];
}

function accountStatement(
  sid: string,
  accounts: readonly AccessAccount[],
  actions: readonly string[],
  settings: AwsSettings,
): readonly Statement[] {
  if (accounts.length === 0) return [];
  const roots = sortedSet(accounts.map((account) => accountRootArn(account.accountId, settings)));
  return [{ Sid: sid, Effect: 'Allow', Principal: { AWS: oneOrMany(roots) }, Action: actions }];
}

/** Everyone, but only together with the AWS organisation of the configuration; nobody when there is none. */
function organisationStatement(settings: AwsSettings): readonly Statement[] {
  if (settings.organisationId === undefined) return [];
  return [
    {
      Sid: REPOSITORY_SIDS.organisation,
      Effect: 'Allow',
      Principal: '*',
      Action: PULL_ACTIONS,
      Condition: { StringEquals: { 'aws:PrincipalOrgID': settings.organisationId } },
    },
  ];
}

/** ARN of an account's root, which in a policy stands for whomever that account lets. */
export function accountRootArn(accountId: string, settings: Pick<AwsSettings, 'partition'>): string {
  return `arn:${settings.partition}:iam::${accountId}:root`;
}
