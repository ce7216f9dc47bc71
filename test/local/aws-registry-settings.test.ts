/** Settings of the whole registry of the embedded AWS: its policy, replication, scanning, caches and templates. */
import {
  BatchGetRepositoryScanningConfigurationCommand,
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCreationTemplateCommand,
  DeletePullThroughCacheRuleCommand,
  DeleteRegistryPolicyCommand,
  DeleteRepositoryCreationTemplateCommand,
  DescribePullThroughCacheRulesCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  DescribeRepositoryCreationTemplatesCommand,
  GetRegistryPolicyCommand,
  GetRegistryScanningConfigurationCommand,
  paginateDescribePullThroughCacheRules,
  PutRegistryPolicyCommand,
  PutRegistryScanningConfigurationCommand,
  PutReplicationConfigurationCommand,
  SetRepositoryPolicyCommand,
  UpdatePullThroughCacheRuleCommand,
  UpdateRepositoryCreationTemplateCommand,
} from '@aws-sdk/client-ecr';
import type {
  ECRClient,
  RegistryScanningConfiguration,
  RegistryScanningRule,
  ReplicationConfiguration,
  ScanFrequency,
} from '@aws-sdk/client-ecr';
import { DeleteRolePermissionsBoundaryCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { test } from 'tap';
import { ACCOUNT, assume, identityPolicy, REGION, seed, start, token } from './aws-support.ts';

const OTHER = '444455556666';
const RoleName = 'github-access-koa';
const REPOSITORIES = `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/*`;

/** A registry's policy about another account. */
function registryPolicy(Effect: 'Allow' | 'Deny', Action: string, Resource: string = REPOSITORIES): string {
  return identityPolicy({ Effect, Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Action, Resource });
}

const put = (ecr: ECRClient, policyText: string) => ecr.send(new PutRegistryPolicyCommand({ policyText }));

void test('a registry’s policy allows another account in all repositories, and is gone when it is deleted', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const stranger = aws.ecr({ accessKeyId: `account-${OTHER}`, secretAccessKey: 'local' });
  const describe = () =>
    stranger.send(new DescribeRepositoriesCommand({ registryId: ACCOUNT, repositoryNames: ['koa/app', 'pol/app'] }));
  await t.rejects(describe(), { name: 'AccessDeniedException' });
  const policyText = registryPolicy('Allow', 'ecr:DescribeRepositories');
  t.match(await put(aws.ecr(), policyText), { registryId: ACCOUNT, policyText });
  await t.resolves(describe());
  t.match(await aws.ecr().send(new DeleteRegistryPolicyCommand({})), { registryId: ACCOUNT, policyText });
  await t.rejects(describe(), { name: 'AccessDeniedException' });
  await t.rejects(aws.ecr().send(new GetRegistryPolicyCommand({})), { name: 'RegistryPolicyNotFoundException' });
});

void test('what a registry’s policy denies, no repository’s policy allows', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const stranger = aws.ecr({ accessKeyId: `account-${OTHER}`, secretAccessKey: 'local' });
  const describe = () =>
    stranger.send(new DescribeRepositoriesCommand({ registryId: ACCOUNT, repositoryNames: ['koa/app'] }));
  const policyText = identityPolicy({
    Effect: 'Allow',
    Principal: { AWS: OTHER },
    Action: 'ecr:DescribeRepositories',
  });
  await aws.ecr().send(new SetRepositoryPolicyCommand({ repositoryName: 'koa/app', policyText }));
  await t.resolves(describe());
  await put(aws.ecr(), registryPolicy('Deny', 'ecr:*', '*'));
  await t.rejects(describe(), { name: 'AccessDeniedException', message: /explicit deny/ });
});

void test('a registry’s policy that ECR would refuse is refused, and none is kept', async (t) => {
  const aws = await start(t);
  const refused = [
    identityPolicy({ Effect: 'Allow', Principal: { AWS: OTHER }, Action: 'ecr:ReplicateImage' }),
    registryPolicy('Allow', 's3:GetObject'),
    registryPolicy('Allow', 'ecr:ReplicateImage').replace(OTHER, '000000000000'),
    '{',
  ];
  for (const policyText of refused) await t.rejects(put(aws.ecr(), policyText), { name: 'InvalidParameterException' });
  await t.rejects(aws.ecr().send(new GetRegistryPolicyCommand({})), { name: 'RegistryPolicyNotFoundException' });
});

