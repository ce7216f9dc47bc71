import type { PolicyDocument } from '../../policy/document.ts';
import type { ConditionContext } from '../../policy/evaluate.ts';
import type { Account } from './account.ts';
import { repositoryNameOf } from './ecr/repository-tags.ts';
import type { Tags } from './entities.ts';
import { iamArn, repositoryArn, roleArn } from './identifiers.ts';
import { policyWithArn } from './iam/find-policy.ts';
import { providerArn } from './iam/providers.ts';
import type { ServiceName } from './actions.ts';
import { keptPolicy } from './policy-syntax.ts';

/** One thing that a request needs to be allowed. */
export interface Permission {
  readonly action: string;
  readonly resource: string;
  readonly resourcePolicy?: PolicyDocument;
  readonly registryPolicy?: PolicyDocument;
  /** Account that holds the resource; absent for actions on none. */
  readonly resourceAccountId?: string;
  readonly context: ConditionContext;
}

/** The members of requests that decide what is acted upon. */
interface Addressing {
  readonly registryId?: string;
  readonly repositoryName?: string;
  readonly repositoryNames?: readonly string[];
  readonly resourceArn?: string;
  readonly tags?: readonly { readonly Key: string; readonly Value: string }[];
  readonly tagKeys?: readonly string[];
  readonly RoleName?: string;
  readonly RoleArn?: string;
  readonly RoleSessionName?: string;
  readonly ExternalId?: string;
  readonly SourceIdentity?: string;
  readonly InstanceProfileName?: string;
  readonly UserName?: string;
  readonly Path?: string;
  readonly PathPrefix?: string;
  readonly PermissionsBoundary?: string;
  readonly PolicyName?: string;
  readonly PolicyArn?: string;
  readonly PolicySourceArn?: string;
  readonly Url?: string;
  readonly OpenIDConnectProviderArn?: string;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
  readonly TagKeys?: readonly string[];
}

/**
 * What an operation needs: its action on each resource that it names, with that resource's policy and condition keys. Asking STS who one is needs
 * nothing; a web identity is decided upon by the role's trust policy alone.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 */
export function permissionsFor(
  account: Account,
  service: ServiceName,
  operation: string,
  input: Addressing,
): readonly Permission[] {
  if (service === 'sts') return operation === 'AssumeRole' ? assumption(account, input) : [];
  return service === 'ecr' ? ecrPermissions(account, operation, input) : iamPermissions(account, operation, input);
}

