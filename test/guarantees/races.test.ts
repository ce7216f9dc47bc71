/** Many at once, through several processes on one table: nothing is lost, nothing happens twice, and all of it is told. */
import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import t from 'tap';
import { restRequest, type Asked } from '../support/both-faces.ts';
import { anotherInstance, type Instance } from '../support/instances.ts';
import { breaches, readWholeLedger, watchWrites, type AwsWrite } from '../support/invariants.ts';
import {
  idOf,
  KOA,
  onboardKoaAndPol,
  PLATFORM,
  POL,
  startService,
  type Answer,
  type Service,
} from '../support/service.ts';
import type { Job } from '../../src/local/github/job.ts';

interface Crowd {
  readonly service: Service;
  readonly writes: readonly AwsWrite[];
  /** Asks one process after the other. */
  readonly ask: (job: Job, id: string, asked: Asked) => Promise<Answer>;
  /** Waits for what was accepted only, then gives everything that is wrong. */
  readonly breaches: () => Promise<readonly string[]>;
}

async function startCrowd(t: Parameters<typeof startService>[0]): Promise<Crowd> {
  const { hooks, writes } = watchWrites();
  const service = await startService(t, { aws: { hooks } });
  await onboardKoaAndPol(service);
  const instances: readonly Instance[] = [service, anotherInstance(t, service), anotherInstance(t, service)];
  let turn = 0;
  const { tables } = service.embedded.executor;
  const atRest = async (): Promise<void> => {
    while ((await readWholeLedger(tables)).operations.some(({ status }) => status === 'pending'))
      await new Promise((resolve) => setTimeout(resolve, 50));
  };
  return {
    service,
    writes,
    ask: (job, id, asked) => (instances[turn++ % instances.length] as Instance).ask(job, restRequest(id, asked)),
    breaches: async () => {
      await atRest();
      return breaches(service.embedded, writes);
    },
  };
}

