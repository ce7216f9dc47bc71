/** The executor, driven by the events that ring it, against the embedded AWS with faults where a test wants them. */
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  TagResourceCommand,
} from '@aws-sdk/client-ecr';
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import t from 'tap';
import { tablesOf } from '../../src/compose/connections.ts';
import { handleEvent } from '../../src/executor/handle.ts';
import { leaseKey } from '../../src/ledger/keys.ts';
import { takeLease } from '../../src/ledger/lease.ts';
import { readDepartment } from '../../src/ledger/read.ts';
import type { DepartmentId } from '../../src/model/ids.ts';
import { repositoryNameTaken } from '../../src/model/name-taken.ts';
import type { Asked } from '../support/both-faces.ts';
import { awsHands } from '../support/hands.ts';
import { readWholeChain } from '../support/invariants.ts';
import { onboard, PLATFORM, type Service } from '../support/service.ts';
import { ACCESS, ACCOUNT, EXACT, fault, limits, startBench } from './bench.ts';

t.test('operations are carried out in the order in which they were accepted, by whichever event rings', async (t) => {
  const { accept, service, writes, breaches: wrong } = await startBench(t);
  const operations = [
    await accept('createRepository', { department: 'koa', name: 'first' }),
    await accept('createGrant', EXACT),
    await accept('createRepository', { department: 'koa', name: 'second' }),
  ];
  t.equal(operations.length, 3);
  writes.length = 0;
  const NewImage = { pk: { S: 'DEPARTMENT#koa' }, sk: { S: 'DEPARTMENT' }, hasPending: { S: 'yes' } };
  const silent: readonly Parameters<typeof handleEvent>[1][] = [
    { Records: [] },
    { Records: [{}] },
    { Records: [{ dynamodb: { NewImage: { ...NewImage, hasPending: { S: 'no' } } } }] },
    { Records: [{ dynamodb: { NewImage: { ...NewImage, sk: { S: 'GRANT#1' } } } }] },
    { Records: [{ dynamodb: { NewImage: { ...NewImage, pk: { S: 'REPOSITORIES#koa' } } } }] },
    { Records: [{ dynamodb: { NewImage: { ...NewImage, pk: { S: 'DEPARTMENT#../koa' } } } }] },
    { department: 'nobody' },
    { department: '../koa' },
  ];
  for (const event of silent) await handleEvent(service.embedded.executor, event);
  t.strictSame(writes, [], 'what does not concern a department that waits rings nobody');
  await handleEvent(service.embedded.executor, { Records: [{ dynamodb: { NewImage } }, { dynamodb: { NewImage } }] });
  t.strictSame([...new Set(writes.map(({ resource }) => resource))], ['first', 'koa-github-ecr-access', 'second']);
  await accept('createRepository', { department: 'koa', name: 'third' });
  await handleEvent(service.embedded.executor, { source: 'aws.scheduler' });
  t.strictSame(await wrong(), []);
});

t.test('two executors never write for one department at the same time', async (t) => {
  const { accept, ring, faults, operation, breaches: wrong } = await startBench(t);
  const first = await accept('createRepository', { department: 'koa', name: 'first' });
  let rungMeanwhile: Promise<'done' | 'left'> | undefined;
  let second: string | undefined;
  let running = 0;
  let most = 0;
  faults.before = async ({ operation: call }) => {
    if (call !== 'CreateRepository') return;
    most = Math.max(most, ++running);
    if (rungMeanwhile === undefined) {
      second = (await accept('createRepository', { department: 'koa', name: 'second' })).operation;
      rungMeanwhile = ring();
      t.equal(await rungMeanwhile, 'done', 'the other sees that the department is busy, and leaves it');
    }
    running--;
  };
  t.equal(await ring(), 'done');
  t.equal(most, 1);
  t.equal((await operation(first.operation)).status, 'succeeded');
  t.equal(
    (await operation(second ?? '')).status,
    'succeeded',
    'what was accepted meanwhile was looked for again before the end',
  );
  t.strictSame(await wrong(), []);
});

