/** What tools for infrastructure as code call besides what the service itself does. */
import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr';
import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreatePolicyVersionCommand,
  DeletePolicyVersionCommand,
  GetPolicyVersionCommand,
  ListOpenIDConnectProviderTagsCommand,
  ListPolicyTagsCommand,
  paginateListPolicyVersions,
  RemoveClientIDFromOpenIDConnectProviderCommand,
  SetDefaultPolicyVersionCommand,
  TagOpenIDConnectProviderCommand,
  TagPolicyCommand,
  UntagOpenIDConnectProviderCommand,
  UntagPolicyCommand,
  UpdateOpenIDConnectProviderThumbprintCommand,
  AttachRolePolicyCommand,
  CreateAccountAliasCommand,
  DeleteAccountAliasCommand,
  ListAccountAliasesCommand,
  paginateListEntitiesForPolicy,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeleteOpenIDConnectProviderCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetRoleCommand,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListPolicyVersionsCommand,
  paginateListAttachedRolePolicies,
  paginateListPolicies,
  paginateSimulatePrincipalPolicy,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
  UpdateRoleCommand,
  UpdateRoleDescriptionCommand,
} from '@aws-sdk/client-iam';
import type {
  IAMClient,
  ListEntitiesForPolicyRequest,
  ListPoliciesRequest,
  SimulatePrincipalPolicyRequest,
} from '@aws-sdk/client-iam';
import { test } from 'tap';
import {
  ACCOUNT,
  assume,
  identityPolicy,
  ISSUER,
  PROVIDER,
  ROLE_ARN,
  seed,
  start,
  token,
  TRUST,
} from './aws-support.ts';

const READ_ALL = identityPolicy({ Effect: 'Allow', Action: 'ecr:DescribeRepositories', Resource: '*' });
const DENY_ALL = identityPolicy({ Effect: 'Deny', Action: '*', Resource: '*' });
const RoleName = 'github-access-koa';

async function policy(iam: IAMClient, PolicyName: string, PolicyDocument = READ_ALL, Path = '/'): Promise<string> {
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument, Path }));
  return Policy?.Arn ?? '';
}

void test('an attached policy allows and denies as the role’s own do, until it is detached', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const iam = aws.iam();
  await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
  const ecr = aws.ecr(await assume(aws, await token()));
  const describe = () => ecr.send(new DescribeRepositoriesCommand({}));
  await t.rejects(describe(), { name: 'AccessDeniedException' });
  const [allows, denies] = [await policy(iam, 'allows'), await policy(iam, 'denies', DENY_ALL)];
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: allows }));
  await t.resolves(describe());
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: denies }));
  await t.rejects(describe(), { name: 'AccessDeniedException', message: /explicit deny/ });
  await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: denies }));
  await t.resolves(describe());
  await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: allows }));
  await t.rejects(describe(), { name: 'AccessDeniedException' });
});

void test('an attached policy allows nothing that the boundary does not', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const PolicyArn = await policy(aws.iam(), 'allows');
  await aws.iam().send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  const ecr = aws.ecr(await assume(aws, await token()));
  await t.rejects(ecr.send(new DescribeRepositoriesCommand({})), { name: 'AccessDeniedException' });
});

void test('whoever may attach one policy may not attach another', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const iam = aws.iam();
  const [allowed, other] = [await policy(iam, 'allowed'), await policy(iam, 'other')];
  const attach = identityPolicy({
    Effect: 'Allow',
    Action: ['iam:AttachRolePolicy', 'iam:DetachRolePolicy'],
    Resource: ROLE_ARN,
    Condition: { ArnEquals: { 'iam:PolicyARN': allowed } },
  });
  await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'attach', PolicyDocument: attach }));
  const limited = aws.iam(await assume(aws, await token()));
  await t.resolves(limited.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: allowed })));
  await t.resolves(limited.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: allowed })));
  await t.rejects(limited.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: other })), { name: 'AccessDenied' });
});