void test('IAM decides who sees and who changes the settings of a registry', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const iam = aws.iam();
  await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
  const PolicyDocument = identityPolicy({ Effect: 'Allow', Action: 'ecr:DescribeRegistry', Resource: '*' });
  const ecr = aws.ecr(await assume(aws, await token()));
  const describe = () => ecr.send(new DescribeRegistryCommand({}));
  await t.rejects(describe(), { name: 'AccessDeniedException' });
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'look', PolicyDocument }));
  await t.resolves(describe());
  const change = new PutReplicationConfigurationCommand({ replicationConfiguration: { rules: [] } });
  await t.rejects(ecr.send(change), { name: 'AccessDeniedException' });
});

void test('another account neither sees nor changes the settings of this registry', async (t) => {
  const aws = await start(t);
  const stranger = aws.ecr({ accessKeyId: `account-${OTHER}`, secretAccessKey: 'local' });
  await aws.ecr().send(new PutRegistryScanningConfigurationCommand({ scanType: 'ENHANCED' }));
  const refused = { name: 'InvalidParameterException' };
  await t.rejects(stranger.send(new DescribeRegistryCommand({})), refused);
  await t.rejects(stranger.send(new GetRegistryScanningConfigurationCommand({})), refused);
  await t.rejects(put(stranger, registryPolicy('Allow', 'ecr:*')), refused);
  await t.rejects(stranger.send(new DescribeRepositoryCreationTemplatesCommand({})), refused);
  const named = new DescribePullThroughCacheRulesCommand({ registryId: ACCOUNT });
  await t.rejects(stranger.send(named), { name: 'AccessDeniedException' });
});

void test('a registry’s settings survive a restart with a data directory', async (t) => {
  const dataDir = t.testdir();
  const first = await start(t, { dataDir });
  const replicationConfiguration: ReplicationConfiguration = {
    rules: [
      {
        destinations: [{ region: 'eu-central-1', registryId: ACCOUNT }],
        repositoryFilters: [{ filter: 'koa/', filterType: 'PREFIX_MATCH' }],
      },
    ],
  };
  const policyText = registryPolicy('Allow', 'ecr:ReplicateImage');
  await put(first.ecr(), policyText);
  await first.ecr().send(new PutReplicationConfigurationCommand({ replicationConfiguration }));
  await first.ecr().send(new CreatePullThroughCacheRuleCommand(QUAY));
  await first.ecr().send(new CreateRepositoryCreationTemplateCommand({ prefix: 'ROOT', appliedFor: ['REPLICATION'] }));
  await first.close();
  const ecr = (await start(t, { dataDir })).ecr();
  t.match(await ecr.send(new GetRegistryPolicyCommand({})), { policyText });
  t.match(await ecr.send(new DescribeRegistryCommand({})), { registryId: ACCOUNT, replicationConfiguration });
  t.match(await ecr.send(new DescribePullThroughCacheRulesCommand({})), { pullThroughCacheRules: [QUAY] });
  const templates = await ecr.send(new DescribeRepositoryCreationTemplatesCommand({}));
  t.match(templates, { repositoryCreationTemplates: [{ prefix: 'ROOT', appliedFor: ['REPLICATION'] }] });
});

void test('a registry’s rules say how a repository is scanned, before the repository itself does', async (t) => {
  const aws = await start(t);
  await seed(aws);
  const ecr = aws.ecr();
  const frequencies = async () => {
    const asked = { repositoryNames: ['koa/app', 'pol/app', 'no/app'] };
    const { scanningConfigurations = [], failures } = await ecr.send(
      new BatchGetRepositoryScanningConfigurationCommand(asked),
    );
    t.match(failures, [{ repositoryName: 'no/app', failureCode: 'REPOSITORY_NOT_FOUND' }]);
    return scanningConfigurations.map(({ scanFrequency }) => scanFrequency);
  };
  const rule = (scanFrequency: ScanFrequency, filter: string): RegistryScanningRule => ({
    scanFrequency,
    repositoryFilters: [{ filter, filterType: 'WILDCARD' }],
  });
  t.strictSame(await frequencies(), ['MANUAL', 'MANUAL']);
  await ecr.send(new PutRegistryScanningConfigurationCommand({ rules: [rule('SCAN_ON_PUSH', 'ko*app')] }));
  t.strictSame(await frequencies(), ['SCAN_ON_PUSH', 'MANUAL']);
  const continuous: RegistryScanningConfiguration = { scanType: 'ENHANCED', rules: [rule('CONTINUOUS_SCAN', 'app')] };
  await ecr.send(new PutRegistryScanningConfigurationCommand(continuous));
  t.strictSame(await frequencies(), ['CONTINUOUS_SCAN', 'CONTINUOUS_SCAN']);
  t.match(await ecr.send(new GetRegistryScanningConfigurationCommand({})), { scanningConfiguration: continuous });
  const wrong = [
    rule('CONTINUOUS_SCAN', '*'),
    rule('SCAN_ON_PUSH', 'a*b*c*d*e*'),
    rule('SCAN_ON_PUSH', `${'a'.repeat(200)}!`),
  ];
  for (const one of wrong)
    await t.rejects(ecr.send(new PutRegistryScanningConfigurationCommand({ rules: [one] })), {
      name: 'InvalidParameterException',
    });
});