t.test('whoever was told "busy" in the last moment of a run is served all the same', async (t) => {
  const { accept, ring, operation, service, breaches: wrong } = await startBench(t);
  const { embedded } = service;
  const tables = tablesOf(embedded.config, embedded.endpoints);
  let late: string | undefined;
  tables.documents.middlewareStack.add(
    (next, context) => async (args) => {
      // The run has seen that nothing is pending and gives its lease back.
      if (late === undefined && String(context['commandName']).startsWith('Delete')) {
        late = (await accept('createRepository', { department: 'koa', name: 'late' })).operation;
        t.equal(await ring(), 'done', 'busy');
        t.equal((await operation(late)).attempts, 0);
      }
      return next(args);
    },
    { step: 'initialize' },
  );
  await accept('createRepository', { department: 'koa', name: 'first' });
  t.equal(await ring({ tables }), 'done');
  t.match(await operation(late ?? ''), { status: 'succeeded' });
  t.strictSame(await wrong(), []);
});

t.test('a lease keeps others out until it lapses, and an owner that lost it records nothing', async (t) => {
  const { accept, ring, faults, operation, service, breaches: wrong } = await startBench(t);
  const { tables } = service.embedded.executor;
  const koa = 'koa' as DepartmentId;
  const accepted = await accept('createRepository', { department: 'koa', name: 'app' });
  const now = Date.now();
  t.equal(await takeLease(tables, koa, 'another', now, now + 60_000), true);
  t.equal(await takeLease(tables, koa, 'third', now, now + 60_000), false);
  t.equal(await ring(), 'done');
  t.equal((await operation(accepted.operation)).attempts, 0, 'nothing is begun while another holds it');
  await tables.documents.send(
    new PutCommand({ TableName: tables.state, Item: { ...leaseKey('koa'), owner: 'another', until: now - 10_000 } }),
  );
  t.equal(await ring(), 'done', 'after that it is anybody’s');
  t.equal((await operation(accepted.operation)).status, 'succeeded');

  const robbed = await accept('createRepository', { department: 'koa', name: 'robbed' });
  faults.after = async ({ operation: call }) => {
    if (call !== 'CreateRepository') return;
    faults.after = undefined;
    await tables.documents.send(
      new PutCommand({
        TableName: tables.state,
        Item: { ...leaseKey('koa'), owner: 'thief', until: Date.now() + 60_000 },
      }),
    );
  };
  t.equal(await ring({ pause: async () => undefined }), 'left');
  t.equal((await operation(robbed.operation)).status, 'pending', 'who lost the lease records no outcome');
  const { Item } = await tables.documents.send(new GetCommand({ TableName: tables.state, Key: leaseKey('koa') }));
  t.equal(Item?.['owner'], 'thief', 'and does not give away what is another’s');
  await tables.documents.send(new DeleteCommand({ TableName: tables.state, Key: leaseKey('koa') }));
  t.equal(await ring(), 'done');
  t.equal((await operation(robbed.operation)).status, 'succeeded');
  t.strictSame(await wrong(), []);
});

t.test('a run whose time is over begins no further AWS call, and the next one goes on', async (t) => {
  const { accept, ring, writes, operation, faults, service, breaches: wrong } = await startBench(t);
  const accepted = await accept('createGrant', { ...EXACT });
  writes.length = 0;
  t.equal(await ring(limits({ work: -1 })), 'left');
  t.strictSame(writes, []);
  // Time stands still but for what a role's creation takes.
  let time = 0;
  const run = { ...limits({ work: 20_000, lease: 60_000 }), monotonic: () => time };
  faults.after = ({ operation: call }) => {
    if (call === 'CreateRole') time += 20_001;
  };
  t.equal(await ring(), 'done');
  t.equal((await operation(accepted.operation)).status, 'succeeded');
  await accept('createRepository', { department: 'koa', name: 'app' });
  const named = await accept('createGrant', { ...EXACT, repositories: undefined, refs: ['refs/heads/main'] });
  t.equal(await ring(), 'done');
  t.equal((await operation(named.operation)).status, 'succeeded');
  const own = await accept('createGrant', { ...EXACT, repositories: ['app'] });
  writes.length = 0;
  t.equal(await ring(run), 'left', 'the first call took all the time that there was');
  t.strictSame(
    writes.map(({ operation: call }) => call),
    ['CreateRole'],
    'no other was begun',
  );
  t.equal((await operation(own.operation)).status, 'pending');
  t.equal(await ring(), 'done');
  t.equal((await operation(own.operation)).status, 'succeeded');
  const events = await readWholeChain(service.embedded.executor.tables, 'koa');
  const calls = events.filter(({ operation: of }) => of === own.operation).flatMap(({ awsCalls = [] }) => awsCalls);
  t.strictSame(
    calls.map(({ action, outcome }) => `${action} ${outcome}`).sort(),
    ['iam:CreateRole ok', 'iam:PutRolePolicy ok', 'iam:UpdateAssumeRolePolicy ok'],
    'what either run wrote is in the audit trail',
  );
  t.strictSame(await wrong(), []);
});