void test('a policy in use is not deleted, nor a role that has one', async (t) => {
  const aws = await start(t);
  const iam = aws.iam();
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
  const PolicyArn = await policy(iam, 'p');
  const remove = () => iam.send(new DeletePolicyCommand({ PolicyArn }));
  const usage = async () => (await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy;

  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  t.match(await usage(), { AttachmentCount: 1, PermissionsBoundaryUsageCount: 0 }, 'attached twice is attached once');
  await t.rejects(remove(), { name: 'DeleteConflictException', $metadata: { httpStatusCode: 409 } });
  await t.rejects(iam.send(new DeleteRoleCommand({ RoleName })), { name: 'DeleteConflictException' });
  await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  await t.rejects(iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })), { name: 'NoSuchEntityException' });

  await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: PolicyArn }));
  t.match(await usage(), { AttachmentCount: 0, PermissionsBoundaryUsageCount: 1 });
  await t.rejects(remove(), { name: 'DeleteConflictException' });
  await iam.send(new DeleteRoleCommand({ RoleName }));
  await remove();
  await t.rejects(remove(), { name: 'NoSuchEntityException' });
  await t.rejects(iam.send(new ListPolicyVersionsCommand({ PolicyArn })), { name: 'NoSuchEntityException' });
});

void test('policies are listed by page, path, scope and use', async (t) => {
  const iam = (await start(t)).iam();
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
  const arns = [
    await policy(iam, 'a'),
    await policy(iam, 'b', READ_ALL, '/x/'),
    await policy(iam, 'c', READ_ALL, '/x/'),
  ];
  const [a, b, c] = arns;
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: a }));
  await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: b }));
  const listed = async (input: ListPoliciesRequest): Promise<readonly (string | undefined)[]> => {
    const seen: (string | undefined)[] = [];
    for await (const page of paginateListPolicies({ client: iam, pageSize: 1 }, input))
      seen.push(...(page.Policies ?? []).map(({ Arn }) => Arn));
    return seen;
  };
  const ofAws = ['PowerUser', 'ReadOnly'].map((name) => `arn:aws:iam::aws:policy/AmazonEC2ContainerRegistry${name}`);
  t.strictSame(await listed({}), [...arns, ...ofAws]);
  t.strictSame(await listed({ Scope: 'Local', PathPrefix: '/x/' }), [b, c]);
  t.strictSame(await listed({ Scope: 'AWS' }), ofAws);
  t.strictSame(await listed({ OnlyAttached: true }), [a]);
  t.strictSame(await listed({ PolicyUsageFilter: 'PermissionsBoundary' }), [b]);
  t.strictSame(await listed({ PolicyUsageFilter: 'PermissionsPolicy' }), [a]);
  const { Versions } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn: c }));
  t.match(Versions, [{ VersionId: 'v1', IsDefaultVersion: true }]);
});

void test('ten policies are attached to a role and no more; they are listed by page and path', async (t) => {
  const iam = (await start(t)).iam();
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
  const attach = (PolicyArn: string) => iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  await t.rejects(attach(`arn:aws:iam::${ACCOUNT}:policy/none`), { name: 'NoSuchEntityException' });
  for (let index = 0; index < 10; index++)
    await attach(await policy(iam, `p${index}`, READ_ALL, index < 4 ? '/x/' : '/'));
  await t.rejects(attach(await policy(iam, 'eleventh')), { name: 'LimitExceededException' });
  const names: (string | undefined)[] = [];
  for await (const page of paginateListAttachedRolePolicies({ client: iam, pageSize: 3 }, { RoleName }))
    names.push(...(page.AttachedPolicies ?? []).map(({ PolicyName }) => PolicyName));
  t.strictSame(new Set(names), new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => `p${index}`)));
  const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName, PathPrefix: '/x/' }));
  t.equal(AttachedPolicies?.length, 4);
});

