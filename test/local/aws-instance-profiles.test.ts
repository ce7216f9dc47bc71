/** Instance profiles of the embedded AWS, which tools for infrastructure as code make with a machine's role. */
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  GetInstanceProfileCommand,
  ListInstanceProfilesCommand,
  ListInstanceProfilesForRoleCommand,
  ListInstanceProfileTagsCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  UntagInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import { test } from 'tap';
import { ACCOUNT, assume, identityPolicy, seed, start, token, TRUST } from './aws-support.ts';

const InstanceProfileName = 'machine';
const ARN = `arn:aws:iam::${ACCOUNT}:instance-profile/ci/machine`;

void test('an instance profile has one role, and neither is deleted while it does', async (t) => {
  const iam = (await start(t)).iam();
  for (const RoleName of ['app', 'other'])
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
  const { InstanceProfile } = await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Path: '/ci/' }));
  t.match(InstanceProfile, { Arn: ARN, InstanceProfileId: /^AIPA/, Path: '/ci/', Roles: [] });
  await t.rejects(iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'Machine' })), {
    name: 'EntityAlreadyExistsException',
  });
  const add = (RoleName: string) => iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
  await t.rejects(add('nobody'), { name: 'NoSuchEntityException' });
  await add('app');
  await t.rejects(add('other'), { name: 'LimitExceededException' });
  const shown = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
  t.match(shown.InstanceProfile, { Roles: [{ RoleName: 'app' }] });
  t.match(await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName: 'app' })), {
    InstanceProfiles: [{ InstanceProfileName }],
  });
  const conflict = { name: 'DeleteConflictException' };
  await t.rejects(iam.send(new DeleteRoleCommand({ RoleName: 'app' })), conflict);
  await t.rejects(iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName })), conflict);
  const remove = (RoleName: string) =>
    iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
  await t.rejects(remove('other'), { name: 'NoSuchEntityException' });
  await remove('app');
  await iam.send(new DeleteRoleCommand({ RoleName: 'app' }));
  await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
  await t.rejects(iam.send(new GetInstanceProfileCommand({ InstanceProfileName })), { name: 'NoSuchEntityException' });
});

void test('an instance profile with its tags survives a restart with a data directory', async (t) => {
  const dataDir = t.testdir();
  const first = await start(t, { dataDir });
  const Tags = [{ Key: 'team', Value: 'koa' }];
  await first.iam().send(new CreateInstanceProfileCommand({ InstanceProfileName, Tags }));
  await first
    .iam()
    .send(new TagInstanceProfileCommand({ InstanceProfileName, Tags: [{ Key: 'stage', Value: 'prod' }] }));
  await first.iam().send(new UntagInstanceProfileCommand({ InstanceProfileName, TagKeys: ['team'] }));
  await first.close();
  const iam = (await start(t, { dataDir })).iam();
  t.match(await iam.send(new ListInstanceProfilesCommand({})), { InstanceProfiles: [{ InstanceProfileName }] });
  t.strictSame((await iam.send(new ListInstanceProfilesCommand({ PathPrefix: '/ci/' }))).InstanceProfiles, []);
  const { Tags: kept } = await iam.send(new ListInstanceProfileTagsCommand({ InstanceProfileName }));
  t.strictSame(kept, [{ Key: 'stage', Value: 'prod' }]);
});

void test('who may change an instance profile gives it no role that they may not pass on', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const iam = aws.iam();
  const RoleName = 'github-access-koa';
  await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Path: '/ci/' }));
  await iam.send(new CreateRoleCommand({ RoleName: 'app', AssumeRolePolicyDocument: TRUST }));
  const change = { Effect: 'Allow', Action: 'iam:AddRoleToInstanceProfile', Resource: ARN };
  const pass = {
    Effect: 'Allow',
    Action: 'iam:PassRole',
    Resource: `arn:aws:iam::${ACCOUNT}:role/app`,
    Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
  };
  const allow = (...statements: object[]) =>
    iam.send(
      new PutRolePolicyCommand({ RoleName, PolicyName: 'change', PolicyDocument: identityPolicy(...statements) }),
    );
  const limited = aws.iam(await assume(aws, await token()));
  const add = () => limited.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: 'app' }));
  await allow(change);
  await t.rejects(add(), { name: 'AccessDenied', message: /iam:PassRole/ });
  await allow(pass);
  await t.rejects(add(), { name: 'AccessDenied', message: /iam:AddRoleToInstanceProfile/ });
  await allow(change, pass);
  await t.resolves(add());
});
