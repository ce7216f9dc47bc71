import {
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  EntityAlreadyExistsException,
  GetAccountSummaryCommand,
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListOpenIDConnectProvidersCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  paginateListRoles,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UploadSSHPublicKeyCommand,
} from '@aws-sdk/client-iam';
import type { CreateRoleRequest } from '@aws-sdk/client-iam';
import { test } from 'tap';
import { ACCOUNT, BOUNDARY, HOST, identityPolicy, ISSUER, PROVIDER, start, TRUST, trust } from './aws-support.ts';

const allowAll = identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' });

void test('a role is what it was made as, its documents URL-encoded', async (t) => {
  const at = new Date('2026-11-24T12:00:00Z');
  const iam = (await start(t, { now: () => at })).iam();
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument: BOUNDARY }));
  const { Role: made } = await iam.send(
    new CreateRoleCommand({
      RoleName: 'push-koa',
      Path: '/ecp/',
      AssumeRolePolicyDocument: TRUST,
      Description: 'Pushes <koa> & "more"',
      MaxSessionDuration: 7200,
      PermissionsBoundary: Policy?.Arn,
      Tags: [{ Key: 'ecp:department', Value: 'koa' }],
    }),
  );
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'push-koa' }));
  t.match(Role, {
    Arn: `arn:aws:iam::${ACCOUNT}:role/ecp/push-koa`,
    Path: '/ecp/',
    RoleName: 'push-koa',
    RoleId: /^AROA[A-Z2-7]{16}$/,
    CreateDate: at,
    AssumeRolePolicyDocument: encodeURIComponent(TRUST),
    Description: 'Pushes <koa> & "more"',
    MaxSessionDuration: 7200,
    PermissionsBoundary: { PermissionsBoundaryArn: `arn:aws:iam::${ACCOUNT}:policy/boundary` },
    Tags: [{ Key: 'ecp:department', Value: 'koa' }],
  });
  t.equal(made?.RoleId, Role?.RoleId);
  const version = await iam.send(new GetPolicyVersionCommand({ PolicyArn: Policy?.Arn, VersionId: 'v1' }));
  t.equal(decodeURIComponent(version.PolicyVersion?.Document ?? ''), BOUNDARY);
  const policy = await iam.send(new GetPolicyCommand({ PolicyArn: Policy?.Arn }));
  t.equal(policy.Policy?.PermissionsBoundaryUsageCount, 1);
});

void test('role names are unique whatever their case, and are looked up as written', async (t) => {
  const iam = (await start(t)).iam();
  const create = async (RoleName: string) =>
    iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
  await create('push-koa');
  await t.rejects(create('push-koa'), { name: 'EntityAlreadyExistsException', $metadata: { httpStatusCode: 409 } });
  await t.rejects(create('Push-KOA'), { name: 'EntityAlreadyExistsException' });
  t.ok((await create('push-koa').catch((error: unknown) => error)) instanceof EntityAlreadyExistsException);
  const other = iam.send(new GetRoleCommand({ RoleName: 'PUSH-koa' }));
  await t.rejects(other, { name: 'NoSuchEntityException', $metadata: { httpStatusCode: 404 } });
});

