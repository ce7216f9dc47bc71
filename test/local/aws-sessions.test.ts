import { BatchGetImageCommand, DescribeRepositoriesCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import type { ECRClientConfig } from '@aws-sdk/client-ecr';
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as fc from 'fast-check';
import { exportJWK, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import type { JWK } from 'jose';
import { test } from 'tap';
import {
  ACCOUNT,
  assume,
  HOST,
  identityPolicy,
  ISSUER,
  jwks,
  keys,
  push,
  REGION,
  ROLE_ARN,
  seed,
  start,
  strangersKeys,
  token,
  TRUST,
  trust,
} from './aws-support.ts';
import { runs } from '../support/extent.ts';

const HOUR = 3_600_000;

void test('only a token of the provider, for its audience, that the trust policy describes, assumes the role', async (t) => {
  const keysOfAnyAlgorithm = jwks.keys.map(({ n, e }) => ({ kty: 'RSA', kid: 'one', n, e }) as JWK);
  const issuerKeys = async () => Promise.resolve({ keys: keysOfAnyAlgorithm });
  const pssKey = await importJWK(await exportJWK(keys.privateKey), 'PS256');
  const aws = await start(t, { issuerKeys });
  await seed(aws);
  const now = Math.floor(Date.now() / 1000);
  const body = { iss: ISSUER, aud: 'sts.amazonaws.com', sub: 'repo:acme/app:ref:refs/heads/main', repository_id: '42' };
  const symmetric = new SignJWT({ ...body, iat: now, exp: now + 300 }).setProtectedHeader({ alg: 'HS256', kid: 'one' });
  const rows: readonly (readonly [string, Promise<string>, string])[] = [
    ['signed by a stranger', token({}, { key: strangersKeys.privateKey }), 'InvalidIdentityTokenException'],
    [
      'of no algorithm',
      Promise.resolve(new UnsecuredJWT({ ...body, iat: now, exp: now + 300 }).encode()),
      'InvalidIdentityTokenException',
    ],
    [
      'of a shared secret',
      symmetric.sign(new TextEncoder().encode('secret'.repeat(8))),
      'InvalidIdentityTokenException',
    ],
    ['that is no token', Promise.resolve('not-a-token'), 'InvalidIdentityTokenException'],
    ['of another issuer', token({ iss: 'https://issuer.example' }), 'InvalidIdentityTokenException'],
    ['of the issuer without its scheme', token({ iss: HOST }), 'InvalidIdentityTokenException'],
    ['of another algorithm', token({}, { alg: 'PS256', key: pssKey }), 'InvalidIdentityTokenException'],
    ['of the issuer over http', token({ iss: `http://${HOST}` }), 'InvalidIdentityTokenException'],
    ['for another audience', token({ aud: 'other' }), 'InvalidIdentityTokenException'],
    ['that is expired', token({}, { at: new Date(Date.now() - HOUR) }), 'ExpiredTokenException'],
    ['that is not valid yet', token({}, { at: new Date(Date.now() + HOUR) }), 'InvalidIdentityTokenException'],
    ['of another repository', token({ repository_id: '43' }), 'AccessDenied'],
    ['of no repository', token({ repository_id: undefined }), 'AccessDenied'],
    ['of another organisation', token({ sub: 'repo:evil/app:ref:refs/heads/main' }), 'AccessDenied'],
    ['of a pull request', token({ sub: 'repo:acme/app:pull_request' }), 'AccessDenied'],
  ];
  for (const [title, webIdentityToken, name] of rows) {
    await t.rejects(assume(aws, await webIdentityToken), { name }, `a token ${title}`);
  }
  await t.resolves(assume(aws, await token({ sub: 'repo:acme@7/app@42:ref:refs/heads/main' })), 'the immutable form');
});

void test('a claim that STS does not map is no condition key', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const on = (claim: string) =>
    trust({ StringEquals: { [`${HOST}:${claim}`]: 'x' }, StringLike: { [`${HOST}:sub`]: 'repo:acme/*' } });
  for (const [claim, mapped] of [
    ['environment', true],
    ['event_name', false],
    ['repository_owner', false],
  ] as const) {
    const update = new UpdateAssumeRolePolicyCommand({ RoleName: 'github-access-koa', PolicyDocument: on(claim) });
    await aws.iam().send(update);
    const assumed = assume(aws, await token({ [claim]: 'x' }));
    await (mapped ? t.resolves(assumed, claim) : t.rejects(assumed, { name: 'AccessDenied' }, claim));
  }
});

void test('a role that does not exist, and one that is not visible yet, are refused alike', async (t) => {
  let now = new Date();
  const aws = await start(t, { roleVisibleAfterSeconds: 10, now: () => now });
  await seed(aws);
  await t.rejects(assume(aws, await token({}, { at: now })), { name: 'AccessDenied' });
  const elsewhere = new AssumeRoleWithWebIdentityCommand({
    RoleArn: `${ROLE_ARN}-none`,
    RoleSessionName: 'run',
    WebIdentityToken: await token({}, { at: now }),
  });
  await t.rejects(aws.sts().send(elsewhere), { name: 'AccessDenied' });
  now = new Date(now.getTime() + 10_000);
  await t.resolves(assume(aws, await token({}, { at: now })));
});

void test('a session lasts no longer than it was asked for, nor than the role lets it', async (t) => {
  let now = new Date();
  const aws = await start(t, { now: () => now });
  await seed(aws);
  await t.rejects(assume(aws, await token({}, { at: now }), 3601), { name: 'ValidationError' });
  await t.rejects(assume(aws, await token({}, { at: now }), 899), { name: 'ValidationError' });
  const credentials = await assume(aws, await token({}, { at: now }), 900);
  await push(aws.ecr(credentials), 'koa/app', '1.0.0');
  now = new Date(now.getTime() + 900_000);
  await t.rejects(push(aws.ecr(credentials), 'koa/app', '2.0.0', 'other'), { name: 'ExpiredTokenException' });
  await t.rejects(aws.sts(credentials).send(new GetCallerIdentityCommand({})), { name: 'ExpiredToken' });
});

void test("IAM's dated Deny ends the sessions before it and no later one", async (t) => {
  let now = new Date();
  const aws = await start(t, { now: () => now });
  await seed(aws);
  const before = await assume(aws, await token({}, { at: now }));
  now = new Date(now.getTime() + 60_000);
  const Condition = { DateLessThan: { 'aws:TokenIssueTime': now.toISOString() } };
  const deny = identityPolicy({ Effect: 'Deny', Action: ['*'], Resource: ['*'], Condition });
  const put = { RoleName: 'github-access-koa', PolicyName: 'AWSRevokeOlderSessions', PolicyDocument: deny };
  await aws.iam().send(new PutRolePolicyCommand(put));
  await t.rejects(push(aws.ecr(before), 'koa/app', '1.0.0'), { name: 'AccessDeniedException' });
  await push(aws.ecr(await assume(aws, await token({}, { at: now }))), 'koa/app', '1.0.0');
});

void test('a change of policy reaches the sessions that are alive', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const credentials = await assume(aws, await token());
  await push(aws.ecr(credentials), 'koa/app', '1.0.0');
  await aws.iam().send(new DeleteRolePolicyCommand({ RoleName: 'github-access-koa', PolicyName: 'push' }));
  await t.rejects(push(aws.ecr(credentials), 'koa/app', '2.0.0', 'other'), { name: 'AccessDeniedException' });

  await aws.iam().send(new DeleteRoleCommand({ RoleName: 'github-access-koa' }));
  const again = { RoleName: 'github-access-koa', AssumeRolePolicyDocument: TRUST };
  await aws.iam().send(new CreateRoleCommand(again));
  const described = aws.ecr(credentials).send(new DescribeRepositoriesCommand({}));
  await t.rejects(described, { name: 'UnrecognizedClientException' }, 'a role of the same name is another role');
});

