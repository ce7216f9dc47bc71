/** A fan-out means every repository: one that says it succeeded has left none out. */
import { GetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import t from 'tap';
import { restRequest } from '../support/both-faces.ts';
import { PLATFORM } from '../support/service.ts';
import { ACCESS, ACCOUNT, limits, startBench } from './bench.ts';

const LEAVER = ACCOUNT[0]?.accountId ?? '';
const STAYER = '615205931730';

/** A lifecycle policy about as long as ECR allows, 30,720 characters: 40 of them are more than a page of DynamoDB holds. */
const LONG_POLICY = {
  rules: Array.from({ length: 10 }, (_, rule) => ({
    rulePriority: rule + 1,
    description: 'keep',
    selection: {
      tagStatus: 'tagged',
      tagPrefixList: Array.from({ length: 26 }, (_, tag) => `release-train-${rule}-${tag}-`.padEnd(100, 'x')),
      countType: 'imageCountMoreThan',
      countNumber: 10,
    },
    action: { type: 'expire' },
  })),
};
const MANY = 40;

t.test('an account that is removed can pull from no repository any more, however large they are stored', async (t) => {
  const bench = await startBench(t);
  const { ask, embedded } = bench.service;
  const first = await ask(PLATFORM, restRequest('putAccountAccess', { ...ACCESS, accounts: ACCOUNT }));
  t.equal(first.status, 200);
  const names = Array.from({ length: MANY }, (_, index) => `app-${String(index).padStart(2, '0')}`);
  for (const name of names)
    await bench.accept('createRepository', { department: 'koa', name, lifecyclePolicy: LONG_POLICY });
  t.equal(await bench.ring(), 'done');

  const listed = await ask(PLATFORM, { path: '/v1/departments/koa/repositories?first=100' });
  t.strictSame(
    listed.body.items.map(({ name }: { name: string }) => name),
    names,
    'the list has all of them',
  );
  t.notOk(listed.body.nextCursor);

  const others = [{ description: 'aws-koa-prod', accountId: STAYER, canWrite: false }];
  const { operation } = await bench.accept('putAccountAccess', { ...ACCESS, accounts: others });
  t.equal(await bench.ring(limits({ page: MANY + 1 })), 'done');
  t.match(await bench.operation(operation), { status: 'succeeded', completed: MANY, total: MANY });
  const policies = await Promise.all(
    names.map((repositoryName) => embedded.executor.aws.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))),
  );
  t.strictSame(
    names.filter((_, index) => policies[index]?.policyText?.includes(LEAVER) !== false),
    [],
    'still allow the account',
  );
  t.strictSame(
    names.filter((_, index) => policies[index]?.policyText?.includes(STAYER) !== true),
    [],
    'do not allow the other',
  );
  const dry = await ask(PLATFORM, restRequest('putAccountAccess', { ...ACCESS, accounts: others, dryRun: true }));
  t.match(dry.body.blastRadius, { repositories: MANY });
});
