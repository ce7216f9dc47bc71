import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetDownloadUrlForLayerCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-ecr';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { test } from 'tap';
import { startEmbeddedAws } from '../../src/local/aws/server.ts';
import type { EmbeddedAwsHooks, EmbeddedAwsRequest, HookAnswer } from '../../src/local/aws/hooks.ts';
import { ACCOUNT, ADMIN, assume, digestOf, jwks, push, REGION, seed, start, token } from './aws-support.ts';

const options = { accountId: ACCOUNT, region: REGION, issuerKeys: async () => Promise.resolve(jwks) };

/** An embedded AWS in a process of its own, to be killed. */
async function startProcess(dataDir: string) {
  const server = new URL('../../src/local/aws/server.ts', import.meta.url).href;
  const code = `
    const { startEmbeddedAws } = await import(${JSON.stringify(server)});
    const options = { accountId: '${ACCOUNT}', region: '${REGION}', dataDir: ${JSON.stringify(dataDir)} };
    const aws = await startEmbeddedAws({ ...options, issuerKeys: async () => ({ keys: [] }) });
    console.log(aws.endpoint);`;
  const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [endpoint] = (await once(child.stdout, 'data')) as [Buffer];
  const common = { region: REGION, credentials: ADMIN, maxAttempts: 1 };
  return { child, ecr: new ECRClient({ ...common, endpoint: endpoint.toString().trim() }) };
}

async function namesIn(ecr: ECRClient): Promise<readonly (string | undefined)[]> {
  const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ maxResults: 1000 }));
  return (repositories ?? []).map(({ repositoryName }) => repositoryName);
}

void test('what was acknowledged is there after a kill', async (t) => {
  const dataDir = t.testdir();
  const { child, ecr } = await startProcess(dataDir);
  const acknowledged: string[] = [];
  const write = async (writer: number): Promise<void> => {
    for (let index = 0; index < 1000; index++) {
      const repositoryName = `w${writer}/r${index}`;
      await ecr.send(new CreateRepositoryCommand({ repositoryName }));
      acknowledged.push(repositoryName);
      if (acknowledged.length === 60) child.kill('SIGKILL');
    }
  };
  const exited = once(child, 'exit');
  await Promise.allSettled([write(1), write(2), write(3)]);
  await exited;
  t.ok(acknowledged.length >= 60, 'the writers were at work when it was killed');
  const kept = new Set(await namesIn((await start(t, { dataDir })).ecr()));
  t.strictSame(
    acknowledged.filter((name) => !kept.has(name)),
    [],
  );
});

void test('roles, sessions, images and their bytes outlive the process that made them', async (t) => {
  const dataDir = t.testdir();
  const before = await start(t, { dataDir });
  await seed(before);
  const credentials = await assume(before, await token());
  await push(before.ecr(credentials), 'koa/app', '1.0.0');
  await before.ecr().send(new DeleteRepositoryCommand({ repositoryName: 'pol/app' }));
  await before.close();

  const after = await start(t, { dataDir });
  t.strictSame(await namesIn(after.ecr()), ['koa/app']);
  const { Role } = await after.iam().send(new GetRoleCommand({ RoleName: 'github-access-koa' }));
  t.equal(Role?.Tags?.length, 1);
  t.match(await after.sts(credentials).send(new GetCallerIdentityCommand({})), { Account: ACCOUNT });
  const ecr = after.ecr(credentials);
  const wanted = { repositoryName: 'koa/app', imageIds: [{ imageTag: '1.0.0' }] };
  t.equal((await ecr.send(new BatchGetImageCommand(wanted))).images?.length, 1);
  const { downloadUrl = '' } = await ecr.send(
    new GetDownloadUrlForLayerCommand({ repositoryName: 'koa/app', layerDigest: digestOf('layer') }),
  );
  t.equal(await (await fetch(downloadUrl)).text(), 'layer');
});

