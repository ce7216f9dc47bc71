/** Temporary credentials of a root: who may ask for them, what they can do, and when they end. */
import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { GetRoleCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts';
import type { GetSessionTokenRequest } from '@aws-sdk/client-sts';
import { test } from 'tap';
import { ACCOUNT, assume, identityPolicy, ROLE_ARN, seed, start, token } from './aws-support.ts';
import type { Credentials, Running } from './aws-support.ts';

const OTHER = '444455556666';
const DENIED = { name: 'AccessDenied' };
const HOUR = 3_600_000;
const DESCRIBE = new DescribeRepositoriesCommand({});

/** Asks for temporary credentials, of the account's root unless other credentials are given. */
async function ask(aws: Running, input: GetSessionTokenRequest = {}, by?: Credentials) {
  const { Credentials: given } = await aws.sts(by).send(new GetSessionTokenCommand(input));
  return {
    expiration: given?.Expiration,
    accessKeyId: given?.AccessKeyId ?? '',
    secretAccessKey: given?.SecretAccessKey ?? '',
    sessionToken: given?.SessionToken ?? '',
  };
}

/** The header by which these credentials' Docker client asks the registry. */
async function registryLogin(aws: Running, by: Credentials) {
  const { authorizationData } = await aws.ecr(by).send(new GetAuthorizationTokenCommand({}));
  return { authorization: `Basic ${authorizationData?.[0]?.authorizationToken}` };
}

void test('a root’s session is that root, with its rights', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const session = await ask(aws);
  t.match(session.accessKeyId, /^ASIA/);
  const arn = `arn:aws:iam::${ACCOUNT}:root`;
  t.match(await aws.sts(session).send(new GetCallerIdentityCommand({})), { Account: ACCOUNT, Arn: arn });
  await t.resolves(aws.ecr(session).send(new CreateRepositoryCommand({ repositoryName: 'koa/by-session' })));
});

void test('a session of another account’s root is that account’s, and sees nothing of this one', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const session = await ask(aws, {}, { accessKeyId: `account-${OTHER}`, secretAccessKey: 'local' });
  t.match(await aws.sts(session).send(new GetCallerIdentityCommand({})), { Account: OTHER });
  const ours = new DescribeRepositoriesCommand({ registryId: ACCOUNT });
  await t.rejects(aws.ecr(session).send(ours), { name: 'AccessDeniedException' });
});

void test('a policy tells a root’s session from its static key by when the session was issued', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const policyText = identityPolicy({
    Effect: 'Allow',
    Principal: { AWS: OTHER },
    Action: 'ecr:ListImages',
    Condition: { DateGreaterThan: { 'aws:TokenIssueTime': '2020-01-01T00:00:00Z' } },
  });
  await aws.ecr().send(new SetRepositoryPolicyCommand({ repositoryName: 'koa/app', policyText }));
  const root = { accessKeyId: `account-${OTHER}`, secretAccessKey: 'local' };
  const list = new ListImagesCommand({ registryId: ACCOUNT, repositoryName: 'koa/app' });
  await t.rejects(aws.ecr(root).send(list), { name: 'AccessDeniedException' });
  const session = await ask(aws, {}, root);
  await t.resolves(aws.ecr(session).send(list));
  const tags = async (by: Credentials) =>
    (await fetch(`${aws.endpoint}/v2/koa/app/tags/list`, { headers: await registryLogin(aws, by) })).status;
  t.equal(await tags(root), 403, 'so does the registry');
  t.equal(await tags(session), 200);
});

void test('a root’s session makes no call to IAM, and none to STS but AssumeRole and GetCallerIdentity', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const session = await ask(aws);
  const unknown = { name: 'InvalidClientTokenId' };
  await t.rejects(aws.iam(session).send(new ListRolesCommand({})), unknown);
  await t.rejects(aws.iam(session).send(new GetRoleCommand({ RoleName: 'github-access-koa' })), unknown);
  await t.rejects(ask(aws, {}, session), {
    ...DENIED,
    message: 'Cannot call GetSessionToken with session credentials',
  });
  const assumption = aws.sts(session).send(new AssumeRoleCommand({ RoleArn: ROLE_ARN, RoleSessionName: 'run' }));
  await t.rejects(assumption, { ...DENIED, message: 'Roles may not be assumed by root accounts.' });
});