void test('a session policy limits what the role grants', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const { Credentials } = await aws.sts().send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: ROLE_ARN,
      RoleSessionName: 'reader',
      WebIdentityToken: await token(),
      Policy: identityPolicy({ Effect: 'Allow', Action: 'ecr:BatchGetImage', Resource: '*' }),
    }),
  );
  const ecr = aws.ecr({
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  });
  await t.resolves(ecr.send(new BatchGetImageCommand({ repositoryName: 'koa/app', imageIds: [{ imageTag: 'x' }] })));
  await t.rejects(push(ecr, 'koa/app', '1.0.0'), { name: 'AccessDeniedException' });
});

void test('a request that its key did not sign is refused', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const real = await assume(aws, await token());
  const rows = [
    ['another secret', { ...real, secretAccessKey: 'x' }, 'InvalidSignatureException', 'SignatureDoesNotMatch'],
    ['another session token', { ...real, sessionToken: 'x' }, 'UnrecognizedClientException', 'InvalidClientTokenId'],
    ['an unknown key', { ...real, accessKeyId: 'ASIAX' }, 'UnrecognizedClientException', 'InvalidClientTokenId'],
    [
      'the wrong local secret',
      { accessKeyId: 'local', secretAccessKey: 'x' },
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
    ],
    [
      'an account that does not exist',
      { accessKeyId: 'account-000000000000', secretAccessKey: 'local' },
      'UnrecognizedClientException',
      'InvalidClientTokenId',
    ],
  ] as const;
  for (const [title, credentials, ecrName, iamName] of rows) {
    await t.rejects(aws.ecr(credentials).send(new DescribeRepositoriesCommand({})), { name: ecrName }, title);
    await t.rejects(aws.iam(credentials).send(new GetRoleCommand({ RoleName: 'x' })), { name: iamName }, title);
  }
});