void test('IAM refuses the roles that it does not make', async (t) => {
  const iam = (await start(t, { quotas: { roles: 1 } })).iam();
  const Tags = (...keys: string[]) => ({ Tags: keys.map((Key) => ({ Key, Value: 'x' })) });
  const rows: readonly (readonly [string, Partial<CreateRoleRequest>, string])[] = [
    ['a name of other characters', { RoleName: 'a/b' }, 'ValidationError'],
    ['a name of 65 characters', { RoleName: 'a'.repeat(65) }, 'ValidationError'],
    ['a path that does not end', { Path: '/ecp' }, 'ValidationError'],
    ['a session under an hour', { MaxSessionDuration: 3599 }, 'ValidationError'],
    ['a session over twelve hours', { MaxSessionDuration: 43_201 }, 'ValidationError'],
    [
      'a boundary that does not exist',
      { PermissionsBoundary: `arn:aws:iam::${ACCOUNT}:policy/none` },
      'NoSuchEntityException',
    ],
    ['a reserved tag', Tags('aws:x'), 'InvalidInputException'],
    ['a tag twice in another case', Tags('team', 'Team'), 'InvalidInputException'],
    ['51 tags', Tags(...Array.from({ length: 51 }, (_, index) => `k${index}`)), 'ValidationError'],
  ];
  for (const [title, input, name] of rows) {
    const create = new CreateRoleCommand({ RoleName: 'push-koa', AssumeRolePolicyDocument: TRUST, ...input });
    await t.rejects(iam.send(create), { name }, title);
  }
  await iam.send(new CreateRoleCommand({ RoleName: 'push-koa', AssumeRolePolicyDocument: TRUST }));
  const full = iam.send(new CreateRoleCommand({ RoleName: 'push-pol', AssumeRolePolicyDocument: TRUST }));
  await t.rejects(full, { name: 'LimitExceededException' }, 'one more than the quota');
});

const subject = (value: unknown, operator = 'StringLike'): string => trust({ [operator]: { [`${HOST}:sub`]: value } });