t.test('what AWS refuses for good is undone, and can be asked for again', async (t) => {
  const { accept, ring, faults, operation, service, aside, breaches: wrong } = await startBench(t);
  const hands = awsHands(service);
  const fails = async (id: string, asked: Asked, code: string, detail: RegExp): Promise<void> => {
    const { operation: started } = await accept(id, asked);
    t.equal(await ring(), 'done');
    t.match(await operation(started), { status: 'failed', error: { code, detail } }, `${id}: ${code}`);
  };
  const succeeds = async (id: string, asked: Asked): Promise<void> => {
    const { operation: started } = await accept(id, asked);
    t.equal(await ring(), 'done');
    t.match(await operation(started), { status: 'succeeded' }, id);
  };

  await aside(() =>
    hands
      .ecr()
      .send(new CreateRepositoryCommand({ repositoryName: 'foreign', tags: [{ Key: 'Owner', Value: 'somebody' }] })),
  );
  await fails('createRepository', { department: 'koa', name: 'foreign' }, 'name-taken', /registry has a repository/);
  t.equal((await service.ask(PLATFORM, { path: '/v1/repositories/foreign' })).status, 404, 'nothing of it remains');
  const { repositories } = await hands.ecr().send(new DescribeRepositoriesCommand({ repositoryNames: ['foreign'] }));
  t.equal(repositories?.length, 1, 'and the other’s repository is untouched');

  faults.before = ({ operation: call }) => (call === 'CreateRepository' ? fault('LimitExceededException') : undefined);
  await fails('createRepository', { department: 'koa', name: 'too-many' }, 'quota-exceeded', /LimitExceeded/);
  faults.before = ({ operation: call }) =>
    call === 'PutLifecyclePolicy' ? fault('InvalidParameterException') : undefined;
  await fails(
    'createRepository',
    { department: 'koa', name: 'half', lifecyclePolicy: 'expire-untagged-14-days' },
    'refused-by-aws',
    /InvalidParameter/,
  );
  await t.rejects(
    hands.ecr().send(new DescribeRepositoriesCommand({ repositoryNames: ['half'] })),
    { name: 'RepositoryNotFoundException' },
    'what stood already is taken away again',
  );
  faults.before = ({ operation: call }) =>
    call === 'UpdateAssumeRolePolicy' ? fault('MalformedPolicyDocument') : undefined;
  await fails('createGrant', EXACT, 'refused-by-aws', /MalformedPolicy/);
  await succeeds('createRepository', { department: 'koa', name: 'too-many' });
  faults.before = undefined;
  await succeeds('createRepository', { department: 'koa', name: 'half', lifecyclePolicy: 'expire-untagged-14-days' });
  await succeeds('createGrant', EXACT);
  t.strictSame(await wrong(), []);
});

t.test('a department whose role name is taken in the account is not made, and can be made under another', async (t) => {
  const { accept, ring, operation, service, aside, breaches: wrong } = await startBench(t);
  const ringNew = (): Promise<unknown> => handleEvent(service.embedded.executor, { department: 'new' });
  await aside(() =>
    awsHands(service)
      .iam()
      .send(
        new CreateRoleCommand({
          RoleName: 'taken-role',
          AssumeRolePolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::354918371398:root' }, Action: 'sts:AssumeRole' },
            ],
          }),
        }),
      ),
  );
  const { operation: first } = await accept('createDepartment', {
    id: 'new',
    displayName: 'New',
    roleName: 'taken-role',
  });
  await ringNew();
  t.equal((await readDepartment(service.embedded.executor.tables, 'new')).state, undefined);
  t.equal((await service.ask(PLATFORM, { path: '/v1/departments/new' })).status, 404);
  const events = await readWholeChain(service.embedded.executor.tables, 'new');
  t.match(events, [
    { outcome: 'accepted', operation: first },
    { outcome: 'failed', operation: first, reason: { code: 'name-taken' } },
  ]);
  const { Role } = await awsHands(service)
    .iam()
    .send(new GetRoleCommand({ RoleName: 'taken-role' }));
  t.equal(Role?.Path, '/', 'the other’s role is untouched');
  const { operation: second } = await accept('createDepartment', { id: 'new', displayName: 'New' });
  await ringNew();
  t.match(await operation(second), { status: 'succeeded' });
  t.equal(await ring(), 'done');
  t.strictSame(await wrong(), []);
});