void test('a role is updated; a session length that is not given becomes an hour again', async (t) => {
  const iam = (await start(t)).iam();
  await iam.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST, Description: 'one', MaxSessionDuration: 7200 }),
  );
  const role = async () => (await iam.send(new GetRoleCommand({ RoleName }))).Role;
  await iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: 3601 }));
  t.match(await role(), { Description: 'one', MaxSessionDuration: 3601 });
  await iam.send(new UpdateRoleCommand({ RoleName, Description: 'two' }));
  t.match(await role(), { Description: 'two', MaxSessionDuration: 3600 });
  const updated = await iam.send(new UpdateRoleDescriptionCommand({ RoleName, Description: 'three' }));
  t.match(updated.Role, { Description: 'three' });
  t.match(await role(), { Description: 'three' });
  t.strictSame((await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }))).InstanceProfiles, []);
  for (const missing of [
    iam.send(new UpdateRoleCommand({ RoleName: 'none' })),
    iam.send(new UpdateRoleDescriptionCommand({ RoleName: 'none', Description: '' })),
    iam.send(new ListInstanceProfilesForRoleCommand({ RoleName: 'none' })),
  ])
    await t.rejects(missing, { name: 'NoSuchEntityException' });
});

void test('a provider is deleted, and to delete it again is no error', async (t) => {
  const iam = (await start(t)).iam();
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: ISSUER }));
  const remove = () => iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: PROVIDER }));
  await remove();
  await t.rejects(iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: PROVIDER })), {
    name: 'NoSuchEntityException',
  });
  await t.resolves(remove());
});

void test('a simulation decides as a request would: policies, boundary, the context that is given', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const iam = aws.iam();
  const resource = `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/koa/app`;
  const entry = (name: string, value: string) => ({
    ContextKeyName: name,
    ContextKeyType: 'string' as const,
    ContextKeyValues: [value],
  });
  const tagged = [entry('aws:ResourceTag/ecp:department', 'koa'), entry('aws:PrincipalTag/ecp:department', 'koa')];
  const decide = async (input: Partial<SimulatePrincipalPolicyRequest>): Promise<string | undefined> => {
    const simulated = new SimulatePrincipalPolicyCommand({
      PolicySourceArn: ROLE_ARN,
      ActionNames: ['ecr:PutImage'],
      ResourceArns: [resource],
      ContextEntries: tagged,
      ...input,
    });
    return (await iam.send(simulated)).EvaluationResults?.[0]?.EvalDecision;
  };
  t.equal(await decide({}), 'allowed');
  t.equal(await decide({ ContextEntries: [] }), 'implicitDeny', 'no tags are known but those given');
  t.equal(await decide({ ActionNames: ['ecr:DeleteRepository'] }), 'implicitDeny');
  t.equal(await decide({ PolicyInputList: [DENY_ALL] }), 'explicitDeny');
  t.equal(await decide({ PermissionsBoundaryPolicyInputList: [READ_ALL] }), 'implicitDeny');
  t.equal(
    await decide({
      ActionNames: ['iam:CreateRole'],
      PolicyInputList: [identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' })],
    }),
    'implicitDeny',
    'the boundary limits what is tried too',
  );
  const attached = await policy(iam, 'denies', DENY_ALL);
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: attached }));
  t.equal(await decide({}), 'explicitDeny', 'an attached policy counts');
  await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: attached }));
  await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'push' }));
  t.equal(await decide({}), 'implicitDeny');

  await t.rejects(decide({ PolicySourceArn: `${ROLE_ARN}2` }), { name: 'NoSuchEntityException' });
  await t.rejects(decide({ ResourcePolicy: READ_ALL }), { name: 'InvalidInputException' });
  await t.rejects(decide({ PolicyInputList: ['{}'] }), { name: 'InvalidInputException' });
  const seen: (string | undefined)[] = [];
  const input = { PolicySourceArn: ROLE_ARN, ActionNames: ['ecr:PutImage', 'ecr:BatchGetImage', 'iam:PassRole'] };
  for await (const page of paginateSimulatePrincipalPolicy({ client: iam, pageSize: 2 }, input))
    seen.push(...(page.EvaluationResults ?? []).map(({ EvalActionName }) => EvalActionName));
  t.strictSame(new Set(seen), new Set(input.ActionNames));
  t.equal(seen.length, 3);
});