void test('no session of a role gets a session token', async (t) => {
  const aws = await start(t);
  await seed(aws);
  await t.rejects(ask(aws, {}, await assume(aws, await token())), DENIED);
});

void test('a root’s session needs its own secret and its own session token in each request', async (t) => {
  const aws = await start(t);
  const { accessKeyId, secretAccessKey, sessionToken } = await ask(aws);
  const another = await ask(aws);
  const rows: readonly (readonly [string, Credentials, string])[] = [
    ['no token', { accessKeyId, secretAccessKey }, 'UnrecognizedClientException'],
    ['a wrong token', { accessKeyId, secretAccessKey, sessionToken: 'x' }, 'UnrecognizedClientException'],
    ['another session’s token', { ...another, accessKeyId, secretAccessKey }, 'UnrecognizedClientException'],
    ['another session’s secret', { ...another, accessKeyId, sessionToken }, 'InvalidSignatureException'],
    ['the static secret', { accessKeyId, secretAccessKey: 'local', sessionToken }, 'InvalidSignatureException'],
    [
      'the static key, with a token',
      { accessKeyId: 'local', secretAccessKey: 'local', sessionToken },
      'UnrecognizedClientException',
    ],
  ];
  for (const [title, credentials, name] of rows) await t.rejects(aws.ecr(credentials).send(DESCRIBE), { name }, title);
  await t.resolves(aws.ecr({ accessKeyId, secretAccessKey, sessionToken }).send(DESCRIBE));
});

void test('a root’s session lasts as long as it asked for, an hour at most and by default', async (t) => {
  const now = new Date('2026-10-01T00:00:00Z');
  const aws = await start(t, { now: () => now });
  const lasts = async (input?: GetSessionTokenRequest) =>
    ((await ask(aws, input)).expiration?.getTime() ?? 0) - now.getTime();
  t.equal(await lasts(), HOUR);
  t.equal(await lasts({ DurationSeconds: 900 }), 900_000);
  t.equal(await lasts({ DurationSeconds: 129_600 }), HOUR, 'a user’s longest session is not a root’s');
  await t.rejects(ask(aws, { DurationSeconds: 899 }), { name: 'ValidationError' });
  await t.rejects(ask(aws, { DurationSeconds: 129_601 }), { name: 'ValidationError' });
});

void test('a session that is over can do nothing, nor can the registry’s token that it got', async (t) => {
  let now = new Date('2026-10-01T00:00:00Z');
  const aws = await start(t, { now: () => now });
  const session = await ask(aws, { DurationSeconds: 900 });
  const { authorizationData } = await aws.ecr(session).send(new GetAuthorizationTokenCommand({}));
  t.strictSame(authorizationData?.[0]?.expiresAt, session.expiration);
  const headers = await registryLogin(aws, session);
  const knock = async () => (await fetch(`${aws.endpoint}/v2/`, { headers })).status;
  t.equal(await knock(), 200);
  now = new Date(now.getTime() + 899_999);
  await t.resolves(aws.ecr(session).send(DESCRIBE));
  now = new Date(now.getTime() + 1);
  await t.rejects(aws.ecr(session).send(DESCRIBE), { name: 'ExpiredTokenException' });
  await t.rejects(aws.sts(session).send(new GetCallerIdentityCommand({})), { name: 'ExpiredToken' });
  t.not(await knock(), 200);
});

void test('a code of an MFA device is refused, because no root has a device', async (t) => {
  const aws = await start(t);
  const SerialNumber = `arn:aws:iam::${ACCOUNT}:mfa/root`;
  await t.rejects(ask(aws, { SerialNumber, TokenCode: '123456' }), DENIED);
  await t.rejects(ask(aws, { TokenCode: '123456' }), DENIED);
  await t.rejects(ask(aws, { SerialNumber }), DENIED);
});

void test('a root’s session outlives the process that issued it, unless its account is gone', async (t) => {
  const dataDir = t.testdir();
  const before = await start(t, { dataDir });
  const [own, others] = [
    await ask(before),
    await ask(before, {}, { accessKeyId: `account-${OTHER}`, secretAccessKey: 'local' }),
  ];
  await before.close();
  const after = await start(t, { dataDir, accounts: [] });
  const whoIs = (credentials: Credentials) => after.sts(credentials).send(new GetCallerIdentityCommand({}));
  t.match(await whoIs(own), { Account: ACCOUNT });
  await t.rejects(whoIs(others), { name: 'InvalidClientTokenId' });
});
