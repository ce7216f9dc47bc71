import { partition } from '@aws-sdk/core/client';
import t from 'tap';
import { ConfigError, readConfig } from '../../src/config/config.ts';
import { dnsSuffixOf, PARTITIONS, partitionOfRegion } from '../../src/model/partitions.ts';
import { registryHost, repositoryArn } from '../../src/model/settings.ts';

const REGIONS = {
  'eu-west-1': 'aws',
  'us-east-1': 'aws',
  'mx-central-1': 'aws',
  'cn-north-1': 'aws-cn',
  'cn-northwest-1': 'aws-cn',
  'eusc-de-east-1': 'aws-eusc',
  'us-gov-west-1': 'aws-us-gov',
  'us-iso-east-1': 'aws-iso',
  'us-isob-east-1': 'aws-iso-b',
  'eu-isoe-west-1': 'aws-iso-e',
  'us-isof-south-1': 'aws-iso-f',
} as const;

const env = { ECP_ACCOUNT_ID: '012345678901', ECP_AUDIENCE: 'x' };

t.test('the table of partitions says what the SDK says', async (t) => {
  for (const [region, id] of Object.entries(REGIONS)) {
    const ours = partitionOfRegion(region);
    t.equal(ours?.id, id, region);
    const asTheSdk = { name: id, dnsSuffix: ours?.dnsSuffix, implicitGlobalRegion: ours?.globalRegion };
    t.match(partition(region), asTheSdk, region);
  }
  t.strictSame(new Set(PARTITIONS.map(({ id }) => id)), new Set(Object.values(REGIONS)), 'each has a region above');
  for (const { id, dnsSuffix } of PARTITIONS) t.equal(dnsSuffixOf(id), dnsSuffix);
  for (const none of ['', 'eu-west', 'eu-west-1a', 'EU-WEST-1', 'xx-west-1', 'eu-west-1\n', 'aws-global', 'local'])
    t.equal(partitionOfRegion(none), undefined, none);
});

t.test('a region decides the partition, its ARNs and its hosts', async (t) => {
  for (const [ECP_REGION, id] of Object.entries(REGIONS)) {
    const { aws } = readConfig({ ...env, ECP_REGION });
    t.equal(aws.partition, id);
    t.equal(repositoryArn(aws, 'koa/app'), `arn:${id}:ecr:${ECP_REGION}:012345678901:repository/koa/app`);
    t.equal(registryHost(aws), `012345678901.dkr.ecr.${ECP_REGION}.${partition(ECP_REGION).dnsSuffix}`);
    t.equal(aws.boundaryArn, `arn:${id}:iam::012345678901:policy/ecr-access/push-role-boundary`);
    t.strictSame(readConfig({ ...env, ECP_REGION, ECP_PARTITION: id }).aws, aws, 'said as well');
  }
});

t.test('an account, a region or a partition that cannot be stops the process with a sentence', async (t) => {
  const eu = { ...env, ECP_REGION: 'eu-west-1' };
  const table: readonly (readonly [Readonly<Record<string, string | undefined>>, RegExp])[] = [
    [{ ...eu, ECP_ACCOUNT_ID: '12345678901' }, /^ECP_ACCOUNT_ID must be exactly twelve digits/],
    [{ ...eu, ECP_ACCOUNT_ID: '000000000000' }, /^ECP_ACCOUNT_ID/],
    [{ ...eu, ECP_ACCOUNT_ID: ' 12345678901' }, /^ECP_ACCOUNT_ID/],
    [{ ...eu, ECP_ACCOUNT_ID: undefined }, /^ECP_ACCOUNT_ID is not set/],
    [env, /^ECP_REGION \(or AWS_REGION\) must be a region such as eu-west-1\.$/],
    [{ ...env, ECP_REGION: 'europe' }, /such as eu-west-1, not europe\.$/],
    [{ ...env, AWS_REGION: 'eu-west-1/..' }, /^ECP_REGION/],
    ...['AWS', 'aws_eu', '', 'arn:aws', 'aws"'].map(
      (ECP_PARTITION) => [{ ...eu, ECP_PARTITION }, /^ECP_PARTITION must be one of aws, aws-cn/] as const,
    ),
    [{ ...eu, ECP_PARTITION: 'aws-cn' }, /^ECP_PARTITION must be aws, which eu-west-1 lies in, or be left out\.$/],
    [{ ...env, ECP_REGION: 'cn-north-1', ECP_PARTITION: 'aws' }, /must be aws-cn, which cn-north-1 lies in/],
    [
      { ...eu, ECP_BOUNDARY_ARN: 'arn:aws:iam::999999999999:policy/x' },
      /^ECP_BOUNDARY_ARN .* arn:aws:iam::012345678901:policy\//,
    ],
    [{ ...eu, ECP_BOUNDARY_ARN: 'arn:aws-cn:iam::012345678901:policy/x' }, /^ECP_BOUNDARY_ARN/],
    [{ ...eu, ECP_BOUNDARY_ARN: 'arn:aws:iam::012345678901:policy/*' }, /^ECP_BOUNDARY_ARN/],
    [{ ...eu, ECP_BOUNDARY_ARN: '' }, /^ECP_BOUNDARY_ARN/],
  ];
  for (const [settings, message] of table) {
    t.throws(() => readConfig(settings), { name: ConfigError.name, message }, JSON.stringify(settings));
  }
});
