import { iamError, pageOf, shows, VALIDATION_ERROR, type Asked, type Documented, type Row } from './row.ts';

const ACCOUNT = '111122223333';
const ROLE = 'deploy';
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/${ROLE}`;
const POLICY_ARN = `arn:aws:iam::${ACCOUNT}:policy/reads`;
const ISSUER = 'https://issuer.example';
const PROVIDER_ARN = `arn:aws:iam::${ACCOUNT}:oidc-provider/issuer.example`;
const THUMBPRINT = 'a'.repeat(40);

function ask(operation: string, input: object = {}): Asked {
  return { service: 'iam', operation, input };
}

function row(what: string, operation: string, input: object, answer: Documented, given: readonly Asked[] = []): Row {
  return {
    id: `iam/${operation}: ${what}`,
    given,
    call: ask(operation, input),
    answer,
    page: pageOf('iam', operation),
  };
}

function policy(action = 'ecr:DescribeRepositories'): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] });
}

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' }],
});
const TAG = { Key: 'team', Value: 'one' };
const TAGS_50 = Array.from({ length: 50 }, (_, index) => ({ Key: `key-${index}`, Value: 'value' }));
const A_ROLE = ask('CreateRole', { RoleName: ROLE, AssumeRolePolicyDocument: TRUST });
const A_POLICY = ask('CreatePolicy', { PolicyName: 'reads', PolicyDocument: policy() });
const A_VERSION = ask('CreatePolicyVersion', { PolicyArn: POLICY_ARN, PolicyDocument: policy('ecr:ListImages') });
const A_PROVIDER = ask('CreateOpenIDConnectProvider', {
  Url: ISSUER,
  ClientIDList: ['sts.amazonaws.com'],
  ThumbprintList: [THUMBPRINT],
});
const INLINE = ask('PutRolePolicy', { RoleName: ROLE, PolicyName: 'own', PolicyDocument: policy() });
const ATTACHED = ask('AttachRolePolicy', { RoleName: ROLE, PolicyArn: POLICY_ARN });
const ABSENT = iamError('NoSuchEntity');
const MALFORMED = iamError('MalformedPolicyDocument');

const ROLES: readonly Row[] = [
  row(
    'of a new name',
    'CreateRole',
    { RoleName: ROLE, AssumeRolePolicyDocument: TRUST },
    shows({
      Role: { RoleName: ROLE, Arn: ROLE_ARN, RoleId: /^AROA/, Path: '/', CreateDate: String },
    }),
  ),
  row(
    'of a name that is taken',
    'CreateRole',
    { RoleName: ROLE, AssumeRolePolicyDocument: TRUST },
    iamError('EntityAlreadyExists'),
    [A_ROLE],
  ),
  row(
    'of a name that is taken in another case',
    'CreateRole',
    { RoleName: 'Deploy', AssumeRolePolicyDocument: TRUST },
    iamError('EntityAlreadyExists'),
    [A_ROLE],
  ),
  row('with a trust policy that is none', 'CreateRole', { RoleName: ROLE, AssumeRolePolicyDocument: '{' }, MALFORMED),
  row(
    'with sessions of a minute',
    'CreateRole',
    { RoleName: ROLE, AssumeRolePolicyDocument: TRUST, MaxSessionDuration: 60 },
    VALIDATION_ERROR,
  ),
  row(
    'of a name of 65 letters',
    'CreateRole',
    { RoleName: 'r'.repeat(65), AssumeRolePolicyDocument: TRUST },
    VALIDATION_ERROR,
  ),
  row(
    'with a path that does not end in a slash',
    'CreateRole',
    { RoleName: ROLE, AssumeRolePolicyDocument: TRUST, Path: '/team' },
    VALIDATION_ERROR,
  ),
  row(
    'of one that is there',
    'GetRole',
    { RoleName: ROLE },
    shows({
      Role: { Arn: ROLE_ARN, AssumeRolePolicyDocument: encodeURIComponent(TRUST), MaxSessionDuration: /^3600$/ },
    }),
    [A_ROLE],
  ),
  row('of one that is not there', 'GetRole', { RoleName: ROLE }, ABSENT),
  row('of an empty one', 'DeleteRole', { RoleName: ROLE }, shows(), [A_ROLE]),
  row('of one with a policy of its own', 'DeleteRole', { RoleName: ROLE }, iamError('DeleteConflict'), [
    A_ROLE,
    INLINE,
  ]),
  row('of one with an attached policy', 'DeleteRole', { RoleName: ROLE }, iamError('DeleteConflict'), [
    A_ROLE,
    A_POLICY,
    ATTACHED,
  ]),
  row('of one that is not there', 'DeleteRole', { RoleName: ROLE }, ABSENT),
  row('of all', 'ListRoles', {}, shows({ Roles: { member: [{ Arn: ROLE_ARN }] }, IsTruncated: 'false' }), [A_ROLE]),
  row('by pages', 'ListRoles', { MaxItems: 1 }, shows({ IsTruncated: 'true', Marker: String }), [
    A_ROLE,
    ask('CreateRole', { RoleName: 'other', AssumeRolePolicyDocument: TRUST }),
  ]),
  row('of a path that has none', 'ListRoles', { PathPrefix: '/none/' }, shows({ IsTruncated: 'false' }), [A_ROLE]),
  row('of one that is there', 'UpdateRole', { RoleName: ROLE, Description: 'new', MaxSessionDuration: 7200 }, shows(), [
    A_ROLE,
  ]),
  row('of one that is not there', 'UpdateRole', { RoleName: ROLE }, ABSENT),
  row(
    'of one that is there',
    'UpdateRoleDescription',
    { RoleName: ROLE, Description: 'new' },
    shows({ Role: { Description: 'new' } }),
    [A_ROLE],
  ),
  row('of one that is there', 'UpdateAssumeRolePolicy', { RoleName: ROLE, PolicyDocument: TRUST }, shows(), [A_ROLE]),
  row('with one that is none', 'UpdateAssumeRolePolicy', { RoleName: ROLE, PolicyDocument: '{' }, MALFORMED, [A_ROLE]),
  row('of one that is not there', 'UpdateAssumeRolePolicy', { RoleName: ROLE, PolicyDocument: TRUST }, ABSENT),
  row('with one', 'TagRole', { RoleName: ROLE, Tags: [TAG] }, shows(), [A_ROLE]),
  row('beyond 50', 'TagRole', { RoleName: ROLE, Tags: [TAG] }, iamError('LimitExceeded'), [
    ask('CreateRole', { RoleName: ROLE, AssumeRolePolicyDocument: TRUST, Tags: TAGS_50 }),
  ]),
  row(
    'with a key of AWS’s own',
    'TagRole',
    { RoleName: ROLE, Tags: [{ Key: 'aws:team', Value: 'one' }] },
    iamError('InvalidInput'),
    [A_ROLE],
  ),
  row('of one that is not there', 'TagRole', { RoleName: ROLE, Tags: [TAG] }, ABSENT),
  row('of one that is there', 'UntagRole', { RoleName: ROLE, TagKeys: ['team'] }, shows(), [
    A_ROLE,
    ask('TagRole', { RoleName: ROLE, Tags: [TAG] }),
  ]),
  row(
    'of one that has one',
    'ListRoleTags',
    { RoleName: ROLE },
    shows({ Tags: { member: [TAG] }, IsTruncated: 'false' }),
    [A_ROLE, ask('TagRole', { RoleName: ROLE, Tags: [TAG] })],
  ),
  row('of one that is not there', 'ListRoleTags', { RoleName: ROLE }, ABSENT),
  row(
    'of a policy that is there',
    'PutRolePermissionsBoundary',
    { RoleName: ROLE, PermissionsBoundary: POLICY_ARN },
    shows(),
    [A_ROLE, A_POLICY],
  ),
  row(
    'of a policy that is not there',
    'PutRolePermissionsBoundary',
    { RoleName: ROLE, PermissionsBoundary: POLICY_ARN },
    ABSENT,
    [A_ROLE],
  ),
  row('of one that has one', 'DeleteRolePermissionsBoundary', { RoleName: ROLE }, shows(), [
    A_POLICY,
    ask('CreateRole', { RoleName: ROLE, AssumeRolePolicyDocument: TRUST, PermissionsBoundary: POLICY_ARN }),
  ]),
  row('of one that is not there', 'DeleteRolePermissionsBoundary', { RoleName: ROLE }, ABSENT),
  row('of one in none', 'ListInstanceProfilesForRole', { RoleName: ROLE }, shows({ IsTruncated: 'false' }), [A_ROLE]),
];

const ROLE_POLICIES: readonly Row[] = [
  row(
    'of a role that is there',
    'PutRolePolicy',
    { RoleName: ROLE, PolicyName: 'own', PolicyDocument: policy() },
    shows(),
    [A_ROLE],
  ),
  row('that is none', 'PutRolePolicy', { RoleName: ROLE, PolicyName: 'own', PolicyDocument: '{}' }, MALFORMED, [
    A_ROLE,
  ]),
  row(
    'of a role that is not there',
    'PutRolePolicy',
    { RoleName: ROLE, PolicyName: 'own', PolicyDocument: policy() },
    ABSENT,
  ),
  row(
    'of one that is there',
    'GetRolePolicy',
    { RoleName: ROLE, PolicyName: 'own' },
    shows({
      RoleName: ROLE,
      PolicyName: 'own',
      PolicyDocument: encodeURIComponent(policy()),
    }),
    [A_ROLE, INLINE],
  ),
  row('of one that is not there', 'GetRolePolicy', { RoleName: ROLE, PolicyName: 'own' }, ABSENT, [A_ROLE]),
  row('of one that is there', 'DeleteRolePolicy', { RoleName: ROLE, PolicyName: 'own' }, shows(), [A_ROLE, INLINE]),
  row('of one that is not there', 'DeleteRolePolicy', { RoleName: ROLE, PolicyName: 'own' }, ABSENT, [A_ROLE]),
  row('of a role that has one', 'ListRolePolicies', { RoleName: ROLE }, shows({ PolicyNames: { member: ['own'] } }), [
    A_ROLE,
    INLINE,
  ]),
  row('of one that is there', 'AttachRolePolicy', { RoleName: ROLE, PolicyArn: POLICY_ARN }, shows(), [
    A_ROLE,
    A_POLICY,
  ]),
  row('of one that is not there', 'AttachRolePolicy', { RoleName: ROLE, PolicyArn: POLICY_ARN }, ABSENT, [A_ROLE]),
  row(
    'of one of AWS’s own',
    'AttachRolePolicy',
    {
      RoleName: ROLE,
      PolicyArn: 'arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly',
    },
    shows(),
    [A_ROLE],
  ),
  row('of one that is attached', 'DetachRolePolicy', { RoleName: ROLE, PolicyArn: POLICY_ARN }, shows(), [
    A_ROLE,
    A_POLICY,
    ATTACHED,
  ]),
  row('of one that is not attached', 'DetachRolePolicy', { RoleName: ROLE, PolicyArn: POLICY_ARN }, ABSENT, [
    A_ROLE,
    A_POLICY,
  ]),
  row(
    'of a role that has one',
    'ListAttachedRolePolicies',
    { RoleName: ROLE },
    shows({
      AttachedPolicies: { member: [{ PolicyName: 'reads', PolicyArn: POLICY_ARN }] },
    }),
    [A_ROLE, A_POLICY, ATTACHED],
  ),
];

const MANAGED: readonly Row[] = [
  row(
    'of a new name',
    'CreatePolicy',
    { PolicyName: 'reads', PolicyDocument: policy(), Tags: [TAG] },
    shows({
      Policy: {
        Arn: POLICY_ARN,
        PolicyId: /^ANPA/,
        DefaultVersionId: 'v1',
        AttachmentCount: '0',
        IsAttachable: 'true',
        Tags: { member: [TAG] },
      },
    }),
  ),
  row(
    'of a name that is taken',
    'CreatePolicy',
    { PolicyName: 'reads', PolicyDocument: policy() },
    iamError('EntityAlreadyExists'),
    [A_POLICY],
  ),
  row('that is none', 'CreatePolicy', { PolicyName: 'reads', PolicyDocument: '{}' }, MALFORMED),
  row(
    'of one that is there',
    'GetPolicy',
    { PolicyArn: POLICY_ARN },
    shows({ Policy: { Arn: POLICY_ARN, DefaultVersionId: 'v1' } }),
    [A_POLICY],
  ),
  row('of one that is not there', 'GetPolicy', { PolicyArn: POLICY_ARN }, ABSENT),
  row(
    'of the first',
    'GetPolicyVersion',
    { PolicyArn: POLICY_ARN, VersionId: 'v1' },
    shows({
      PolicyVersion: { Document: encodeURIComponent(policy()), VersionId: 'v1', IsDefaultVersion: 'true' },
    }),
    [A_POLICY],
  ),
  row('of one that is not there', 'GetPolicyVersion', { PolicyArn: POLICY_ARN, VersionId: 'v2' }, ABSENT, [A_POLICY]),
  row(
    'that is not the default',
    'CreatePolicyVersion',
    { PolicyArn: POLICY_ARN, PolicyDocument: policy() },
    shows({
      PolicyVersion: { VersionId: 'v2', IsDefaultVersion: 'false', CreateDate: String },
    }),
    [A_POLICY],
  ),
  row(
    'that is the default',
    'CreatePolicyVersion',
    { PolicyArn: POLICY_ARN, PolicyDocument: policy(), SetAsDefault: true },
    shows({
      PolicyVersion: { VersionId: 'v2', IsDefaultVersion: 'true' },
    }),
    [A_POLICY],
  ),
  row(
    'that is the sixth',
    'CreatePolicyVersion',
    { PolicyArn: POLICY_ARN, PolicyDocument: policy() },
    iamError('LimitExceeded'),
    [A_POLICY, A_VERSION, A_VERSION, A_VERSION, A_VERSION],
  ),
  row('that is none', 'CreatePolicyVersion', { PolicyArn: POLICY_ARN, PolicyDocument: '{}' }, MALFORMED, [A_POLICY]),
  row(
    'of a policy that is not there',
    'CreatePolicyVersion',
    { PolicyArn: POLICY_ARN, PolicyDocument: policy() },
    ABSENT,
  ),
  row('that is not the default', 'DeletePolicyVersion', { PolicyArn: POLICY_ARN, VersionId: 'v2' }, shows(), [
    A_POLICY,
    A_VERSION,
  ]),
  row(
    'that is the default',
    'DeletePolicyVersion',
    { PolicyArn: POLICY_ARN, VersionId: 'v1' },
    iamError('DeleteConflict'),
    [A_POLICY],
  ),
  row('that is not there', 'DeletePolicyVersion', { PolicyArn: POLICY_ARN, VersionId: 'v2' }, ABSENT, [A_POLICY]),
  row('of one that is there', 'SetDefaultPolicyVersion', { PolicyArn: POLICY_ARN, VersionId: 'v2' }, shows(), [
    A_POLICY,
    A_VERSION,
  ]),
  row('of one that is not there', 'SetDefaultPolicyVersion', { PolicyArn: POLICY_ARN, VersionId: 'v2' }, ABSENT, [
    A_POLICY,
  ]),
  row(
    'of one that has two',
    'ListPolicyVersions',
    { PolicyArn: POLICY_ARN },
    shows({
      Versions: { member: [{ VersionId: String }, { VersionId: String }] },
      IsTruncated: 'false',
    }),
    [A_POLICY, A_VERSION],
  ),
  row(
    'of the account’s own',
    'ListPolicies',
    { Scope: 'Local' },
    shows({ Policies: { member: [{ Arn: POLICY_ARN }] } }),
    [A_POLICY],
  ),
  row('of an unused one', 'DeletePolicy', { PolicyArn: POLICY_ARN }, shows(), [A_POLICY]),
  row('of an attached one', 'DeletePolicy', { PolicyArn: POLICY_ARN }, iamError('DeleteConflict'), [
    A_ROLE,
    A_POLICY,
    ATTACHED,
  ]),
  row('of one with more than one version', 'DeletePolicy', { PolicyArn: POLICY_ARN }, iamError('DeleteConflict'), [
    A_POLICY,
    A_VERSION,
  ]),
  row('with one', 'TagPolicy', { PolicyArn: POLICY_ARN, Tags: [TAG] }, shows(), [A_POLICY]),
  row('of one that is not there', 'TagPolicy', { PolicyArn: POLICY_ARN, Tags: [TAG] }, ABSENT),
  row('of one that has one', 'UntagPolicy', { PolicyArn: POLICY_ARN, TagKeys: ['team'] }, shows(), [
    A_POLICY,
    ask('TagPolicy', { PolicyArn: POLICY_ARN, Tags: [TAG] }),
  ]),
  row(
    'of one that has one',
    'ListPolicyTags',
    { PolicyArn: POLICY_ARN },
    shows({ Tags: { member: [TAG] }, IsTruncated: 'false' }),
    [A_POLICY, ask('TagPolicy', { PolicyArn: POLICY_ARN, Tags: [TAG] })],
  ),
];

const PROVIDERS: readonly Row[] = [
  row(
    'of a new URL',
    'CreateOpenIDConnectProvider',
    { Url: ISSUER, ClientIDList: ['sts.amazonaws.com'], ThumbprintList: [THUMBPRINT] },
    shows({
      OpenIDConnectProviderArn: PROVIDER_ARN,
    }),
  ),
  row('of a URL that is taken', 'CreateOpenIDConnectProvider', { Url: ISSUER }, iamError('EntityAlreadyExists'), [
    A_PROVIDER,
  ]),
  row(
    'of a URL without TLS',
    'CreateOpenIDConnectProvider',
    { Url: 'http://issuer.example' },
    iamError('InvalidInput'),
  ),
  row(
    'of one that is there',
    'GetOpenIDConnectProvider',
    { OpenIDConnectProviderArn: PROVIDER_ARN },
    shows({
      Url: 'issuer.example',
      ClientIDList: { member: ['sts.amazonaws.com'] },
      ThumbprintList: { member: [THUMBPRINT] },
    }),
    [A_PROVIDER],
  ),
  row('of one that is not there', 'GetOpenIDConnectProvider', { OpenIDConnectProviderArn: PROVIDER_ARN }, ABSENT),
  row(
    'of all',
    'ListOpenIDConnectProviders',
    {},
    shows({ OpenIDConnectProviderList: { member: [{ Arn: PROVIDER_ARN }] } }),
    [A_PROVIDER],
  ),
  row('of one that is not there', 'DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn: PROVIDER_ARN }, shows()),
  row(
    'of a new one',
    'AddClientIDToOpenIDConnectProvider',
    { OpenIDConnectProviderArn: PROVIDER_ARN, ClientID: 'other' },
    shows(),
    [A_PROVIDER],
  ),
  row(
    'of one that is there',
    'AddClientIDToOpenIDConnectProvider',
    { OpenIDConnectProviderArn: PROVIDER_ARN, ClientID: 'sts.amazonaws.com' },
    shows(),
    [A_PROVIDER],
  ),
  row(
    'to a provider that is not there',
    'AddClientIDToOpenIDConnectProvider',
    { OpenIDConnectProviderArn: PROVIDER_ARN, ClientID: 'x' },
    ABSENT,
  ),
  row(
    'of one that is there',
    'RemoveClientIDFromOpenIDConnectProvider',
    {
      OpenIDConnectProviderArn: PROVIDER_ARN,
      ClientID: 'sts.amazonaws.com',
    },
    shows(),
    [A_PROVIDER],
  ),
  row(
    'of one that is not there',
    'RemoveClientIDFromOpenIDConnectProvider',
    { OpenIDConnectProviderArn: PROVIDER_ARN, ClientID: 'other' },
    shows(),
    [A_PROVIDER],
  ),
  row(
    'of a provider that is there',
    'UpdateOpenIDConnectProviderThumbprint',
    {
      OpenIDConnectProviderArn: PROVIDER_ARN,
      ThumbprintList: ['b'.repeat(40)],
    },
    shows(),
    [A_PROVIDER],
  ),
  row(
    'of a provider that is not there',
    'UpdateOpenIDConnectProviderThumbprint',
    {
      OpenIDConnectProviderArn: PROVIDER_ARN,
      ThumbprintList: ['b'.repeat(40)],
    },
    ABSENT,
  ),
  row('with one', 'TagOpenIDConnectProvider', { OpenIDConnectProviderArn: PROVIDER_ARN, Tags: [TAG] }, shows(), [
    A_PROVIDER,
  ]),
  row(
    'of one that has none',
    'UntagOpenIDConnectProvider',
    { OpenIDConnectProviderArn: PROVIDER_ARN, TagKeys: ['team'] },
    shows(),
    [A_PROVIDER],
  ),
  row(
    'of one that has one',
    'ListOpenIDConnectProviderTags',
    { OpenIDConnectProviderArn: PROVIDER_ARN },
    shows({ Tags: { member: [TAG] } }),
    [A_PROVIDER, ask('TagOpenIDConnectProvider', { OpenIDConnectProviderArn: PROVIDER_ARN, Tags: [TAG] })],
  ),
];

const ACCOUNT_ROWS: readonly Row[] = [
  row(
    'of a role and an action that its policy allows',
    'SimulatePrincipalPolicy',
    {
      PolicySourceArn: ROLE_ARN,
      ActionNames: ['ecr:DescribeRepositories'],
    },
    shows({
      EvaluationResults: {
        member: [{ EvalActionName: 'ecr:DescribeRepositories', EvalResourceName: '*', EvalDecision: 'allowed' }],
      },
    }),
    [A_ROLE, INLINE],
  ),
  row(
    'of a role that is not there',
    'SimulatePrincipalPolicy',
    { PolicySourceArn: ROLE_ARN, ActionNames: ['ecr:ListImages'] },
    ABSENT,
  ),
  row(
    'of an action that a policy denies',
    'SimulateCustomPolicy',
    {
      PolicyInputList: [policy()],
      ActionNames: ['ecr:DeleteRepository'],
    },
    shows({ EvaluationResults: { member: [{ EvalDecision: 'implicitDeny' }] } }),
  ),
  row('of the account', 'GetAccountSummary', {}, shows({ SummaryMap: { entry: [{ key: String, value: String }] } })),
  row('where there are none', 'ListAccountAliases', {}, shows({ IsTruncated: 'false' })),
  row('where there are none', 'ListUsers', {}, shows({ IsTruncated: 'false' })),
  row('of one that is not there', 'GetUser', { UserName: 'nobody' }, ABSENT),
  row(
    'of a new name',
    'CreateInstanceProfile',
    { InstanceProfileName: 'machine' },
    shows({ InstanceProfile: { InstanceProfileName: 'machine' } }),
  ),
  row(
    'of one that is not attached',
    'ListEntitiesForPolicy',
    { PolicyArn: POLICY_ARN },
    shows({ IsTruncated: 'false' }),
    [A_POLICY],
  ),
];

/** IAM's rows. */
export const IAM_ROWS: readonly Row[] = [...ROLES, ...ROLE_POLICIES, ...MANAGED, ...PROVIDERS, ...ACCOUNT_ROWS];
