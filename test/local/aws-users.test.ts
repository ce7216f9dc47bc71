/** Users of the embedded AWS, as tools for infrastructure as code make them; they have no keys. */
import { CreateRepositoryCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import {
  CreatePolicyCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  GetUserCommand,
  ListEntitiesForPolicyCommand,
  ListGroupsForUserCommand,
  ListUserTagsCommand,
  paginateListUsers,
  PutRolePolicyCommand,
  DeleteRolePermissionsBoundaryCommand,
  PutUserPermissionsBoundaryCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam';
import { test } from 'tap';
import { ACCOUNT, assume, identityPolicy, seed, start, token } from './aws-support.ts';

const arnOf = (user: string) => `arn:aws:iam::${ACCOUNT}:user/${user}`;
const GONE = { name: 'NoSuchEntityException' };

void test('a user is made once, renamed, listed in pages and deleted', async (t) => {
  const iam = (await start(t)).iam();
  const { User } = await iam.send(new CreateUserCommand({ UserName: 'alice', Path: '/koa/' }));
  t.match(User, { UserName: 'alice', Arn: arnOf('koa/alice'), UserId: /^AIDA/, Path: '/koa/', CreateDate: Date });
  await iam.send(new CreateUserCommand({ UserName: 'carol' }));
  const taken = { name: 'EntityAlreadyExistsException' };
  await t.rejects(iam.send(new CreateUserCommand({ UserName: 'Alice' })), taken);
  await t.rejects(iam.send(new UpdateUserCommand({ UserName: 'alice', NewUserName: 'Carol' })), taken);
  await iam.send(new UpdateUserCommand({ UserName: 'alice', NewUserName: 'bob', NewPath: '/pol/' }));
  await t.rejects(iam.send(new GetUserCommand({ UserName: 'alice' })), GONE);
  const renamed = await iam.send(new GetUserCommand({ UserName: 'bob' }));
  t.match(renamed.User, { UserId: User?.UserId, Arn: arnOf('pol/bob') });
  t.strictSame((await iam.send(new ListGroupsForUserCommand({ UserName: 'bob' }))).Groups, []);
  const pages: (string | undefined)[][] = [];
  for await (const page of paginateListUsers({ client: iam, pageSize: 1 }, {}))
    pages.push((page.Users ?? []).map(({ UserName }) => UserName));
  t.strictSame(pages, [['bob'], ['carol']]);
  await iam.send(new DeleteUserCommand({ UserName: 'bob' }));
  await t.rejects(iam.send(new DeleteUserCommand({ UserName: 'bob' })), GONE);
});

void test('a user’s tags and boundary survive a restart, and the boundary is not deleted under them', async (t) => {
  const dataDir = t.testdir();
  const first = await start(t, { dataDir });
  const PolicyDocument = identityPolicy({ Effect: 'Allow', Action: 'ecr:*', Resource: '*' });
  const { Policy } = await first.iam().send(new CreatePolicyCommand({ PolicyName: 'wall', PolicyDocument }));
  const [UserName, PolicyArn] = ['alice', Policy?.Arn];
  const Tags = [{ Key: 'team', Value: 'koa' }];
  await t.rejects(first.iam().send(new CreateUserCommand({ UserName, PermissionsBoundary: arnOf('none') })), GONE);
  await first.iam().send(new CreateUserCommand({ UserName, Tags }));
  await first.iam().send(new TagUserCommand({ UserName, Tags: [{ Key: 'stage', Value: 'prod' }] }));
  await first.iam().send(new UntagUserCommand({ UserName, TagKeys: ['team'] }));
  await first.iam().send(new PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary: PolicyArn }));
  await first.close();
  const iam = (await start(t, { dataDir })).iam();
  const { Tags: kept } = await iam.send(new ListUserTagsCommand({ UserName }));
  t.strictSame(kept, [{ Key: 'stage', Value: 'prod' }]);
  const { User } = await iam.send(new GetUserCommand({ UserName }));
  t.match(User, { PermissionsBoundary: { PermissionsBoundaryArn: PolicyArn }, Tags: kept });
  const { PolicyUsers } = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }));
  t.match(PolicyUsers, [{ UserName, UserId: User?.UserId }]);
  await t.rejects(iam.send(new DeletePolicyCommand({ PolicyArn })), { name: 'DeleteConflictException' });
  await iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName }));
  await t.resolves(iam.send(new DeletePolicyCommand({ PolicyArn })));
});

void test('a repository’s policy names a user who is there, and no other', async (t) => {
  const aws = await start(t);
  const repositoryName = 'koa/app';
  await aws.ecr().send(new CreateRepositoryCommand({ repositoryName }));
  const name = () => {
    const statement = { Effect: 'Allow', Principal: { AWS: arnOf('alice') }, Action: 'ecr:BatchGetImage' };
    const policyText = identityPolicy(statement);
    return aws.ecr().send(new SetRepositoryPolicyCommand({ repositoryName, policyText, force: true }));
  };
  await t.rejects(name(), { name: 'InvalidParameterException' });
  await aws.iam().send(new CreateUserCommand({ UserName: 'alice' }));
  await t.resolves(name());
});

void test('IAM decides who may change which user', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const iam = aws.iam();
  const RoleName = 'github-access-koa';
  await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
  await iam.send(new CreateUserCommand({ UserName: 'alice', Path: '/koa/' }));
  await iam.send(new CreateUserCommand({ UserName: 'bob' }));
  const PolicyDocument = identityPolicy({ Effect: 'Allow', Action: 'iam:*User', Resource: arnOf('koa/*') });
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'users', PolicyDocument }));
  const limited = aws.iam(await assume(aws, await token()));
  await t.resolves(limited.send(new CreateUserCommand({ UserName: 'carol', Path: '/koa/' })));
  await t.rejects(limited.send(new CreateUserCommand({ UserName: 'dave' })), { name: 'AccessDenied' });
  await t.resolves(limited.send(new DeleteUserCommand({ UserName: 'alice' })));
  await t.rejects(limited.send(new DeleteUserCommand({ UserName: 'bob' })), { name: 'AccessDenied' });
});