void test('of a policy’s versions the default one decides; five are kept, and numbers are not given again', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const iam = aws.iam();
  await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
  const PolicyArn = await policy(iam, 'p');
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  const ecr = aws.ecr(await assume(aws, await token()));
  const describe = () => ecr.send(new DescribeRepositoriesCommand({}));
  await t.resolves(describe());
  const add = async (PolicyDocument: string, SetAsDefault = false) =>
    (await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault }))).PolicyVersion;
  t.match(await add(DENY_ALL), { VersionId: 'v2', IsDefaultVersion: false });
  await t.resolves(describe(), 'a version that is not the default says nothing');
  await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v2' }));
  await t.rejects(describe(), { name: 'AccessDeniedException' });
  t.match(await add(READ_ALL, true), { VersionId: 'v3', IsDefaultVersion: true });
  await t.resolves(describe());
  t.match((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy, { DefaultVersionId: 'v3' });
  const document = async (VersionId: string) =>
    decodeURIComponent(
      (await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }))).PolicyVersion?.Document ?? '',
    );
  t.equal(await document('v2'), DENY_ALL);
  const remove = (VersionId: string) => iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId }));
  await t.rejects(remove('v3'), { name: 'DeleteConflictException' });
  await remove('v2');
  await t.rejects(remove('v2'), { name: 'NoSuchEntityException' });
  t.match(await add(DENY_ALL), { VersionId: 'v4' });
  await add(DENY_ALL);
  await add(DENY_ALL);
  await t.rejects(add(DENY_ALL), { name: 'LimitExceededException' });
  const seen: (string | undefined)[] = [];
  for await (const page of paginateListPolicyVersions({ client: iam, pageSize: 2 }, { PolicyArn }))
    seen.push(...(page.Versions ?? []).map(({ VersionId }) => VersionId));
  t.strictSame(seen, ['v6', 'v5', 'v4', 'v3', 'v1'], 'the newest is first');
});

void test('AWS’s own policies for ECR can be attached, decide, and cannot be changed', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const iam = aws.iam();
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly';
  await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  const ecr = aws.ecr(await assume(aws, await token()));
  await t.resolves(ecr.send(new DescribeRepositoriesCommand({})));
  t.match((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy, { DefaultVersionId: 'v3', AttachmentCount: 1 });
  const outside = { name: 'AccessDenied', message: /outside your own account/ };
  for (const change of [
    iam.send(new DeletePolicyCommand({ PolicyArn })),
    iam.send(new TagPolicyCommand({ PolicyArn, Tags: [{ Key: 'a', Value: 'b' }] })),
    iam.send(new UntagPolicyCommand({ PolicyArn, TagKeys: ['a'] })),
    iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: READ_ALL })),
    iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v3' })),
    iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v3' })),
  ])
    await t.rejects(change, outside);
});

