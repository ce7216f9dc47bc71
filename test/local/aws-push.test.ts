import {
  BatchCheckLayerAvailabilityCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { DeleteRolePermissionsBoundaryCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { test } from 'tap';
import { ACCOUNT, assume, digestOf, identityPolicy, push, seed, start, token } from './aws-support.ts';

void test('a workflow that the role trusts pushes an image, and pulls back the very bytes', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const credentials = await assume(aws, await token());
  const who = await aws.sts(credentials).send(new GetCallerIdentityCommand({}));
  t.equal(who.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/github-access-koa/run-1`);
  const ecr = aws.ecr(credentials);
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  t.match(Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString(), /^AWS:/);

  await push(ecr, 'koa/app', '1.0.0');

  const layerDigest = digestOf('layer');
  const { layers } = await ecr.send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName: 'koa/app', layerDigests: [layerDigest] }),
  );
  t.match(layers, [{ layerAvailability: 'AVAILABLE', layerSize: 5 }]);
  const { images } = await ecr.send(
    new BatchGetImageCommand({ repositoryName: 'koa/app', imageIds: [{ imageTag: '1.0.0' }] }),
  );
  t.equal(images?.[0]?.imageId?.imageDigest, digestOf(images?.[0]?.imageManifest ?? ''));
  const { downloadUrl = '' } = await ecr.send(
    new GetDownloadUrlForLayerCommand({ repositoryName: 'koa/app', layerDigest }),
  );
  t.equal(await (await fetch(downloadUrl)).text(), 'layer');
  t.equal((await fetch(`${downloadUrl}x`)).status, 403, 'a URL that was not handed out gives nothing');
});

void test("a department's role cannot touch another department's repository", async (t) => {
  const aws = await start(t);
  await seed(aws);
  const ecr = aws.ecr(await assume(aws, await token()));
  await t.rejects(push(ecr, 'pol/app', '1.0.0'), { name: 'AccessDeniedException' });

  await aws.iam().send(
    new PutRolePolicyCommand({
      RoleName: 'github-access-koa',
      PolicyName: 'everything',
      PolicyDocument: identityPolicy({ Effect: 'Allow', Action: '*', Resource: '*' }),
    }),
  );
  await t.rejects(
    push(ecr, 'pol/app', '1.0.0'),
    { name: 'AccessDeniedException' },
    'not even when its policy allows all',
  );
  await push(ecr, 'koa/app', '1.0.0');
});

void test('an account that a repository policy names pulls; others do not', async (t) => {
  const aws = await start(t);
  await seed(aws);
  await push(aws.ecr(), 'koa/app', '1.0.0');
  const pull = async (accountId: string) =>
    aws
      .ecr({ accessKeyId: `account-${accountId}`, secretAccessKey: 'local' })
      .send(
        new BatchGetImageCommand({ registryId: ACCOUNT, repositoryName: 'koa/app', imageIds: [{ imageTag: '1.0.0' }] }),
      );
  await t.rejects(pull('444455556666'), { name: 'AccessDeniedException' });
  await aws.ecr().send(
    new SetRepositoryPolicyCommand({
      repositoryName: 'koa/app',
      policyText: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Sid: 'EcpPull', Effect: 'Allow', Principal: { AWS: ['444455556666'] }, Action: ['ecr:BatchGetImage'] },
        ],
      }),
    }),
  );
  t.equal((await pull('444455556666')).images?.length, 1);
  await t.rejects(pull('777788889999'), { name: 'AccessDeniedException' });
});

void test('an image for the organisation is pulled by its accounts and no other', async (t) => {
  const aws = await start(t, { organisationAccounts: ['444455556666'] });
  await seed(aws);
  await push(aws.ecr(), 'koa/app', '1.0.0');
  await aws.ecr().send(
    new SetRepositoryPolicyCommand({
      repositoryName: 'koa/app',
      policyText: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'EcpOrganisation',
            Effect: 'Allow',
            Principal: '*',
            Action: ['ecr:BatchGetImage'],
            Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-example' } },
          },
        ],
      }),
    }),
  );
  const pull = async (accountId: string) =>
    aws
      .ecr({ accessKeyId: `account-${accountId}`, secretAccessKey: 'local' })
      .send(
        new BatchGetImageCommand({ registryId: ACCOUNT, repositoryName: 'koa/app', imageIds: [{ imageTag: '1.0.0' }] }),
      );
  t.equal((await pull('444455556666')).images?.length, 1);
  await t.rejects(pull('777788889999'), { name: 'AccessDeniedException' });
});

void test('a download URL is good for an hour', async (t) => {
  let now = new Date();
  const aws = await start(t, { now: () => now });
  await seed(aws);
  await push(aws.ecr(), 'koa/app', '1.0.0');
  const layerDigest = digestOf('layer');
  const wanted = new GetDownloadUrlForLayerCommand({ repositoryName: 'koa/app', layerDigest });
  const { downloadUrl = '' } = await aws.ecr().send(wanted);
  now = new Date(now.getTime() + 3_599_999);
  t.equal((await fetch(downloadUrl)).status, 200);
  now = new Date(now.getTime() + 1);
  t.equal((await fetch(downloadUrl)).status, 403);
});

void test('a request that is larger than any of ECR is cut off', async (t) => {
  const { endpoint } = await start(t);
  const status = await fetch(endpoint, { method: 'POST', body: Buffer.alloc(33 * 1024 * 1024) }).then(
    (response) => response.status,
    () => 'cut off',
  );
  t.ok(status === 413 || status === 'cut off', String(status));
});

void test('tags at birth need the right to tag', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const policy = identityPolicy({ Effect: 'Allow', Action: 'ecr:CreateRepository', Resource: '*' });
  const put = { RoleName: 'github-access-koa', PolicyName: 'create', PolicyDocument: policy };
  await aws.iam().send(new PutRolePolicyCommand(put));
  await aws.iam().send(new DeleteRolePermissionsBoundaryCommand({ RoleName: 'github-access-koa' }));
  const ecr = aws.ecr(await assume(aws, await token()));
  const tags = [{ Key: 'ecp:department', Value: 'koa' }];
  const tagged = ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/two', tags }));
  await t.rejects(tagged, { name: 'AccessDeniedException', message: /ecr:TagResource/ });
  await t.resolves(ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/two' })));
});
