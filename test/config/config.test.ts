import t from 'tap';
import { ConfigError, readConfig } from '../../src/config/config.ts';

const ENV = { ECP_ACCOUNT_ID: '354918371398', ECP_REGION: 'eu-west-1', ECP_AUDIENCE: 'ecr-control-plane' };

t.test('the audience is never one of AWS STS, in any partition and spelling', async (t) => {
  for (const audience of [
    'sts.amazonaws.com',
    'sts.amazonaws.com.cn',
    'STS.AmazonAWS.com',
    ' sts.amazonaws.com ',
    'https://sts.amazonaws.com',
    'https://sts.amazonaws.com/',
    'sts.eu-west-1.amazonaws.com',
    'sts-fips.us-east-1.amazonaws.com',
    'sts.eusc-de-east-1.amazonaws.eu',
    'sts.us-iso-east-1.c2s.ic.gov',
    'sts.eu-west-1.api.aws',
  ])
    t.throws(
      () => readConfig({ ...ENV, ECP_AUDIENCE: audience }),
      { name: 'ConfigError', message: /ECP_AUDIENCE/ },
      audience,
    );
  t.throws(
    () => readConfig({ ...ENV, ECP_AUDIENCE: 'Ours', ECP_STS_AUDIENCE: 'ours' }),
    ConfigError,
    'nor that of the roles',
  );
  for (const audience of ['ecr-control-plane', 'https://ecr.example.com', 'https://my-sts.example.com'])
    t.equal(readConfig({ ...ENV, ECP_AUDIENCE: audience }).audience, audience);
});

t.test('a platform caller that names a member twice is refused, since only one of the two would count', async (t) => {
  const callers = '[{"repositoryId":"1","ref":"refs/heads/main","repositoryId":"2"}]';
  t.throws(() => readConfig({ ...ENV, ECP_PLATFORM_CALLERS: callers }), { name: 'ConfigError', message: /twice/ });
});