void test('a provider’s client ids, thumbprints and tags change, and its tokens with them', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const iam = aws.iam();
  const OpenIDConnectProviderArn = PROVIDER;
  const provider = () => iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }));
  const ClientID = 'sts.amazonaws.com';
  await t.resolves(assume(aws, await token()));
  await iam.send(new RemoveClientIDFromOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, ClientID }));
  await t.rejects(assume(aws, await token()), { name: 'InvalidIdentityTokenException' });
  for (const again of [1, 2])
    await t.resolves(
      iam.send(new AddClientIDToOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, ClientID })),
      `${again}`,
    );
  t.strictSame((await provider()).ClientIDList, [ClientID]);
  await t.resolves(assume(aws, await token()));
  const ThumbprintList = ['b'.repeat(40)];
  await iam.send(new UpdateOpenIDConnectProviderThumbprintCommand({ OpenIDConnectProviderArn, ThumbprintList }));
  await iam.send(
    new TagOpenIDConnectProviderCommand({
      OpenIDConnectProviderArn,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    }),
  );
  await iam.send(new UntagOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, TagKeys: ['A'] }));
  t.match(await provider(), { ThumbprintList, Tags: [{ Key: 'b', Value: '2' }] });
  const { Tags } = await iam.send(new ListOpenIDConnectProviderTagsCommand({ OpenIDConnectProviderArn }));
  t.strictSame(Tags, [{ Key: 'b', Value: '2' }]);
});

void test('whoever may change what is tagged for a team may not change the rest', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const iam = aws.iam();
  const [mine, other] = [await policy(iam, 'mine'), await policy(iam, 'other')];
  await iam.send(new TagPolicyCommand({ PolicyArn: mine, Tags: [{ Key: 'team', Value: 'koa' }] }));
  t.strictSame((await iam.send(new ListPolicyTagsCommand({ PolicyArn: mine }))).Tags, [{ Key: 'team', Value: 'koa' }]);
  const change = identityPolicy({
    Effect: 'Allow',
    Action: 'iam:CreatePolicyVersion',
    Resource: '*',
    Condition: { StringEquals: { 'aws:ResourceTag/team': 'koa' } },
  });
  await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'change', PolicyDocument: change }));
  const limited = aws.iam(await assume(aws, await token()));
  const add = (PolicyArn: string) =>
    limited.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: READ_ALL }));
  await t.resolves(add(mine));
  await t.rejects(add(other), { name: 'AccessDenied' });
});

void test('a policy tells which roles have it, attached or as their boundary, in pages', async (t) => {
  const iam = (await start(t)).iam();
  const PolicyArn = await policy(iam, 'p');
  for (const name of ['a', 'b', 'c', 'd']) {
    const PermissionsBoundary = name === 'c' ? PolicyArn : undefined;
    await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: TRUST, PermissionsBoundary }));
  }
  for (const name of ['b', 'a']) await iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn }));
  const entities = async (filter: Partial<ListEntitiesForPolicyRequest> = {}) => {
    const pages: (string | undefined)[][] = [];
    for await (const page of paginateListEntitiesForPolicy({ client: iam, pageSize: 2 }, { PolicyArn, ...filter }))
      pages.push((page.PolicyRoles ?? []).map((role) => role.RoleName));
    return pages;
  };
  t.strictSame(await entities(), [['a', 'b'], ['c']]);
  t.strictSame(await entities({ PolicyUsageFilter: 'PermissionsPolicy' }), [['a', 'b']]);
  t.strictSame(await entities({ PolicyUsageFilter: 'PermissionsBoundary' }), [['c']]);
  t.strictSame(await entities({ EntityFilter: 'User' }), [[]]);
});

void test('an account has one alias, which is deleted by its name', async (t) => {
  const iam = (await start(t)).iam();
  const aliases = async () => (await iam.send(new ListAccountAliasesCommand({}))).AccountAliases;
  t.strictSame(await aliases(), []);
  await iam.send(new CreateAccountAliasCommand({ AccountAlias: 'acme-dev' }));
  await iam.send(new CreateAccountAliasCommand({ AccountAlias: 'acme' }));
  t.strictSame(await aliases(), ['acme']);
  await t.rejects(iam.send(new DeleteAccountAliasCommand({ AccountAlias: 'acme-dev' })), {
    name: 'NoSuchEntityException',
  });
  await iam.send(new DeleteAccountAliasCommand({ AccountAlias: 'acme' }));
  t.strictSame(await aliases(), []);
});