void test('a trust policy has to read, and to say whose tokens of GitHub it trusts', async (t) => {
  const iam = (await start(t)).iam();
  const statement = { Effect: 'Allow', Principal: { Federated: PROVIDER }, Action: 'sts:AssumeRoleWithWebIdentity' };
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['no JSON', '{', false],
    ['no principal', identityPolicy({ Effect: 'Allow', Action: 'sts:AssumeRole' }), false],
    ['a resource', identityPolicy({ ...statement, Resource: '*' }), false],
    ['an action that is not of STS', identityPolicy({ ...statement, Action: 'iam:PassRole' }), false],
    ['a Sid of other characters', identityPolicy({ ...statement, Effect: 'Deny', Sid: 'a b' }), false],
    [
      'a role that does not exist',
      identityPolicy({
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/none` },
        Action: 'sts:AssumeRole',
      }),
      false,
    ],
    [
      'an account',
      identityPolicy({ Effect: 'Allow', Principal: { AWS: '444455556666' }, Action: 'sts:AssumeRole' }),
      true,
    ],
    [
      "an enterprise's issuer of GitHub without a condition",
      identityPolicy({ ...statement, Principal: { Federated: `${PROVIDER}/slug` } }),
      false,
    ],
    ['GitHub without a condition', identityPolicy(statement), false],
    ['GitHub with the audience alone', trust({ StringEquals: { [`${HOST}:aud`]: 'sts.amazonaws.com' } }), false],
    ['GitHub for all subjects', subject('*'), false],
    ['GitHub for subjects that are not evaluated', subject('repo:acme/*', 'StringNotLike'), false],
    ['GitHub for subjects that may be missing', subject('repo:acme/*', 'StringLikeIfExists'), false],
    ['GitHub, all first', subject(['*', 'repo:acme/*']), false],
    ['GitHub, as the guard reads only the first value', subject(['repo:acme/*', '*']), true],
    ['GitHub, every repository of everybody', subject('repo:*'), true],
    ['GitHub, by subject', subject('repo:acme/app:ref:refs/heads/main', 'StringEquals'), true],
    ['GitHub, by workflow', trust({ StringLike: { [`${HOST}:job_workflow_ref`]: 'acme/*' } }), true],
    ['a Deny of GitHub', identityPolicy({ ...statement, Effect: 'Deny' }), true],
  ];
  for (const [index, [title, document, taken]] of rows.entries()) {
    const create = iam.send(new CreateRoleCommand({ RoleName: `role-${index}`, AssumeRolePolicyDocument: document }));
    await (taken ? t.resolves(create, title) : t.rejects(create, { name: 'MalformedPolicyDocumentException' }, title));
  }
  await iam.send(new CreateRoleCommand({ RoleName: 'kept', AssumeRolePolicyDocument: TRUST }));
  const update = new UpdateAssumeRolePolicyCommand({ RoleName: 'kept', PolicyDocument: subject('*') });
  await t.rejects(iam.send(update), { name: 'MalformedPolicyDocumentException' });
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'kept' }));
  t.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), TRUST, 'the policy before stays');
});

void test('the size of a trust policy counts to the character, whitespace apart', async (t) => {
  const iam = (await start(t)).iam();
  const room = 2048 - subject('repo:acme/').length;
  const create = async (RoleName: string, AssumeRolePolicyDocument: string) =>
    iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  await t.resolves(create('full', subject(`repo:acme/${'a'.repeat(room)}`)));
  const spaced = JSON.stringify(JSON.parse(subject(`repo:acme/${'a'.repeat(room)}`)), undefined, 8);
  await t.resolves(create('spaced', spaced));
  await t.rejects(create('over', subject(`repo:acme/${'a'.repeat(room + 1)}`)), { name: 'LimitExceededException' });

  const wide = (await start(t, { quotas: { assumeRolePolicySize: 4096 } })).iam();
  const raised = { RoleName: 'over', AssumeRolePolicyDocument: subject(`repo:acme/${'a'.repeat(room + 1)}`) };
  await t.resolves(wide.send(new CreateRoleCommand(raised)), 'a raised quota');
  const { SummaryMap } = await wide.send(new GetAccountSummaryCommand({}));
  t.match(SummaryMap, { AssumeRolePolicySizeQuota: 4096, RolePolicySizeQuota: 10_240, Roles: 1, RolesQuota: 1000 });
});

void test('inline policies are kept by name, within one size for all of them', async (t) => {
  const iam = (await start(t)).iam();
  const RoleName = 'push-koa';
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
  const put = async (PolicyName: string, PolicyDocument: string) =>
    iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  await put('push', allowAll);
  const got = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'push' }));
  t.equal(decodeURIComponent(got.PolicyDocument ?? ''), allowAll);
  const sized = (size: number): string => {
    const empty = identityPolicy({ Sid: '', Effect: 'Allow', Action: '*', Resource: '*' });
    return empty.replace('"Sid":""', `"Sid":"${'a'.repeat(size - empty.length)}"`);
  };
  await put('rest', sized(10_240 - allowAll.length));
  await t.rejects(put('rest', sized(10_241 - allowAll.length)), { name: 'LimitExceededException' });
  t.strictSame((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames, ['push', 'rest']);
  t.strictSame((await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))).AttachedPolicies, []);

  const rows: readonly (readonly [string, string])[] = [
    ['a principal', identityPolicy({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' })],
    ['no resource', identityPolicy({ Effect: 'Allow', Action: '*' })],
    ['a resource that is no ARN', identityPolicy({ Effect: 'Allow', Action: '*', Resource: 'repository' })],
    ['an action without a service', identityPolicy({ Effect: 'Allow', Action: 'PutImage', Resource: '*' })],
    [
      'an unknown operator',
      identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*', Condition: { X: { a: 'b' } } }),
    ],
  ];
  for (const [title, text] of rows)
    await t.rejects(put('bad', text), { name: 'MalformedPolicyDocumentException' }, title);

  const full = iam.send(new DeleteRoleCommand({ RoleName }));
  await t.rejects(full, { name: 'DeleteConflictException' }, 'a role with policies cannot be deleted');
  for (const PolicyName of ['push', 'rest']) await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
  const gone = iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'push' }));
  await t.rejects(gone, { name: 'NoSuchEntityException' });
  const unnamed = iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'constructor' }));
  await t.rejects(unnamed, { name: 'NoSuchEntityException' });
  await iam.send(new DeleteRoleCommand({ RoleName }));
  await t.rejects(iam.send(new DeleteRoleCommand({ RoleName })), { name: 'NoSuchEntityException' });
});

void test('a managed policy has a size of its own, and one name whatever its case', async (t) => {
  const iam = (await start(t)).iam();
  const empty = identityPolicy({ Sid: '', Effect: 'Allow', Action: '*', Resource: '*' });
  const create = async (PolicyName: string, size: number) =>
    iam.send(
      new CreatePolicyCommand({
        PolicyName,
        PolicyDocument: empty.replace('"Sid":""', `"Sid":"${'a'.repeat(size - empty.length)}"`),
      }),
    );
  await t.rejects(create('boundary', 6145), { name: 'LimitExceededException' });
  await t.resolves(create('boundary', 6144));
  await t.rejects(create('Boundary', 200), { name: 'EntityAlreadyExistsException' });
  const malformed = new CreatePolicyCommand({ PolicyName: 'bad', PolicyDocument: '{}' });
  await t.rejects(iam.send(malformed), { name: 'MalformedPolicyDocumentException' });
});

void test('roles are listed by path in pages, tags and boundaries change', async (t) => {
  const iam = (await start(t)).iam();
  for (const [RoleName, Path] of [
    ['a', '/'],
    ['B', '/ecp/'],
    ['c', '/ecp/'],
    ['d', '/ecp/x/'],
  ] as const) {
    await iam.send(new CreateRoleCommand({ RoleName, Path, AssumeRolePolicyDocument: TRUST }));
  }
  const seen: (string | undefined)[] = [];
  for await (const page of paginateListRoles({ client: iam, pageSize: 2 }, { PathPrefix: '/ecp/' })) {
    seen.push(...(page.Roles ?? []).map(({ RoleName }) => RoleName));
  }
  t.strictSame(seen, ['B', 'c', 'd']);
  t.strictSame((await iam.send(new ListRolesCommand({ PathPrefix: '/none/' }))).Roles, []);

  await iam.send(
    new TagRoleCommand({
      RoleName: 'a',
      Tags: [
        { Key: 'Team', Value: '1' },
        { Key: 'x', Value: '' },
      ],
    }),
  );
  await iam.send(new TagRoleCommand({ RoleName: 'a', Tags: [{ Key: 'team', Value: '2' }] }));
  await iam.send(new UntagRoleCommand({ RoleName: 'a', TagKeys: ['x'] }));
  t.strictSame((await iam.send(new ListRoleTagsCommand({ RoleName: 'a' }))).Tags, [{ Key: 'team', Value: '2' }]);

  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument: BOUNDARY }));
  await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: 'a', PermissionsBoundary: Policy?.Arn }));
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'a' }));
  t.equal(Role?.PermissionsBoundary?.PermissionsBoundaryArn, Policy?.Arn);
  await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName: 'a' }));
  t.notOk((await iam.send(new GetRoleCommand({ RoleName: 'a' }))).Role?.PermissionsBoundary);
});

void test('an OpenID Connect provider is found by its ARN, and an issuer has one', async (t) => {
  const iam = (await start(t)).iam();
  const create = async (Url: string) =>
    iam.send(new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ['sts.amazonaws.com'] }));
  t.equal((await create(ISSUER)).OpenIDConnectProviderArn, PROVIDER);
  await t.rejects(create(ISSUER), { name: 'EntityAlreadyExistsException' });
  await t.rejects(create('http://issuer.example'), { name: 'InvalidInputException' });
  await create(`${ISSUER}/slug`);
  const got = await iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: PROVIDER }));
  t.match(got, { Url: HOST, ClientIDList: ['sts.amazonaws.com'] });
  const { OpenIDConnectProviderList } = await iam.send(new ListOpenIDConnectProvidersCommand({}));
  t.strictSame(
    OpenIDConnectProviderList?.map(({ Arn }) => Arn),
    [PROVIDER, `${PROVIDER}/slug`],
  );
  const none = iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: `${PROVIDER}2` }));
  await t.rejects(none, { name: 'NoSuchEntityException' });
});

void test('an operation that is not offered is said to be unknown', async (t) => {
  const iam = (await start(t)).iam();
  const unknown = iam.send(new UploadSSHPublicKeyCommand({ UserName: 'someone', SSHPublicKeyBody: 'x' }));
  await t.rejects(unknown, { name: 'InvalidAction' });
});