void test('a request that was changed after it was signed is refused', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const common = { endpoint: aws.endpoint, region: REGION, credentials, maxAttempts: 1 };
  const ecr = new ECRClient(common);
  const iam = new IAMClient(common);
  const tampering = (change: (request: { body?: unknown; headers: Record<string, string> }) => void) => {
    type Request = Parameters<typeof change>[0];
    // After the signer: the last thing before the wire.
    return [
      (next: (args: never) => Promise<never>) => async (args: { request: unknown }) => {
        change(args.request as Request);
        return next(args as never);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'tampering' },
    ] as const;
  };
  const [body, at] = tampering((request) => (request.body = '{"repositoryNames":["pol/app"]}'));
  ecr.middlewareStack.add(body as never, at as never);
  const describe = new DescribeRepositoriesCommand({ repositoryNames: ['koa/app'] });
  await t.rejects(ecr.send(describe), { name: 'InvalidSignatureException' }, 'its body');

  const [target, there] = tampering((request) => {
    request.headers['x-amz-target'] = 'AmazonEC2ContainerRegistry_V20150921.DeleteRepository';
  });
  const other = new ECRClient(common);
  other.middlewareStack.add(target as never, there as never);
  await t.rejects(other.send(describe), { name: 'InvalidSignatureException' }, 'its operation');

  // Signed without the header that names the operation, which is put in afterwards.
  const [without, first] = tampering((request) => delete request.headers['x-amz-target']);
  const smuggling = new ECRClient(common);
  smuggling.middlewareStack.add(without as never, { ...first, step: 'build', name: 'without' } as never);
  smuggling.middlewareStack.add(target as never, there as never);
  await t.rejects(smuggling.send(describe), { name: 'InvalidSignatureException' }, 'an operation that is not signed');

  const elsewhere = new ECRClient({ ...common, signingName: 'iam' } as ECRClientConfig);
  await t.rejects(elsewhere.send(describe), { name: 'InvalidSignatureException' }, 'signed for another service');

  const [unsigned, here] = tampering((request) => delete request.headers['authorization']);
  iam.middlewareStack.add(unsigned as never, here as never);
  await t.rejects(
    iam.send(new GetRoleCommand({ RoleName: 'x' })),
    { name: 'MissingAuthenticationToken' },
    'no signature',
  );
});