t.test('account access is tried on one repository first, and what is refused there changes nothing', async (t) => {
  const {
    accept,
    ring,
    faults,
    operation,
    service,
    writes,
    breaches: wrong,
  } = await startBench(t, { accounts: ['931827427725'] });
  for (const name of ['a', 'b', 'c'].map((letter) => `app-${letter}`))
    await accept('createRepository', { department: 'koa', name });
  await ring();
  writes.length = 0;
  const unknown = await accept('putAccountAccess', {
    ...ACCESS,
    accounts: [...ACCOUNT, { description: 'gone', accountId: '444455556666', canWrite: false }],
  });
  t.equal(await ring(), 'done');
  t.match(await operation(unknown.operation), { status: 'failed', error: { code: 'refused-by-aws' } });
  t.strictSame(
    writes.map(({ resource }) => resource),
    ['app-a'],
    'only the first was tried',
  );
  t.strictSame((await service.ask(PLATFORM, { path: '/v1/departments/koa/account-access' })).body.accounts, []);
  t.strictSame(await wrong(), []);

  faults.before = ({ operation: call, input }) =>
    call === 'SetRepositoryPolicy' && (input as { repositoryName?: string }).repositoryName === 'app-b'
      ? fault('InvalidParameterException')
      : undefined;
  const one = await accept('putAccountAccess', { ...ACCESS, accounts: ACCOUNT });
  t.equal(await ring(), 'done');
  t.match(await operation(one.operation), {
    status: 'failed',
    error: { code: 'refused-by-aws', detail: /app-b could not be written; all others have it/ },
  });
  t.strictSame(
    (await service.ask(PLATFORM, { path: '/v1/departments/koa/account-access' })).body.accounts,
    ACCOUNT,
    'later refusals never turn the list back',
  );
  t.match(await wrong(), [/^repository app-b differs/], 'just what the operation says');
});

t.test('a fan-out over many repositories records how far it came and goes on from there', async (t) => {
  const { accept, ring, operation, service, writes, faults, breaches: wrong } = await startBench(t);
  const names = Array.from({ length: 120 }, (_, index) => `app-${String(index).padStart(3, '0')}`);
  for (let from = 0; from < names.length; from += 40) {
    for (const name of names.slice(from, from + 40)) await accept('createRepository', { department: 'koa', name });
    t.equal(await ring(), 'done');
  }
  const access = await accept('putAccountAccess', { ...ACCESS, accounts: ACCOUNT });
  writes.length = 0;
  let isOver = false;
  faults.before = ({ operation: call, input }) => {
    const { repositoryName } = input as { readonly repositoryName?: string };
    if (call === 'SetRepositoryPolicy' && repositoryName === 'app-070' && !isOver) {
      isOver = true;
      return fault('ThrottlingException');
    }
    if (call === 'SetRepositoryPolicy' && repositoryName === 'app-030') return fault('InvalidParameterException');
    return undefined;
  };
  t.equal(await ring({ aws: service.embedded.executor.aws }), 'done', 'the SDK itself repeats a throttled call');
  t.match(await operation(access.operation), {
    status: 'failed',
    completed: 119,
    error: { detail: /app-030 could not be written; all others have it/ },
  });
  faults.before = undefined;
  const closed = await accept('putAccountAccess', { ...ACCESS, accounts: [] });
  let calls = 0;
  faults.before = ({ operation: call }) =>
    call === 'DeleteRepositoryPolicy' && ++calls > 70 ? fault('ServerException', 500) : undefined;
  writes.length = 0;
  t.equal(await ring(), 'left');
  const half = await operation(closed.operation);
  t.equal(half.status, 'pending');
  t.equal(half.completed, 71, 'up to the one that failed, and the one that had no policy');
  faults.before = undefined;
  const before = writes.length;
  t.equal(await ring(), 'done');
  t.match(await operation(closed.operation), { status: 'succeeded', completed: 120 });
  t.equal(writes.length - before, 49, 'none was written twice');
  const events = (await readWholeChain(service.embedded.executor.tables, 'koa')).filter(
    ({ operation: of }) => of === closed.operation,
  );
  t.ok(events.every(({ awsCalls = [] }) => awsCalls.length <= 100));
  t.equal(
    events.flatMap(({ awsCalls = [] }) => awsCalls).filter(({ outcome }) => outcome === 'ok').length,
    119,
    'every call that had its effect is in the audit trail',
  );
  t.strictSame(await wrong(), []);
});

