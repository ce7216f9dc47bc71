/** What somebody else wrote into AWS, by hand or by Terraform, and what the executor makes of it. */
import { GetRepositoryPolicyCommand, PutLifecyclePolicyCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import t from 'tap';
import { awsHands } from '../support/hands.ts';
import { ACCESS, ACCOUNT, EXACT, startBench } from './bench.ts';

const FOREIGN = {
  Sid: 'Lambda',
  Effect: 'Allow',
  Principal: { Service: 'lambda.amazonaws.com' },
  Action: 'ecr:BatchGetImage',
  Condition: { Bool: { 'aws:SecureTransport': true } },
};

t.test('a repository whose policy is one statement without a list keeps it beside ours', async (t) => {
  const { accept, ring, operation, service, aside } = await startBench(t);
  const ecr = awsHands(service).ecr();
  for (const name of ['app', 'other']) await accept('createRepository', { department: 'koa', name });
  await ring();
  for (const policy of [{ Statement: FOREIGN }, { Version: '2012-10-17', Statement: FOREIGN }]) {
    const policyText = JSON.stringify(policy);
    await aside(() => ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'app', policyText })));
    for (const accounts of [ACCOUNT, []]) {
      const { operation: id } = await accept('putAccountAccess', { ...ACCESS, accounts });
      t.equal(await ring(), 'done');
      t.match(await operation(id), { status: 'succeeded', attempts: 1 });
    }
    const seen = await ecr.send(new GetRepositoryPolicyCommand({ repositoryName: 'app' }));
    const left = { ...FOREIGN, Condition: { Bool: { 'aws:SecureTransport': 'true' } } };
    t.strictSame((JSON.parse(seen.policyText ?? '') as { Statement: unknown }).Statement, [left]);
  }
});

t.test('a push role whose documents were rewritten without lists is brought back', async (t) => {
  const { accept, ring, operation, service, aside, breaches: wrong } = await startBench(t);
  const iam = awsHands(service).iam();
  const { answer } = await accept('createGrant', EXACT);
  await ring();
  const RoleName = 'koa-github-ecr-access';
  const oidc = 'token.actions.githubusercontent.com';
  const trust = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${service.embedded.config.aws.accountId}:oidc-provider/${oidc}` },
    Action: ['sts:AssumeRoleWithWebIdentity'],
    Condition: { StringLike: { [`${oidc}:sub`]: 'repo:JPPOL-KOA/*' } },
  };
  const inline = { Effect: 'Allow', Action: 'ecr:*', Resource: '*' };
  await aside(async () => {
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: trust });
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    const own = JSON.stringify({ Version: '2012-10-17', Statement: inline });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'EcpPush', PolicyDocument: own }));
  });
  const { operation: id } = await accept('revokeGrant', { department: 'koa', id: answer.body.grant.id as string });
  t.equal(await ring(), 'done');
  t.match(await operation(id), { status: 'succeeded', attempts: 1 });
  t.strictSame(await wrong(), []);
});

t.test('rules in another order are no drift, and are not written again', async (t) => {
  const { accept, ring, service, writes, aside } = await startBench(t);
  const ecr = awsHands(service).ecr();
  const { answer } = await accept('createRepository', {
    department: 'koa',
    name: 'app',
    lifecyclePolicy: 'keep-releases',
  });
  await ring();
  const { lifecyclePolicy } = answer.body.repository as { lifecyclePolicy: { rules: readonly unknown[] } };
  const lifecyclePolicyText = JSON.stringify({ rules: lifecyclePolicy.rules.toReversed() });
  await aside(() => ecr.send(new PutLifecyclePolicyCommand({ repositoryName: 'app', lifecyclePolicyText })));
  writes.length = 0;
  await accept('updateRepository', { name: 'app', scanOnPush: false });
  t.equal(await ring(), 'done');
  t.strictSame(
    writes.map(({ operation }) => operation),
    ['PutImageScanningConfiguration'],
  );
});

t.test('what nobody can understand ends the operation at once, with a sentence', async (t) => {
  const { accept, ring, operation, faults } = await startBench(t);
  for (const name of ['app', 'other']) await accept('createRepository', { department: 'koa', name });
  await ring();
  const documents = ['{"Version":"2012-10-17","Statement":{"Effect":"Perhaps"}}', '{', 'null', '{"Statement":[null]}'];
  for (const policyText of documents) {
    faults.before = ({ operation: call }) =>
      call === 'GetRepositoryPolicy' ? { kind: 'output', output: { policyText } } : undefined;
    const { operation: id } = await accept('putAccountAccess', { ...ACCESS, accounts: ACCOUNT });
    t.equal(await ring(), 'done');
    const { status, attempts, error } = await operation(id);
    t.strictSame({ status, attempts, code: error.code }, { status: 'failed', attempts: 1, code: 'refused-by-aws' });
    t.match(error.detail, /The repository policy of app in AWS cannot be understood: .+\. Change or remove it there/);
  }
  faults.before = ({ operation: call }) =>
    call === 'GetLifecyclePolicy' ? { kind: 'output', output: { lifecyclePolicyText: '{' } } : undefined;
  const { operation: id } = await accept('updateRepository', { name: 'app', scanOnPush: false });
  t.equal(await ring(), 'done');
  t.match((await operation(id)).error.detail, /The lifecycle policy of app in AWS cannot be understood/);
});
