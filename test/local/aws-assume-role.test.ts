/** One role's session assumes another role: the trust policy decides, with the policies of who asks. */
import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import {
  CreateRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { AssumeRoleRequest } from '@aws-sdk/client-sts';
import { test } from 'tap';
import type { Test } from 'tap';
import { ACCOUNT, assume, identityPolicy, ROLE_ARN, seed, start, token } from './aws-support.ts';

const RoleArn = `arn:aws:iam::${ACCOUNT}:role/deploy`;
const OTHER = '444455556666';
const DENIED = { name: 'AccessDenied' };

/** A trust policy in these principals. */
function trusting(AWS: string, Condition: object = {}): string {
  return identityPolicy({ Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole', Condition });
}

/** The push role's session, and the role `deploy` which may ask for a registry's token. */
async function ready(t: Test, trustPolicy: string) {
  const aws = await start(t);
  await seed(aws);
  const iam = aws.iam();
  const RoleName = 'github-access-koa';
  await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
  await iam.send(new CreateRoleCommand({ RoleName: 'deploy', AssumeRolePolicyDocument: trustPolicy }));
  const PolicyDocument = identityPolicy({ Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' });
  await iam.send(new PutRolePolicyCommand({ RoleName: 'deploy', PolicyName: 'login', PolicyDocument }));
  const sts = aws.sts(await assume(aws, await token()));
  const become = (more: Partial<AssumeRoleRequest> = {}) =>
    sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'step-2', ...more }));
  const allow = (Effect: 'Allow' | 'Deny' = 'Allow') =>
    iam.send(
      new PutRolePolicyCommand({
        RoleName,
        PolicyName: 'become',
        PolicyDocument: identityPolicy({
          Effect,
          Action: 'sts:AssumeRole',
          Resource: `arn:aws:iam::${ACCOUNT}:role/*`,
        }),
      }),
    );
  const trust = (PolicyDocument: string) =>
    iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'deploy', PolicyDocument }));
  return { aws, iam, become, allow, trust };
}

void test('a session becomes a role that trusts its own role by name, and can do what that role can', async (t) => {
  const { aws, become, iam } = await ready(t, trusting(ROLE_ARN));
  const { Credentials, AssumedRoleUser } = await become();
  const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/step-2`;
  t.match(AssumedRoleUser, { Arn: arn, AssumedRoleId: /^AROA\w+:step-2$/ });
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
  t.match(await aws.sts(credentials).send(new GetCallerIdentityCommand({})), { Arn: arn, Account: ACCOUNT });
  const login = () => aws.ecr(credentials).send(new GetAuthorizationTokenCommand({}));
  await t.resolves(login());
  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'deploy', PolicyName: 'login' }));
  await t.rejects(login(), { name: 'AccessDeniedException' });
});

void test('a role that trusts the account is assumed by those whose own policies allow it', async (t) => {
  const { become, allow } = await ready(t, trusting(ACCOUNT));
  await t.rejects(become(), DENIED);
  await allow();
  await t.resolves(become());
  await allow('Deny');
  await t.rejects(become(), DENIED);
});

void test('a role is not assumed by whom it does not trust, whatever their own policies allow', async (t) => {
  const { become, allow, trust } = await ready(t, trusting(OTHER));
  await allow();
  await t.rejects(become(), DENIED);
  await trust(trusting(ROLE_ARN, { StringEquals: { 'sts:ExternalId': 'of-acme' } }));
  await t.rejects(become(), DENIED);
  await t.rejects(become({ ExternalId: 'of-another' }), DENIED);
  await t.resolves(become({ ExternalId: 'of-acme' }));
  await trust(trusting(ROLE_ARN, { StringEquals: { 'sts:RoleSessionName': 'step-3' } }));
  await t.rejects(become(), DENIED);
  await t.resolves(become({ RoleSessionName: 'step-3' }));
});

void test('who may assume a role marks the session only where the role’s trust policy allows that, too', async (t) => {
  const { become, trust } = await ready(t, trusting(ROLE_ARN));
  const tagged = { Tags: [{ Key: 'team', Value: 'koa' }] };
  const known = { SourceIdentity: 'alice' };
  await t.rejects(become(tagged), DENIED);
  await t.rejects(become(known), DENIED);
  const Action = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
  await trust(identityPolicy({ Effect: 'Allow', Principal: { AWS: ROLE_ARN }, Action }));
  await t.resolves(become(tagged));
  await t.resolves(become(known));
});

void test('a role that is not there is refused as one that does not trust its caller', async (t) => {
  const { become, allow } = await ready(t, trusting(OTHER));
  await allow();
  const missing = `arn:aws:iam::${ACCOUNT}:role/missing`;
  const messageOf = async (arn: string) =>
    become({ RoleArn: arn }).then(
      () => 'assumed',
      (error: unknown) => String(error).replace(arn, 'ROLE'),
    );
  const refusal = await messageOf(RoleArn);
  t.match(refusal, /not authorized to perform: sts:AssumeRole on resource: ROLE/);
  t.equal(await messageOf(missing), refusal);
});

void test('no root of an account assumes a role, though the role trusts the account', async (t) => {
  const { aws, trust } = await ready(t, trusting(ACCOUNT));
  const ask = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'step-2' });
  await t.rejects(aws.sts().send(ask), DENIED);
  await trust(trusting(OTHER));
  await t.rejects(aws.sts({ accessKeyId: `account-${OTHER}`, secretAccessKey: 'local' }).send(ask), DENIED);
});

void test('a role’s session assumes another role for an hour at most, within the policy that it asks for', async (t) => {
  const { aws, become } = await ready(t, trusting(ROLE_ARN));
  await t.rejects(become({ DurationSeconds: 3601 }), { name: 'ValidationError' });
  await t.rejects(become({ Policy: '{}' }), { name: 'MalformedPolicyDocumentException' });
  const Policy = identityPolicy({ Effect: 'Allow', Action: 'ecr:DescribeRepositories', Resource: '*' });
  const { Credentials } = await become({ DurationSeconds: 900, Policy });
  const ecr = aws.ecr({
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  });
  await t.rejects(ecr.send(new GetAuthorizationTokenCommand({})), { name: 'AccessDeniedException' });
});