t.test('a fan-out does not stumble over a repository that somebody deleted behind its back', async (t) => {
  const { accept, ring, operation, service, aside, breaches: wrong } = await startBench(t);
  for (const name of ['app-a', 'app-b', 'app-c']) await accept('createRepository', { department: 'koa', name });
  await ring();
  await aside(() =>
    awsHands(service)
      .ecr()
      .send(new DeleteRepositoryCommand({ repositoryName: 'app-b' })),
  );
  const access = await accept('putAccountAccess', { ...ACCESS, accounts: ACCOUNT });
  t.equal(await ring(), 'done');
  t.match(await operation(access.operation), {
    status: 'failed',
    error: { detail: /app-b could not be written; all others have it/ },
  });
  t.match(
    await wrong(),
    [/^repository app-b differs: ecr:CreateRepository/, /app-b differs/],
    'the others have the new list',
  );
});

t.test('a name that somebody took between two attempts is not taken for ours', async (t) => {
  const { accept, ring, faults, operation, service, aside, breaches: wrong } = await startBench(t);
  const app = await accept('createRepository', { department: 'koa', name: 'app' });
  faults.before = ({ operation: call, callerArn }) =>
    call === 'CreateRepository' && callerArn.includes('354918371398') && !open ? { kind: 'disconnect' } : undefined;
  let open = false;
  t.equal(await ring(), 'left');
  open = true;
  const tags = [
    { Key: 'ecp:department', Value: 'koa' },
    { Key: 'ecp:managed-by', Value: 'ecr-control-plane' },
  ];
  await aside(() =>
    awsHands(service)
      .ecr()
      .send(
        new CreateRepositoryCommand({
          repositoryName: 'app',
          tags,
          imageTagMutability: 'IMMUTABLE',
          imageScanningConfiguration: { scanOnPush: true },
        }),
      ),
  );
  t.equal(await ring(), 'done');
  t.match(
    await operation(app.operation),
    { status: 'failed', error: { code: 'name-taken', detail: repositoryNameTaken('app') } },
    'not even when it looks just like it',
  );
  const { repositories } = await awsHands(service)
    .ecr()
    .send(new DescribeRepositoriesCommand({ repositoryNames: ['app'] }));
  t.equal(repositories?.length, 1, 'nor is it deleted by the undo');
  t.match(await wrong(), [/^repository app differs: ecr:DeleteRepository/]);
});

t.test('what cannot be reached is tried again, and given up after so many attempts', async (t) => {
  const { accept, ring, faults, operation, breaches: wrong } = await startBench(t);
  const app = await accept('createRepository', { department: 'koa', name: 'app' });
  faults.before = ({ operation: call }) => (call === 'CreateRepository' ? fault('ServerException', 500) : undefined);
  t.equal(await ring(limits({ attempts: 3 })), 'left');
  t.equal(await ring(limits({ attempts: 3 })), 'left');
  t.equal(await ring(limits({ attempts: 3 })), 'done');
  t.match(await operation(app.operation), {
    status: 'failed',
    attempts: 3,
    error: { code: 'aws-unavailable', detail: /3 attempts/ },
  });
  faults.before = ({ operation: call }) =>
    call === 'DescribeRepositories' || call === 'CreateRepository' ? fault('ServerException', 500) : undefined;
  const again = await accept('createRepository', { department: 'koa', name: 'app' });
  for (let rings = 0; rings < 3; rings++)
    t.equal(
      await ring(limits({ attempts: 2 })),
      'left',
      'what cannot be looked at cannot be undone, so it is not given up yet',
    );
  faults.before = undefined;
  t.equal(await ring(limits({ attempts: 2 })), 'done');
  t.match(await operation(again.operation), { status: 'succeeded' });
  t.strictSame(await wrong(), []);
});