function statuses(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const key = status < 300 ? String(status) : `${status} ${body?.code}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

t.test('many mutations of one department at once: all are done, none is lost', async (t) => {
  const { ask, breaches: wrong, service } = await startCrowd(t);
  const repositories = Array.from({ length: 10 }, (_, index) => `app-${index}`);
  const created = await Promise.all(
    repositories.map((name) => ask(KOA, 'createRepository', { department: 'koa', name })),
  );
  t.strictSame(statuses(created), { 201: 10 });
  const granted = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      ask(KOA, 'createGrant', {
        department: 'koa',
        organisation: 'JPPOL-KOA',
        repository: `App${index}`,
        repositoryId: idOf(`JPPOL-KOA/App${index}`),
        ...(index % 2 === 0 ? {} : { repositories: [repositories[index]] }),
      }),
    ),
  );
  t.strictSame(statuses(granted), { 201: 10 });
  const mixed = await Promise.all([
    ...granted
      .slice(0, 5)
      .map(({ body }) => ask(KOA, 'revokeGrant', { department: 'koa', id: body.grant.id, revokeSessions: true })),
    ...granted
      .slice(5)
      .map(({ body }) => ask(KOA, 'updateGrant', { department: 'koa', id: body.grant.id, refs: ['refs/heads/main'] })),
    ...repositories.slice(0, 1).map((name) => ask(KOA, 'deleteRepository', { name })),
    ask(PLATFORM, 'putAccountAccess', {
      department: 'koa',
      accounts: [{ description: 'aws-koa-prod', accountId: '223344556677', canWrite: true }],
      ifMatch: '*',
    }),
    ask(PLATFORM, 'putOrganisation', { department: 'koa', login: 'JPPOL-KOA2', ownerId: idOf('JPPOL-KOA2') }),
    ask(KOA, 'createRepository', { department: 'koa', name: 'late' }),
  ]);
  const outcome = statuses(mixed);
  t.ok(
    Object.keys(outcome).every((key) => ['200', '201', '409 contended', '409 in-progress'].includes(key)),
    JSON.stringify(outcome),
  );
  t.strictSame(await wrong(), []);
  const { departments } = await readWholeLedger(service.embedded.executor.tables);
  const koa = departments.find(({ department }) => department.id === 'koa');
  const done = new Set(mixed.map(({ status }, index) => (status < 300 ? index : -1)));
  t.equal(koa?.grants.length, 10 - [0, 1, 2, 3, 4].filter((index) => done.has(index)).length);
});

t.test('a name is given once, whoever asks at the same time', async (t) => {
  const { ask, breaches: wrong } = await startCrowd(t);
  t.equal(
    (
      await ask(PLATFORM, 'createDepartment', {
        id: 'new',
        displayName: 'New',
        managers: [{ repositoryId: idOf('JPPOL-NEW/a'), ref: 'refs/heads/main' }],
      })
    ).status,
    201,
  );
  t.equal(
    (await ask(PLATFORM, 'putOrganisation', { department: 'new', login: 'JPPOL-NEW', ownerId: idOf('JPPOL-NEW') }))
      .status,
    201,
  );
  const NEW: Job = { repository: 'JPPOL-NEW/a', ref: 'refs/heads/main' };
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      index % 2 === 0
        ? ask(KOA, 'createRepository', { department: 'koa', name: 'wanted' })
        : ask(NEW, 'createRepository', { department: 'new', name: 'wanted' }),
    ),
  );
  const counts = statuses(answers);
  t.equal(counts['201'], 1, JSON.stringify(counts));
  t.equal((counts['409 already-exists'] ?? 0) + (counts['409 name-taken'] ?? 0), 7, JSON.stringify(counts));

  const departments = await Promise.all(
    Array.from({ length: 5 }, () => ask(PLATFORM, 'createDepartment', { id: 'twin', displayName: 'Twin' })),
  );
  t.strictSame(statuses(departments), { 201: 1, '409 already-exists': 4 });
  const roleNames = await Promise.all(
    ['one', 'two', 'three'].map((id) =>
      ask(PLATFORM, 'createDepartment', { id, displayName: id, roleName: id === 'two' ? 'Same-Role' : 'same-role' }),
    ),
  );
  t.strictSame(statuses(roleNames), { 201: 1, '409 name-taken': 2 }, 'role names are the same in any case');
  const owners = await Promise.all(
    ['koa', 'pol', 'new'].map((department) =>
      ask(PLATFORM, 'putOrganisation', { department, login: 'Fought-Over', ownerId: '4711' }),
    ),
  );
  t.strictSame(statuses(owners), { 201: 1, '409 already-exists': 2 });
  t.strictSame(await wrong(), []);
});

t.test('of those who change what they have read, one wins and the others are told', async (t) => {
  const { ask, breaches: wrong, service } = await startCrowd(t);
  t.equal((await ask(KOA, 'createRepository', { department: 'koa', name: 'app' })).status, 201);
  const read = await service.ask(KOA, { path: '/v1/repositories/app' });
  const ifMatch = read.headers['etag'];
  const changed = await Promise.all(
    [true, false, true, false].map((scanOnPush, index) =>
      ask(KOA, 'updateRepository', {
        name: 'app',
        scanOnPush,
        imageTagMutability: index < 2 ? 'MUTABLE' : 'IMMUTABLE',
        ifMatch,
      }),
    ),
  );
  t.equal(changed.filter(({ status }) => status === 200).length, 1, JSON.stringify(statuses(changed)));
  t.equal(statuses(changed)['412 precondition-failed'], 3);
  const access = (await service.ask(PLATFORM, { path: '/v1/departments/koa/account-access' })).headers['etag'];
  const lists = await Promise.all(
    ['111111111111', '222222222222', '333333333333'].map((accountId) =>
      ask(PLATFORM, 'putAccountAccess', {
        department: 'koa',
        accounts: [{ description: 'x', accountId, canWrite: false }],
        ifMatch: access,
      }),
    ),
  );
  t.equal(lists.filter(({ status }) => status === 200).length, 1);
  t.equal(statuses(lists)['412 precondition-failed'], 2);
  t.strictSame(await wrong(), []);
});

t.test('a request that is repeated in flight, at another process or after its end, is carried out once', async (t) => {
  const { ask, breaches: wrong, service } = await startCrowd(t);
  const once = async (job: Job, id: string, asked: Asked, times = 6): Promise<readonly Answer[]> => {
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(Array.from({ length: times }, () => ask(job, id, { ...asked, idempotencyKey })));
    const again = await ask(job, id, { ...asked, idempotencyKey });
    const all = [...answers, again];
    t.equal(
      new Set(all.map(({ body }) => body.operation?.id)).size,
      1,
      `${id}: one operation; ${JSON.stringify(statuses(all))}`,
    );
    t.equal(new Set(all.map(({ status }) => status)).size, 1, `${id}: one answer`);
    const other = await ask(job, id, { ...asked, ifMatch: '"99"', idempotencyKey });
    // Of what the first request deleted, another request knows nothing.
    t.equal(other.body.code, id === 'deleteRepository' ? 'not-found' : 'idempotency-mismatch', id);
    return all;
  };
  await once(KOA, 'createRepository', { department: 'koa', name: 'app' });
  const [granted] = await once(KOA, 'createGrant', {
    department: 'koa',
    organisation: 'JPPOL-KOA',
    repository: 'GiftCardService',
    repositories: ['app'],
  });
  await once(KOA, 'revokeGrant', { department: 'koa', id: granted?.body.grant.id });
  await once(KOA, 'deleteRepository', { name: 'app' });
  await once(PLATFORM, 'createDepartment', { id: 'third', displayName: 'Third' });
  await once(PLATFORM, 'deleteDepartment', { department: 'third' });
  const key = randomUUID();
  const [koas, pols] = await Promise.all([
    ask(KOA, 'createRepository', { department: 'koa', name: 'mine', idempotencyKey: key }),
    ask(POL, 'createRepository', { department: 'pol', name: 'pol/mine', idempotencyKey: key }),
  ]);
  t.strictSame([koas?.status, pols?.status], [201, 201], 'a key is its sender’s own');
  const stranger = await ask(POL, 'createRepository', { department: 'koa', name: 'mine', idempotencyKey: key });
  t.equal(stranger.status, 404, 'and gives nobody else the answer');
  const demoted = await service.ask(PLATFORM, restRequest('updateDepartment', { department: 'koa', managers: [] }));
  t.equal(demoted.status, 200);
  t.equal(
    (await ask(KOA, 'createRepository', { department: 'koa', name: 'mine', idempotencyKey: key })).status,
    403,
    'nor one who may no longer',
  );
  t.strictSame(await wrong(), []);
});

t.test('a department that is going takes no newcomers along', async (t) => {
  const { ask, breaches: wrong } = await startCrowd(t);
  const managers = [{ repositoryId: idOf(KOA.repository), ref: 'refs/heads/main' }];
  for (let round = 0; round < 4; round++) {
    const id = `brief-${round}`;
    await Promise.all([
      ask(PLATFORM, 'createDepartment', { id, displayName: 'Brief', managers, roleName: `brief-${round}` }),
      ask(PLATFORM, 'createRepository', { department: id, name: `${id}/early` }),
      ask(PLATFORM, 'putOrganisation', { department: id, login: `Brief-${round}`, ownerId: String(7_000 + round) }),
    ]);
    const answers = await Promise.all([
      ask(PLATFORM, 'deleteRepository', { name: `${id}/early` }),
      ask(PLATFORM, 'deleteDepartment', { department: id }),
      ask(PLATFORM, 'createRepository', { department: id, name: `${id}/late` }),
      ask(PLATFORM, 'putOrganisation', { department: id, login: `Late-${round}`, ownerId: String(8_000 + round) }),
      ask(PLATFORM, 'deleteDepartment', { department: id }),
    ]);
    t.ok(
      answers.every(({ status }) => status < 500),
      JSON.stringify(statuses(answers)),
    );
  }
  t.strictSame(await wrong(), []);
});

t.test('whatever is asked in whatever order, the ledger, AWS and the audit trail agree in the end', async (t) => {
  const { ask, breaches: wrong } = await startCrowd(t);
  const ids: string[] = [];
  const name = fc.constantFrom('app', 'web', 'api');
  const step = fc.oneof(
    fc.record({ id: fc.constant('createRepository'), asked: fc.record({ department: fc.constant('koa'), name }) }),
    fc.record({ id: fc.constant('deleteRepository'), asked: fc.record({ name }) }),
    fc.record({
      id: fc.constant('updateRepository'),
      asked: fc.record({ name, scanOnPush: fc.boolean(), imageTagMutability: fc.constantFrom('MUTABLE', 'IMMUTABLE') }),
    }),
    fc.record({
      id: fc.constant('createGrant'),
      asked: fc.record(
        {
          department: fc.constant('koa'),
          organisation: fc.constant('JPPOL-KOA'),
          repository: fc.constantFrom('A', 'B'),
          repositoryId: fc.constant('4711'),
          repositories: fc.subarray(['app', 'web', 'api'], { minLength: 1 }),
          refs: fc.constantFrom(['refs/heads/main'], ['refs/tags/v*']),
        },
        { requiredKeys: ['department', 'organisation', 'repository', 'repositoryId'] },
      ),
    }),
    fc.record({
      id: fc.constant('revokeGrant'),
      asked: fc.record({ department: fc.constant('koa'), nth: fc.nat(20), revokeSessions: fc.boolean() }),
    }),
    fc.record({
      id: fc.constant('updateGrant'),
      asked: fc.record({
        department: fc.constant('koa'),
        nth: fc.nat(20),
        refs: fc.constantFrom(['refs/heads/main'], ['refs/heads/dev']),
      }),
    }),
    fc.record({
      id: fc.constant('putAccountAccess'),
      asked: fc.record({
        department: fc.constant('koa'),
        ifMatch: fc.constant('*'),
        organisationPull: fc.boolean(),
        accounts: fc.constantFrom([], [{ description: 'x', accountId: '223344556677', canWrite: true }]),
      }),
    }),
  );
  const sequence = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(sequence, async (rounds) => {
      for (const round of rounds) {
        const answers = await Promise.all(
          round.map(({ id, asked }) => {
            const { nth, ...rest } = asked as Asked & { readonly nth?: number };
            return ask(
              id === 'putAccountAccess' ? PLATFORM : KOA,
              id,
              nth === undefined
                ? rest
                : { ...rest, id: ids[nth % Math.max(ids.length, 1)] ?? 'grant-01k00000000000000000000000' },
            );
          }),
        );
        for (const { status, body, text } of answers) {
          if (status >= 500) throw new Error(text);
          if (status === 201 && body.grant !== undefined) ids.push(body.grant.id);
        }
      }
      const found = await wrong();
      if (found.length > 0) throw new Error(found.join('\n'));
    }),
    { numRuns: 6, endOnFailure: true },
  );
  t.strictSame(await wrong(), []);
});