const QUAY = { ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' };
const DOCKER = { ecrRepositoryPrefix: 'docker', upstreamRegistryUrl: 'registry-1.docker.io' };

void test('a rule for a cache is made once, changed, listed in pages and deleted', async (t) => {
  const ecr = (await start(t)).ecr();
  t.match(await ecr.send(new CreatePullThroughCacheRuleCommand(QUAY)), {
    ...QUAY,
    registryId: ACCOUNT,
    upstreamRegistry: 'quay',
    upstreamRepositoryPrefix: 'ROOT',
    createdAt: Date,
  });
  await t.rejects(ecr.send(new CreatePullThroughCacheRuleCommand(QUAY)), {
    name: 'PullThroughCacheRuleAlreadyExistsException',
  });
  await t.rejects(
    ecr.send(new CreatePullThroughCacheRuleCommand({ ...DOCKER, upstreamRegistryUrl: 'registry.example.com' })),
    { name: 'UnsupportedUpstreamRegistryException' },
  );
  await ecr.send(new CreatePullThroughCacheRuleCommand(DOCKER));
  const credentialArn = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:ecr-pullthroughcache/docker-AbCdEf`;
  const { ecrRepositoryPrefix } = DOCKER;
  t.match(await ecr.send(new UpdatePullThroughCacheRuleCommand({ ecrRepositoryPrefix, credentialArn })), {
    credentialArn,
  });
  const pages: (string | undefined)[][] = [];
  for await (const page of paginateDescribePullThroughCacheRules({ client: ecr, pageSize: 1 }, {}))
    pages.push((page.pullThroughCacheRules ?? []).map((rule) => rule.credentialArn ?? rule.ecrRepositoryPrefix));
  t.strictSame(pages, [[credentialArn], ['quay']]);
  t.match(await ecr.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix })), { ...DOCKER, credentialArn });
  const gone = { name: 'PullThroughCacheRuleNotFoundException' };
  await t.rejects(ecr.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix })), gone);
  const ecrRepositoryPrefixes = ['quay', 'docker'];
  await t.rejects(ecr.send(new DescribePullThroughCacheRulesCommand({ ecrRepositoryPrefixes })), gone);
});

void test('a template takes what a repository would take; an update leaves the rest as it was', async (t) => {
  const ecr = (await start(t)).ecr();
  const template = { prefix: 'koa', description: 'of koa', imageTagMutability: 'IMMUTABLE' } as const;
  const create = (more: object = {}) =>
    ecr.send(new CreateRepositoryCreationTemplateCommand({ ...template, appliedFor: ['PULL_THROUGH_CACHE'], ...more }));
  await t.rejects(create({ repositoryPolicy: '{' }), { name: 'InvalidParameterException' });
  await t.rejects(create({ lifecyclePolicy: '{"rules":[]}' }), { name: 'InvalidParameterException' });
  await t.rejects(
    create({ encryptionConfiguration: { encryptionType: 'AES256', kmsKey: 'arn:aws:kms:a:111122223333:key/a' } }),
    {
      name: 'InvalidParameterException',
    },
  );
  await create();
  await t.rejects(create(), { name: 'TemplateAlreadyExistsException' });
  const { prefix } = template;
  await ecr.send(new UpdateRepositoryCreationTemplateCommand({ prefix, appliedFor: ['REPLICATION'] }));
  const described = await ecr.send(new DescribeRepositoryCreationTemplatesCommand({ prefixes: [prefix] }));
  t.match(described, {
    registryId: ACCOUNT,
    repositoryCreationTemplates: [
      { ...template, appliedFor: ['REPLICATION'], encryptionConfiguration: { encryptionType: 'AES256' } },
    ],
  });
  await ecr.send(new DeleteRepositoryCreationTemplateCommand({ prefix }));
  const gone = { name: 'TemplateNotFoundException' };
  await t.rejects(ecr.send(new DeleteRepositoryCreationTemplateCommand({ prefix })), gone);
  await t.rejects(ecr.send(new UpdateRepositoryCreationTemplateCommand({ prefix })), gone);
});
