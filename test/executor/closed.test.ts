/** What an operation has closed stays closed, whatever fails after it; and a replay finishes what was left. */
import { GetRoleCommand } from '@aws-sdk/client-iam';
import t, { type Test } from 'tap';
import { listDeadLetters } from '../../src/ledger/dead-letters.ts';
import type { HookAnswer } from '../../src/local/aws/hooks.ts';
import { restRequest, type Asked } from '../support/both-faces.ts';
import { PLATFORM } from '../support/service.ts';
import { ACCESS, ACCOUNT, EXACT, fault, startBench, type Bench } from './bench.ts';

/** Rings until nothing is left; @returns how often. */
async function ringUntilRest({ ring }: Bench): Promise<number> {
  for (let rings = 1; rings <= 30; rings++) if ((await ring()) === 'done') return rings;
  throw new Error('The department does not come to rest.');
}

/** Accepts a mutation and carries it to its end. @returns the operation, and what the caller was answered */
async function carryOut(bench: Bench, id: string, asked: Asked) {
  const { operation, answer } = await bench.accept(id, asked);
  await ringUntilRest(bench);
  return { operation: await bench.operation(operation), answer };
}

async function trustOf({ service }: Bench, RoleName: string): Promise<string> {
  const { Role } = await service.embedded.executor.aws.iam.send(new GetRoleCommand({ RoleName }));
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
}

/** A replay, once AWS refuses no more, leaves nothing to be done and no letter. */
async function replay(t: Test, bench: Bench, operation: string): Promise<void> {
  const { tables } = bench.service.embedded.executor;
  t.strictSame(
    (await listDeadLetters(tables)).map((letter) => letter.operation),
    [operation],
    'it leaves a dead letter',
  );
  bench.faults.before = undefined;
  t.match((await carryOut(bench, 'replayOperation', { id: operation })).operation, { status: 'succeeded' });
  t.strictSame(await listDeadLetters(tables), [], 'which the replay answers');
  t.strictSame(await bench.breaches(), [], 'and AWS is as the state says');
}

const WHOLLY_DENIED = /"Effect":"Deny"/;

for (const [what, answer, code] of [
  ['a policy that somebody attached by hand', fault('DeleteConflict', 409), 'refused-by-aws'],
  ['a denial of every attempt', fault('AccessDenied', 403), 'aws-unavailable'],
] as const) {
  t.test(`a revocation whose last step fails by ${what} stays a revocation`, async (t) => {
    const bench = await startBench(t);
    await carryOut(bench, 'createRepository', { department: 'koa', name: 'app' });
    const { answer: made } = await carryOut(bench, 'createGrant', { ...EXACT, repositories: ['app'] });
    const { id, pushRole } = made.body.grant as { readonly id: string; readonly pushRole: string };
    bench.faults.before = ({ operation }): HookAnswer | undefined => (operation === 'DeleteRole' ? answer : undefined);
    const { operation } = await carryOut(bench, 'revokeGrant', { department: 'koa', id, revokeSessions: true });
    t.match(operation, {
      status: 'failed',
      ending: 'closed',
      error: { code, detail: /stays taken away.*can replay op-/ },
    });
    t.equal(
      (await bench.service.ask(PLATFORM, { path: `/v1/departments/koa/grants/${id}` })).status,
      404,
      'the state says that it is revoked',
    );
    t.match(await trustOf(bench, pushRole), WHOLLY_DENIED, 'nobody may assume its role');
    t.match((await carryOut(bench, 'createRepository', { department: 'koa', name: 'later' })).operation, {
      status: 'succeeded',
    });
    await replay(t, bench, operation.id as string);
    await t.rejects(trustOf(bench, pushRole), { name: /NoSuchEntity/ }, 'the replay has taken the role away');
  });
}

t.test('an organisation whose second role is refused is gone, and both its roles are closed to it', async (t) => {
  const bench = await startBench(t);
  for (const name of ['one', 'two']) await carryOut(bench, 'createRepository', { department: 'koa', name });
  const other = { department: 'koa', login: 'JPPOL-KOB', ownerId: '4242' };
  t.equal((await bench.service.ask(PLATFORM, restRequest('putOrganisation', other))).status, 201);
  const pattern = { department: 'koa', organisation: 'JPPOL-*', acknowledge: ['organisation-wide'] };
  const roles: string[] = [];
  for (const [name, repository] of [
    ['one', 'app*'],
    ['two', 'site*'],
  ] as const) {
    const { answer } = await carryOut(bench, 'createGrant', { ...pattern, repository, repositories: [name] });
    roles.push(answer.body.grant.pushRole as string);
  }
  for (const role of roles) t.match(await trustOf(bench, role), /JPPOL-KOB/);
  bench.faults.before = ({ operation, input }) =>
    operation === 'UpdateAssumeRolePolicy' && (input as { readonly RoleName?: string }).RoleName === roles[1]
      ? fault('LimitExceeded', 409)
      : undefined;
  const { operation } = await carryOut(bench, 'deleteOrganisation', { department: 'koa', login: other.login });
  t.match(operation, { status: 'failed', ending: 'closed', error: { code: 'quota-exceeded' } });
  t.notMatch(await trustOf(bench, roles[0] ?? ''), /JPPOL-KOB/, 'what could be closed stays closed');
  await replay(t, bench, operation.id as string);
  t.notMatch(await trustOf(bench, roles[1] ?? ''), /JPPOL-KOB/);
});