void test('a session makes IAM calls only as its policies allow, down to the boundary that they ask for', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const boundary = `arn:aws:iam::${ACCOUNT}:policy/boundary`;
  const maker = identityPolicy({
    Effect: 'Allow',
    Action: ['iam:CreateRole', 'iam:TagRole'],
    Resource: `arn:aws:iam::${ACCOUNT}:role/github-access-*`,
    Condition: { StringEquals: { 'iam:PermissionsBoundary': boundary } },
  });
  await aws.iam().send(new CreateRoleCommand({ RoleName: 'executor', AssumeRolePolicyDocument: TRUST }));
  await aws.iam().send(new PutRolePolicyCommand({ RoleName: 'executor', PolicyName: 'p', PolicyDocument: maker }));
  const { Credentials } = await aws.sts().send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/executor`,
      RoleSessionName: 'run',
      WebIdentityToken: await token(),
    }),
  );
  const iam = aws.iam({
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  });
  const create = (RoleName: string, PermissionsBoundary?: string) =>
    iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST, PermissionsBoundary }));
  await t.resolves(create('github-access-pol', boundary));
  await t.rejects(create('github-access-all'), { name: 'AccessDenied' }, 'without the boundary');
  await t.rejects(create('administrator', boundary), { name: 'AccessDenied' }, 'under another name');
});

void test("another account's root sees nothing of this account but what a policy lets it", async (t) => {
  const aws = await start(t);
  await seed(aws);
  const stranger = { accessKeyId: 'account-444455556666', secretAccessKey: 'local' };
  const { Account } = await aws.sts(stranger).send(new GetCallerIdentityCommand({}));
  t.equal(Account, '444455556666');
  await t.rejects(aws.iam(stranger).send(new GetRoleCommand({ RoleName: 'github-access-koa' })), {
    name: 'AccessDenied',
  });
  const own = new PutImageCommand({ repositoryName: 'koa/app', imageManifest: '{}' });
  await t.rejects(aws.ecr(stranger).send(own), { name: 'RepositoryNotFoundException' }, 'its own registry is empty');
  const ours = new DescribeRepositoriesCommand({ registryId: ACCOUNT });
  await t.rejects(aws.ecr(stranger).send(ours), { name: 'AccessDeniedException' });
});

void test('an issuer whose keys cannot be had is an error of its own', async (t) => {
  const aws = await start(t, { issuerKeys: async () => Promise.reject(new Error('down')) });
  await seed(aws);
  const sts = new STSClient({ endpoint: aws.endpoint, region: REGION, maxAttempts: 1 });
  const assumed = sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: ROLE_ARN,
      RoleSessionName: 'run',
      WebIdentityToken: await token(),
    }),
  );
  await t.rejects(assumed, { name: 'IDPCommunicationErrorException' });
});

void test('whatever is sent, the answer is a refusal and never a failure', async (t) => {
  const { endpoint } = await start(t);
  const text = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('', '__proto__', 'Tags.member.1.Key', '{}', '[]'),
  );
  const form = fc
    .array(fc.tuple(text, text), { maxLength: 6 })
    .map((pairs) => new URLSearchParams([...pairs, ['Version', '2011-06-15']]).toString());
  const assuming = form.map((body) => `Action=AssumeRoleWithWebIdentity&${body}`);
  const target = fc.constantFrom('', 'AmazonEC2ContainerRegistry_V20150921.CreateRepository', 'x.constructor');
  const authorization = fc.constantFrom('', 'AWS4-HMAC-SHA256 x', 'Bearer x');
  await fc.assert(
    fc.asyncProperty(fc.oneof(form, assuming, text, fc.json()), target, authorization, async (body, to, signed) => {
      const headers = {
        ...(to === '' ? {} : { 'x-amz-target': to }),
        ...(signed === '' ? {} : { authorization: signed }),
      };
      const response = await fetch(endpoint, { method: 'POST', headers, body });
      return response.status >= 400 && response.status < 500 && (await response.text()) !== '';
    }),
    { numRuns: runs(300) },
  );
});