/** What a session is marked with needs an action of its own. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html */
function assumption(account: Account, input: Addressing): readonly Permission[] {
  const { RoleArn: resource = '', RoleSessionName: sessionName = '', ExternalId, SourceIdentity, Tags = [] } = input;
  const role = account.store.list('role').find(({ arn }) => arn === resource);
  const resourceAccountId = resource.split(':')[4] ?? '';
  const actions = [
    'sts:AssumeRole',
    ...(Tags.length === 0 ? [] : ['sts:TagSession']),
    ...(SourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ];
  return actions.map((action) => ({
    action,
    resource,
    resourceAccountId,
    ...(role === undefined ? {} : { resourcePolicy: keptPolicy(role.trustPolicy, 'trust') }),
    context: {
      'aws:ResourceAccount': resourceAccountId,
      'sts:RoleSessionName': sessionName,
      ...(ExternalId === undefined ? {} : { 'sts:ExternalId': ExternalId }),
      ...(SourceIdentity === undefined ? {} : { 'sts:SourceIdentity': SourceIdentity }),
      ...tagContext(['aws:ResourceTag/', 'iam:ResourceTag/'], role?.tags ?? {}),
      ...requestTags(Tags, undefined),
    },
  }));
}

function ecrPermissions(account: Account, operation: string, input: Addressing): readonly Permission[] {
  const action = `ecr:${operation}`;
  if (operation === 'GetAuthorizationToken') return [{ action, resource: '*', context: {} }];
  if (OF_REGISTRY.test(operation)) return [onRegistry(account, action, input.registryId ?? account.id)];
  const request = requestTags(input.tags, input.tagKeys);
  const permissions = namedRepositories(account, input).map((name) =>
    onRepository(account, action, { registryId: account.id, ...input, repositoryName: name }, request),
  );
  const alsoTags = operation === 'CreateRepository' && (input.tags?.length ?? 0) > 0;
  return alsoTags
    ? [...permissions, ...permissions.map((one) => ({ ...one, action: 'ecr:TagResource' }))]
    : permissions;
}

/** Operations on the settings of a registry, which IAM knows no resource for. */
const OF_REGISTRY =
  /RegistryPolicy$|^DescribeRegistry$|ReplicationConfiguration$|RegistryScanningConfiguration$|PullThroughCacheRules?$|CreationTemplates?$/;

function onRegistry(account: Account, action: string, registryId: string): Permission {
  return {
    action,
    resource: '*',
    resourceAccountId: registryId,
    ...registryPolicyOf(account, registryId),
    context: { 'aws:ResourceAccount': registryId },
  };
}

/** A registry's policy, which each request on the registry is held to besides the repository's own. */
function registryPolicyOf(account: Account, registryId: string): Pick<Permission, 'registryPolicy'> {
  const policyText = registryId === account.id ? account.store.get('registry', registryId)?.policyText : undefined;
  return policyText === undefined ? {} : { registryPolicy: keptPolicy(policyText, 'registry') };
}

function namedRepositories(account: Account, input: Addressing): readonly string[] {
  if (input.resourceArn !== undefined) return [repositoryNameOf(account, input.resourceArn) ?? '*'];
  return input.repositoryNames ?? [input.repositoryName ?? '*'];
}

function onRepository(
  account: Account,
  action: string,
  { registryId, repositoryName }: { readonly registryId: string; readonly repositoryName: string },
  request: ConditionContext,
): Permission {
  const repository = registryId === account.id ? account.store.get('repository', repositoryName) : undefined;
  const policyText = repository?.policyText;
  return {
    action,
    resource: repositoryArn(account, repositoryName, registryId),
    resourceAccountId: registryId,
    ...(policyText === undefined ? {} : { resourcePolicy: keptPolicy(policyText, 'repository') }),
    ...registryPolicyOf(account, registryId),
    context: {
      'aws:ResourceAccount': registryId,
      ...tagContext(['aws:ResourceTag/', 'ecr:ResourceTag/'], repository?.tags ?? {}),
      ...request,
    },
  };
}

/** A role that goes to a machine must be passed on, too. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html */
function iamPermissions(account: Account, operation: string, input: Addressing): readonly Permission[] {
  const { InstanceProfileName: _profile, ...ofRole } = input;
  if (operation !== 'AddRoleToInstanceProfile') return [iamPermission(account, operation, input)];
  const passed = iamPermission(account, 'PassRole', ofRole);
  const { RoleName: _role, ...ofProfile } = input;
  return [
    iamPermission(account, operation, ofProfile),
    { ...passed, context: { ...passed.context, 'iam:PassedToService': 'ec2.amazonaws.com' } },
  ];
}

function iamPermission(account: Account, operation: string, input: Addressing): Permission {
  const role = input.RoleName === undefined ? undefined : account.store.get('role', input.RoleName.toLowerCase());
  const user = account.store.get('user', input.UserName?.toLowerCase() ?? '');
  const boundary = input.PermissionsBoundary ?? (role ?? user)?.boundaryArn;
  const policy = input.RoleName === undefined ? policyWithArn(account, input.PolicyArn ?? '') : undefined;
  const profile = account.store.get('instanceProfile', input.InstanceProfileName?.toLowerCase() ?? '');
  const provider = account.store.get('provider', input.OpenIDConnectProviderArn ?? '');
  return {
    action: `iam:${operation}`,
    resource: iamResource(account, operation, input, role?.arn),
    resourceAccountId: account.id,
    context: {
      'aws:ResourceAccount': account.id,
      ...(boundary === undefined ? {} : { 'iam:PermissionsBoundary': boundary }),
      ...(/^(?:At|De)tachRolePolicy$/.test(operation) ? { 'iam:PolicyARN': input.PolicyArn ?? '' } : {}),
      ...tagContext(
        ['aws:ResourceTag/', 'iam:ResourceTag/'],
        (profile ?? role ?? user ?? policy ?? provider)?.tags ?? {},
      ),
      ...requestTags(input.Tags, input.TagKeys),
    },
  };
}

function iamResource(account: Account, operation: string, input: Addressing, ofRole: string | undefined): string {
  if (input.InstanceProfileName !== undefined) return profileArn(account, input.InstanceProfileName, input.Path);
  if (input.RoleName !== undefined) return ofRole ?? roleArn(account, input.Path ?? '/', input.RoleName);
  if (input.UserName !== undefined)
    return (
      account.store.get('user', input.UserName.toLowerCase())?.arn ??
      iamArn(account, `user${input.Path ?? '/'}${input.UserName}`)
    );
  if (operation === 'ListUsers') return iamArn(account, `user${input.PathPrefix ?? '/'}`);
  if (operation === 'ListRoles') return roleArn(account, input.PathPrefix ?? '/', '');
  if (input.PolicyName !== undefined) return iamArn(account, `policy${input.Path ?? '/'}${input.PolicyName}`);
  if (input.Url !== undefined) return providerArn(account, input.Url.replace(/^https:\/\//, ''));
  return input.PolicyArn ?? input.PolicySourceArn ?? input.OpenIDConnectProviderArn ?? '*';
}

function profileArn(account: Account, name: string, path = '/'): string {
  const kept = account.store.get('instanceProfile', name.toLowerCase());
  return kept?.arn ?? iamArn(account, `instance-profile${path}${name}`);
}

function requestTags(tags: Addressing['tags'], removed: readonly string[] | undefined): ConditionContext {
  const keys = [...(tags ?? []).map(({ Key }) => Key), ...(removed ?? [])];
  const given = Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value]));
  return keys.length === 0 ? {} : { ...tagContext(['aws:RequestTag/'], given), 'aws:TagKeys': keys };
}

function tagContext(prefixes: readonly string[], tags: Tags): ConditionContext {
  return Object.fromEntries(
    prefixes.flatMap((prefix) => Object.entries(tags).map(([key, value]) => [prefix + key, value] as const)),
  );
}
