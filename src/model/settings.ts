import type { AccountId } from './ids.ts';
import { dnsSuffixOf, type PartitionId } from './partitions.ts';

/** What the documents written into AWS need to know of the deployment; nothing of it is a constant in the code. */
export interface AwsSettings {
  /** The shared account that holds the registry. */
  readonly accountId: AccountId;
  readonly region: string;
  /** The first part of every ARN; the region lies in it. */
  readonly partition: PartitionId;
  /** Path of the push roles, with both slashes. */
  readonly rolePath: string;
  /** ARN of the permissions boundary that every push role carries. */
  readonly boundaryArn: string;
  /**
   * GitHub's issuer without its scheme, with its path: the name of the account's OIDC provider and the prefix of its
   * condition keys, such as `token.actions.githubusercontent.com`.
   */
  readonly oidcProvider: string;
  /** The audience that workflows ask STS with; `sts.amazonaws.com` unless configured otherwise. */
  readonly stsAudience: string;
  /** The AWS organisation, for `aws:PrincipalOrgID`; without it `organisationPull` is refused. */
  readonly organisationId?: string;
  /** GitHub claims that STS offers as condition keys here; each can be switched off. */
  readonly stsKeys: { readonly repositoryId: boolean; readonly ref: boolean };
  /** Quota of a trust policy, in characters without whitespace; 2,048 unless the account says otherwise. */
  readonly trustPolicySize: number;
}

/** ARN of the account's provider for GitHub's OIDC tokens. */
export function oidcProviderArn(settings: AwsSettings): string {
  return `arn:${settings.partition}:iam::${settings.accountId}:oidc-provider/${settings.oidcProvider}`;
}

/** ARN of a push role. */
export function roleArn(settings: AwsSettings, path: string, name: string): string {
  return `arn:${settings.partition}:iam::${settings.accountId}:role${path}${name}`;
}

/** ARN of an ECR repository; `*` for all of the registry. */
export function repositoryArn(settings: AwsSettings, name: string): string {
  return `arn:${settings.partition}:ecr:${settings.region}:${settings.accountId}:repository/${name}`;
}

/** Host name of the registry, as docker uses it. */
export function registryHost(settings: AwsSettings): string {
  return `${settings.accountId}.dkr.ecr.${settings.region}.${dnsSuffixOf(settings.partition)}`;
}