t.test('an operation sees nothing of those after it, so that what they ask for cannot stop it', async (t) => {
  const {
    accept,
    ring,
    operation,
    writes,
    faults,
    breaches: wrong,
  } = await startBench(t, { accounts: ['931827427725'] });
  await accept('createRepository', { department: 'koa', name: 'before' });
  await ring();
  const created = await accept('createRepository', {
    department: 'koa',
    name: 'app',
    lifecyclePolicy: 'expire-untagged-14-days',
  });
  const refused = await accept('putAccountAccess', {
    ...ACCESS,
    accounts: [{ description: 'gone', accountId: '444455556666', canWrite: false }],
  });
  const first = await accept('createGrant', EXACT);
  const second = await accept('createGrant', { ...EXACT, repository: 'Other', repositoryId: '4712' });
  faults.before = ({ operation: call, input }) => {
    const { PolicyDocument = '' } = input as { readonly PolicyDocument?: string };
    return call === 'UpdateAssumeRolePolicy' && PolicyDocument.includes('4712')
      ? fault('MalformedPolicyDocument')
      : undefined;
  };
  writes.length = 0;
  t.equal(await ring(), 'done');
  t.match(await operation(created.operation), { status: 'succeeded' });
  t.match(await operation(refused.operation), { status: 'failed' });
  t.match(await operation(first.operation), { status: 'succeeded' });
  t.match(await operation(second.operation), { status: 'failed' });
  t.strictSame(await wrong(), []);
});

t.test('state that was tampered with never reaches AWS', async (t) => {
  const evil: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['another organisation', { organisation: 'evil' }],
    ['a pattern that begins too early', { organisation: '*-KOA' }],
    ['a policy variable', { organisation: '${aws:username}' }],
    ['a policy variable as repository', { repository: '${aws:PrincipalTag/x}', repositoryId: undefined }],
    ['an id that is a pattern', { repositoryId: '*' }],
    ['an id with another behind it', { repositoryId: '1","2' }],
    ['an environment that is everything', { environment: '*' }],
    ['an environment with another organisation in it', { environment: 'x","repo:evil/*:*' }],
    ['refs that are everything', { refs: ['*'] }],
    ['a ref with a policy variable', { refs: ['refs/heads/${x}'] }],
  ];
  const { accept, ring, operation, service, writes, breaches: wrong } = await startBench(t);
  const { tables } = service.embedded.executor;
  for (const [what, changes] of evil) {
    const { operation: id, answer } = await accept('createGrant', EXACT);
    const key = { pk: 'DEPARTMENT#koa', sk: `GRANT#${answer.body.grant.id}` };
    const { Item } = await tables.documents.send(new GetCommand({ TableName: tables.state, Key: key }));
    await tables.documents.send(
      new PutCommand({ TableName: tables.state, Item: { ...Item, value: { ...Item?.['value'], ...changes } } }),
    );
    writes.length = 0;
    t.equal(await ring(), 'done', what);
    t.strictSame(writes, [], `${what}: AWS is not touched`);
    t.match(
      await operation(id),
      { status: 'failed', error: { code: 'refused-by-aws', detail: /held back by a safety rule/ } },
      what,
    );
  }
  t.strictSame(await wrong(), []);
});