t.test('what goes back to what it was has a revision that nobody has seen', async (t) => {
  const bench = await startBench(t);
  await carryOut(bench, 'createRepository', { department: 'koa', name: 'app' });
  const path = '/v1/repositories/app';
  const tag = async (): Promise<string> => String((await bench.service.ask(PLATFORM, { path })).headers['etag']);
  const first = await tag();
  const accepted = await bench.accept('updateRepository', { name: 'app', lifecyclePolicy: 'keep-last-30' });
  const refused = await tag();
  t.not(refused, first);
  bench.faults.before = ({ operation }) =>
    operation === 'PutLifecyclePolicy' ? fault('InvalidParameterException') : undefined;
  await ringUntilRest(bench);
  t.match(await bench.operation(accepted.operation), { status: 'failed', ending: 'undone' });
  bench.faults.before = undefined;
  const second = await bench.accept('updateRepository', { name: 'app', lifecyclePolicy: 'keep-last-30' });
  await ringUntilRest(bench);
  t.match(await bench.operation(second.operation), { status: 'succeeded' });
  for (const seen of [first, refused]) {
    const late = {
      ...restRequest('updateRepository', { name: 'app', scanOnPush: false }),
      headers: { 'if-match': seen },
    };
    t.equal((await bench.service.ask(PLATFORM, late)).status, 412, `${seen} is of the past`);
  }
});

t.test('account access that is refused after a part of it closed something gives nothing back', async (t) => {
  const bench = await startBench(t);
  for (const name of ['one', 'two']) await carryOut(bench, 'createRepository', { department: 'koa', name });
  const two = [...ACCOUNT, { description: 'aws-koa-prod', accountId: '615205931730', canWrite: false }];
  await carryOut(bench, 'putAccountAccess', { ...ACCESS, accounts: two });
  bench.faults.before = ({ operation, input }) =>
    operation === 'SetRepositoryPolicy' && (input as { readonly repositoryName?: string }).repositoryName === 'two'
      ? fault('InvalidParameterException')
      : undefined;
  const { operation } = await carryOut(bench, 'putAccountAccess', { ...ACCESS, accounts: ACCOUNT });
  t.match(operation, {
    status: 'failed',
    ending: 'done',
    completed: 1,
    refused: { count: 1, first: [{ repository: 'two', detail: /As the test wants it/ }] },
  });
  const read = async (path: string) => (await bench.service.ask(PLATFORM, { path })).body;
  const repository = (name: string) => read(`/v1/repositories/${name}`);
  t.match(await repository('one'), { pullerCount: 1, accountAccessRefusal: null });
  const refused = await repository('two');
  t.equal(refused.pullerCount, 2, 'the repository that refused says how many may still pull');
  t.equal((await read(refused.links.pullers)).items.length, 2, 'and who');
  t.match(refused.accountAccessRefusal, { operation: operation.id, detail: /As the test wants it/ });
  await replay(t, bench, operation.id as string);
  t.match(await repository('two'), { pullerCount: 1, accountAccessRefusal: null });
});

t.test('what a list has closed is not opened by what waits behind it, when another list takes its place', async (t) => {
  const bench = await startBench(t);
  const accounts = (accountId: string) => ({
    ...ACCESS,
    accounts: [{ description: 'one', accountId, canWrite: false }],
  });
  const [LEAVER, STAYER, NEWER] = ['931827427725', '931827427726', '931827427727'] as const;
  for (const name of ['app', 'zebra']) await carryOut(bench, 'createRepository', { department: 'koa', name });
  await carryOut(bench, 'putAccountAccess', accounts(LEAVER));
  await bench.accept('putAccountAccess', accounts(STAYER));
  const { operation: waiting } = await bench.accept('updateRepository', { name: 'app', scanOnPush: false });
  const newer: string[] = [];
  const written: string[] = [];
  bench.faults.after = async ({ operation, input }) => {
    const { repositoryName, policyText } = input as { readonly repositoryName?: string; readonly policyText?: string };
    if (operation !== 'SetRepositoryPolicy' || repositoryName !== 'app') return;
    written.push(policyText ?? '');
    if (newer.length === 0) newer.push((await bench.accept('putAccountAccess', accounts(NEWER))).operation);
  };
  await ringUntilRest(bench);
  t.strictSame(
    written.map((policy) => [LEAVER, STAYER, NEWER].filter((account) => policy.includes(account))),
    [[STAYER], [NEWER]],
    'each policy of the repository in its turn',
  );
  for (const operation of [waiting, ...newer]) t.match(await bench.operation(operation), { status: 'succeeded' });
  t.strictSame(await bench.breaches(), []);
});
