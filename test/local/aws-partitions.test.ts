import {
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import t from 'tap';
import { tryPull, tryPush } from '../../src/local/push-image.ts';
import { accountCredentials, awsHands, stsToken } from '../support/hands.ts';
import { idOf, KOA, onboard, startService } from '../support/service.ts';

for (const [region, partition, suffix] of [
  ['cn-north-1', 'aws-cn', 'amazonaws.com.cn'],
  ['eusc-de-east-1', 'aws-eusc', 'amazonaws.eu'],
  ['us-gov-west-1', 'aws-us-gov', 'amazonaws.com'],
] as const) {
  t.test(
    `in ${partition} everything that is written is of that partition, and a push and a pull hold there`,
    async (t) => {
      const service = await startService(t, { env: { ECP_REGION: region } });
      const { embedded, ask } = service;
      const account = embedded.config.aws.accountId;
      await onboard(service, { id: 'koa', organisation: 'JPPOL-KOA', manager: KOA });
      const made = await ask(KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'app' } });
      t.equal(made.body.repository.uri, `${account}.dkr.ecr.${region}.${suffix}/app`);
      const body = { organisation: 'JPPOL-KOA', repository: 'GiftCardService', repositoryId: idOf(KOA.repository) };
      const granted = await ask(KOA, { method: 'POST', path: '/v1/departments/koa/grants', body });
      t.equal(granted.status, 201);
      const { pushRoleArn: roleArn } = granted.body.grant as { readonly pushRoleArn: string };
      t.equal(roleArn, `arn:${partition}:iam::${account}:role/ecr-access/koa-github-ecr-access`);
      const place = { endpoint: embedded.aws.endpoint, region };
      t.match(await tryPush(place, roleArn, await stsToken(service, KOA), 'app', 'v1'), { allowed: true });
      t.match(await tryPull(place, '931827427725', account, 'app', 'v1'), { allowed: true });
      t.match(await tryPull(place, '111122223333', account, 'app', 'v1'), { allowed: false });

      const hands = awsHands(service);
      const { repositories } = await hands.ecr().send(new DescribeRepositoriesCommand({}));
      t.equal(repositories?.[0]?.repositoryArn, `arn:${partition}:ecr:${region}:${account}:repository/app`);
      const { authorizationData } = await hands.ecr().send(new GetAuthorizationTokenCommand({}));
      t.equal(authorizationData?.[0]?.proxyEndpoint, `https://${account}.dkr.ecr.${region}.${suffix}`);
      const { Arn } = await hands.sts(accountCredentials('931827427725')).send(new GetCallerIdentityCommand({}));
      t.equal(Arn, `arn:${partition}:iam::931827427725:root`);
      const foreign = {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::931827427725:root' },
        Action: 'ecr:BatchGetImage',
      };
      const policyText = JSON.stringify({ Version: '2012-10-17', Statement: foreign });
      await t.rejects(
        hands.ecr().send(new SetRepositoryPolicyCommand({ repositoryName: 'app', policyText })),
        { name: 'InvalidParameterException' },
        'an account of another partition is no principal',
      );
    },
  );
}