void test('a line that a kill cut short is dropped, one that was changed is an error', async (t) => {
  const dataDir = t.testdir();
  const journal = join(dataDir, 'journal.jsonl');
  const first = await startEmbeddedAws({ ...options, dataDir });
  const ecr = new ECRClient({ endpoint: first.endpoint, region: REGION, credentials: ADMIN });
  for (const repositoryName of ['aa', 'bb']) await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  await first.close();
  t.equal(statSync(journal).mode & 0o077, 0, 'it is for its owner alone: it holds credentials');
  truncateSync(journal, statSync(journal).size - 5);
  const second = await startEmbeddedAws({ ...options, dataDir });
  const again = new ECRClient({ endpoint: second.endpoint, region: REGION, credentials: ADMIN });
  t.strictSame(await namesIn(again), ['aa']);
  await again.send(new CreateRepositoryCommand({ repositoryName: 'bb' }));
  await second.close();
  t.equal(readFileSync(journal, 'utf8').trim().split('\n').length, 2);

  writeFileSync(journal, `garbage\n${readFileSync(journal, 'utf8')}`);
  await t.rejects(startEmbeddedAws({ ...options, dataDir }), /Line 1 of .* is not a journal line/);
});

void test('a data directory has one process at a time, and a dead one holds nothing', async (t) => {
  const dataDir = t.testdir();
  const { child, ecr } = await startProcess(dataDir);
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/app' }));
  const refusal = { message: new RegExp(`in use by process ${child.pid}`) };
  await t.rejects(startEmbeddedAws({ ...options, dataDir }), refusal);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  const next = await startEmbeddedAws({ ...options, dataDir });
  await t.rejects(startEmbeddedAws({ ...options, dataDir }), /in use by this process/);
  await next.close();
  writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: process.pid, started: null }));
  await t.resolves(
    startEmbeddedAws({ ...options, dataDir }).then(async (aws) => aws.close()),
    'a pid of an earlier life',
  );
});

async function startHooked(t: Parameters<typeof start>[0], hooks: EmbeddedAwsHooks) {
  return (await start(t, { hooks })).ecr();
}

void test('a fault before the effect leaves nothing, one after it leaves the effect', async (t) => {
  const seen: EmbeddedAwsRequest[] = [];
  const failing = (request: EmbeddedAwsRequest): HookAnswer | undefined => {
    seen.push(request);
    if (request.operation !== 'CreateRepository') return undefined;
    return { kind: 'fault', code: 'ThrottlingException', status: 400, message: 'Rate exceeded' };
  };
  const create = new CreateRepositoryCommand({ repositoryName: 'koa/app' });
  const before = await startHooked(t, { before: failing });
  await t.rejects(before.send(create), { name: 'ThrottlingException' });
  t.strictSame(await namesIn(before), []);
  t.match(seen[0], {
    service: 'ecr',
    operation: 'CreateRepository',
    input: { repositoryName: 'koa/app' },
    callerArn: `arn:aws:iam::${ACCOUNT}:root`,
  });

  const after = await startHooked(t, { after: failing });
  await t.rejects(after.send(create), { name: 'ThrottlingException' });
  t.strictSame(await namesIn(after), ['koa/app']);
});

void test('a hook may cut the connection, answer, fail, or wait', async (t) => {
  const resourceArn = `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/koa/app`;
  let answer: () => HookAnswer | undefined | Promise<undefined> = () => ({ kind: 'disconnect' });
  const ecr = await startHooked(t, { after: () => answer() });
  await t.rejects(ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/app' })), { code: 'ECONNRESET' });
  answer = () => ({ kind: 'output', output: { tags: [{ Key: 'other', Value: 'one' }] } });
  const { tags } = await ecr.send(new ListTagsForResourceCommand({ resourceArn }));
  t.strictSame(tags, [{ Key: 'other', Value: 'one' }], 'the effect was there, the answer is the hook’s');
  answer = () => {
    throw new Error('a bug in a hook');
  };
  t.capture(console, 'error');
  await t.rejects(namesIn(ecr), { name: 'ServerException', $metadata: { httpStatusCode: 500 } });
  let release = (): void => undefined;
  const held = new Promise<undefined>((resolve) => (release = () => resolve(undefined)));
  answer = () => held;
  let answered = false;
  const waiting = namesIn(ecr).then((names) => {
    answered = true;
    return names;
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(answered, false);
  release();
  t.strictSame(await waiting, ['koa/app']);
});
