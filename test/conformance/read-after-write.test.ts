/** What the calls on AWS do while a read lags behind a write, and when a quota is reached; no target does either at will. */
import { test } from 'tap';
import { AwsFault } from '../../src/aws/fault.ts';
import { applyChange } from '../../src/aws/apply.ts';
import { startEmbeddedAws } from '../../src/local/aws/server.ts';
import type { EmbeddedAwsHooks } from '../../src/local/aws/hooks.ts';
import type { Change } from '../../src/model/plan.ts';
import { openAwsBench, type AwsBench } from './aws-bench.ts';
import { change, repository, role, trust } from './changes.ts';
import type { Test } from 'tap';

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

async function open(t: Test, hooks: EmbeddedAwsHooks) {
  const aws = await startEmbeddedAws({
    accountId: '111122223333',
    region: 'eu-west-1',
    issuerKeys: async () => ({ keys: [] }),
    hooks,
  });
  const bench = await openAwsBench({
    aws: { region: 'eu-west-1', endpoint: aws.endpoint, credentials: CREDENTIALS },
    lagSeconds: 0,
  });
  t.teardown(async () => {
    await bench.close();
    await aws.close();
  });
  return bench;
}

function fault(code: string, status: number) {
  return { kind: 'fault', code, status, message: 'not seen yet' } as const;
}

/** How a change failed; `undefined` when it did not. */
async function failureOf({ clients }: AwsBench, one: Change): Promise<unknown> {
  return applyChange(clients, one, { force: false, mayBegin: () => undefined }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

void test('a creation whose answer was lost is not given up while reads do not show what it made, and is done once they do', async (t) => {
  let blind = true;
  const bench = await open(t, {
    before: ({ operation }) => {
      if (!blind) return undefined;
      if (operation === 'DescribeRepositories') return fault('RepositoryNotFoundException', 400);
      return operation === 'GetRole' ? fault('NoSuchEntity', 404) : undefined;
    },
  });
  const [name, roleName] = [bench.repositoryName(), bench.roleName()];
  const changes = [
    change('ecr:CreateRepository', name, repository(name)),
    change('iam:CreateRole', roleName, role(bench, roleName)),
  ];
  for (const one of changes) {
    blind = true;
    await applyChange(bench.clients, one, { force: false, mayBegin: () => undefined });
    t.match(await failureOf(bench, one), { kind: 'transient', code: 'aws-unavailable' });
    blind = false;
    t.equal((await applyChange(bench.clients, one, { force: false, mayBegin: () => undefined })).outcome, 'ok');
  }
});

void test('what is written right after a creation may be refused as if nothing were there, and is tried again', async (t) => {
  let blind = true;
  const bench = await open(t, {
    before: ({ operation }) => (blind && operation === 'PutRolePolicy' ? fault('NoSuchEntity', 404) : undefined),
  });
  const name = bench.roleName();
  await applyChange(bench.clients, change('iam:CreateRole', name, role(bench, name)), {
    force: false,
    mayBegin: () => undefined,
  });
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] };
  const put = change('iam:PutRolePolicy', name, { policyName: 'EcpPush', document });
  t.match(await failureOf(bench, put), { kind: 'transient' });
  blind = false;
  t.equal((await applyChange(bench.clients, put, { force: false, mayBegin: () => undefined })).outcome, 'ok');
});

void test('a quota that is reached is asked once and holds no other call back; throttling is asked again', async (t) => {
  const asked: string[] = [];
  let throttled = 1;
  const bench = await open(t, {
    before: ({ operation }) => {
      asked.push(operation);
      if (operation === 'UpdateAssumeRolePolicy') return fault('LimitExceeded', 409);
      return operation === 'PutImageScanningConfiguration' && throttled-- > 0
        ? fault('ThrottlingException', 400)
        : undefined;
    },
  });
  const [name, roleName] = [bench.repositoryName(), bench.roleName()];
  await applyChange(bench.clients, change('ecr:CreateRepository', name, repository(name)), {
    force: false,
    mayBegin: () => undefined,
  });
  const trusted = change('iam:UpdateAssumeRolePolicy', roleName, trust(bench.settings));
  const refusal = await failureOf(bench, trusted);
  t.match(refusal, { kind: 'definitive', code: 'quota-exceeded' });
  t.ok(refusal instanceof AwsFault);
  await applyChange(bench.clients, change('ecr:PutImageScanningConfiguration', name, repository(name)), {
    force: false,
    mayBegin: () => undefined,
  });
  const times = (operation: string): number => asked.filter((one) => one === operation).length;
  t.equal(times('UpdateAssumeRolePolicy'), 1);
  t.equal(times('PutImageScanningConfiguration'), 2);
});
