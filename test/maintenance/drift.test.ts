import { DeleteRepositoryCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import t from 'tap';
import { lookForDrift } from '../../src/maintenance/drift.ts';
import { KOA, onboardKoaAndPol, startService } from '../support/service.ts';

t.test('whatever is changed in AWS behind our back is counted, once a resource, and written nowhere', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const lines: Record<string, unknown>[] = [];
  const log = (fields: Readonly<Record<string, unknown>>): void => void lines.push(fields);
  const parts = { ...service.embedded.executor, log: { info: log, warn: log, error: log } };
  const { ecr, iam } = parts.aws;
  for (const name of ['one', 'two', 'three']) {
    const { status, text } = await service.ask(KOA, {
      method: 'POST',
      path: '/v1/departments/koa/repositories',
      body: { name },
    });
    t.equal(status, 201, text);
  }
  t.equal(await lookForDrift(parts), 0, 'what the service wrote itself is as it should be');

  const open = {
    Version: '2012-10-17',
    Statement: [{ Sid: 'EcpPull', Effect: 'Allow', Principal: '*', Action: 'ecr:*' }],
  };
  await ecr.send(
    new SetRepositoryPolicyCommand({ repositoryName: 'one', policyText: JSON.stringify(open), force: true }),
  );
  t.equal(await lookForDrift(parts), 1);
  await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'two' }));
  t.equal(await lookForDrift(parts), 2);
  const anybody = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'sts:AssumeRole' }],
  };
  await iam.send(
    new UpdateAssumeRolePolicyCommand({ RoleName: 'koa-github-ecr-access', PolicyDocument: JSON.stringify(anybody) }),
  );
  t.equal(await lookForDrift(parts), 3);
  t.equal(await lookForDrift(parts), 3, 'looking mends nothing');
  t.match(lines.at(-1), { Drift: 3, Deployment: parts.tables.state }, 'the alarm reads this line');
});