t.test('tampered state of roles, repositories and accounts is held back too', async (t) => {
  const { accept, ring, operation, service, writes } = await startBench(t);
  const { tables } = service.embedded.executor;
  const tamper = async (
    key: { readonly pk: string; readonly sk: string },
    changes: Readonly<Record<string, unknown>>,
  ): Promise<void> => {
    const { Item } = await tables.documents.send(new GetCommand({ TableName: tables.state, Key: key }));
    await tables.documents.send(
      new PutCommand({ TableName: tables.state, Item: { ...Item, value: { ...Item?.['value'], ...changes } } }),
    );
  };
  const heldBack = async (id: string, what: string): Promise<void> => {
    writes.length = 0;
    t.equal(await ring(), 'done');
    t.strictSame(writes, [], `${what}: AWS is not touched`);
    t.match(await operation(id), { status: 'failed', error: { detail: /safety rule/ } }, what);
  };
  await accept('createRepository', { department: 'koa', name: 'app' });
  await ring();

  const repository = await accept('createRepository', { department: 'koa', name: 'other' });
  await tamper({ pk: 'REPOSITORIES#koa', sk: 'other' }, { department: 'pol' });
  await heldBack(repository.operation, 'a repository with another department’s tag');

  const access = await accept('putAccountAccess', { ...ACCESS, accounts: ACCOUNT });
  await tamper(
    { pk: 'DEPARTMENT#koa', sk: 'ACCOUNT_ACCESS' },
    { accounts: [{ description: 'x', accountId: '*', canWrite: true }] },
  );
  await heldBack(access.operation, 'an account that is everybody');

  const { operation: id, answer } = await accept('createGrant', { ...EXACT, repositories: ['app'] });
  const role = String(answer.body.grant.pushRole).toLowerCase();
  await tamper({ pk: 'DEPARTMENT#koa', sk: `PUSH_ROLE#${role}` }, { repositories: ['*'] });
  await heldBack(id, 'a role for every repository');

  const { operation: wide, answer: widened } = await accept('createGrant', { ...EXACT, repositories: ['app'] });
  const own = String(widened.body.grant.pushRole).toLowerCase();
  await tamper({ pk: 'DEPARTMENT#koa', sk: `PUSH_ROLE#${own}` }, { scope: 'department' });
  await heldBack(wide, 'a role of one grant made the department’s');
});

t.test('what is tagged as another’s in AWS is not touched, whatever the ledger says', async (t) => {
  const { accept, ring, operation, service, writes } = await startBench(t);
  await accept('createRepository', { department: 'koa', name: 'app' });
  await ring();
  const resourceArn = 'arn:aws:ecr:eu-west-1:354918371398:repository/app';
  const { ecr } = awsHands(service);
  await ecr().send(new TagResourceCommand({ resourceArn, tags: [{ Key: 'ecp:department', Value: 'pol' }] }));
  const asks: readonly (readonly [string, Asked])[] = [
    ['updateRepository', { name: 'app', scanOnPush: false }],
    ['updateRepository', { name: 'app', lifecyclePolicy: 'keep-last-30' }],
    ['deleteRepository', { name: 'app' }],
  ];
  for (const [id, asked] of asks) {
    const accepted = await accept(id, asked);
    writes.length = 0;
    t.equal(await ring(), 'done');
    t.strictSame(writes, [], `${id}: AWS is not touched`);
    t.match(await operation(accepted.operation), { status: 'failed', error: { detail: /safety rule.*not-owned/ } }, id);
  }
});

t.test('one department’s trouble does not keep another’s operations waiting', async (t) => {
  const { accept, service, operation } = await startBench(t);
  const { executor } = service.embedded;
  const both = (): Promise<unknown> => handleEvent(executor, { source: 'aws.events' }).catch((error: unknown) => error);
  await onboardLater(service, both);
  await accept('createRepository', { department: 'koa', name: 'app' });
  const pols = await accept('createRepository', { department: 'pol', name: 'pol-app' });
  const key = { pk: 'DEPARTMENT#koa', sk: 'DEPARTMENT' };
  const { Item } = await executor.tables.documents.send(new GetCommand({ TableName: executor.tables.state, Key: key }));
  await executor.tables.documents.send(
    new PutCommand({ TableName: executor.tables.state, Item: { ...Item, head: 'broken' } }),
  );
  t.match(await both(), { message: /Operations are left/ });
  t.match(await operation(pols.operation), { status: 'succeeded' });
});

/** Onboards POL on a bench whose executor has to be rung. */
async function onboardLater(service: Service, ring: () => Promise<unknown>): Promise<void> {
  const onboarding = onboard(service, {
    id: 'pol',
    organisation: 'JPPOL-POL',
    manager: { repository: 'JPPOL-POL/Website' },
  }).then(() => true);
  while (!(await Promise.race([onboarding, ring().then(() => false)])));
}
