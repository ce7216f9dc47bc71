/** A cursor tells nothing, can't be made, and goes on only where it was given. */
import { assert, asyncProperty, string } from 'fast-check';
import t, { type Test } from 'tap';
import { connectTables, type Tables } from '../../src/ledger/client.ts';
import { ensureTables } from '../../src/ledger/tables.ts';
import { startLocalDynamoDb } from '../../src/local/dynamodb.ts';
import { cursorSeal } from '../../src/core/queries/cursor-seal.ts';
import { chainOf, fillLog } from '../audit/log.ts';
import { idOf, KOA, onboardKoaAndPol, PLATFORM, POL, startService } from '../support/service.ts';
import { MEMBER } from '../support/world.ts';
import { runs } from '../support/extent.ts';

const DAY = 86_400_000;

async function startTables(t: Test): Promise<Tables> {
  const dynamoDb = await startLocalDynamoDb(undefined);
  const tables = connectTables({
    state: 'state',
    audit: 'audit',
    region: 'eu-west-1',
    endpoint: dynamoDb.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  t.teardown(async () => {
    tables.documents.destroy();
    await dynamoDb.close();
  });
  await ensureTables(tables);
  return tables;
}

t.test('a sealed cursor', async (t) => {
  const tables = await startTables(t);
  const at = (day: number) => (): Date => new Date(Date.parse('2026-01-01T00:00:00Z') + day * DAY);
  const one = cursorSeal(tables, at(0));
  const text = string({ unit: 'binary', maxLength: 80 });

  await t.test('opens to what was sealed, in each process, for what it is bound to and nothing else', async (t) => {
    const other = cursorSeal(tables, at(0));
    const seal = await one.sealer();
    await assert(
      asyncProperty(text, text, text, async (place, boundTo, elsewhere) => {
        const cursor = seal(place, boundTo);
        t.equal(await one.open(cursor, boundTo), place);
        t.equal(await other.open(cursor, boundTo), place);
        if (elsewhere !== boundTo) t.equal(await one.open(cursor, elsewhere), undefined);
        t.match(cursor, /^[A-Za-z0-9_-]+$/);
      }),
      { numRuns: runs(40) },
    );
  });

  await t.test('opens no more when any bit of it is changed, or it is cut or spelled otherwise', async (t) => {
    const cursor = (await one.sealer())('koa/000000000017', 'here');
    const bytes = Buffer.from(cursor, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      t.equal(await one.open(changed.toString('base64url'), 'here'), undefined, `bit ${bit}`);
    }
    for (let length = 0; length < bytes.length; length += 1)
      t.equal(await one.open(bytes.subarray(0, length).toString('base64url'), 'here'), undefined);
    for (const odd of [`${cursor}=`, `${cursor}AAAA`, ` ${cursor}`, '', 'AAAA', cursor.toLowerCase()])
      t.equal(await one.open(odd, 'here'), undefined, odd);
  });

  await t.test('shows nothing of what is in it', async (t) => {
    const cursor = (await one.sealer())('pol/secret-project', 'here');
    for (const encoding of ['base64url', 'latin1', 'hex'] as const)
      t.notMatch(Buffer.from(cursor, encoding).toString('latin1'), /pol|secret/);
  });

  await t.test('opens for a year after its key was replaced, and not for ever', async (t) => {
    const first = (await cursorSeal(tables, at(0)).sealer())('place', 'here');
    for (const [day, opens] of [
      [91, true],
      [182, true],
      [273, true],
      [364, true],
      [455, true],
      [546, false],
    ] as const) {
      const later = cursorSeal(tables, at(day));
      t.not((await later.sealer())('place', 'here'), first, 'another key seals');
      t.equal(await later.open(first, 'here'), opens ? 'place' : undefined, `after ${day} days`);
    }
    const news = (await cursorSeal(tables, at(546)).sealer())('place', 'here');
    t.equal(await one.open(news, 'here'), 'place', 'a process that has the old keys reads them again');
  });

  await t.test('is sealed with one key where several processes begin at once', async (t) => {
    const fresh = await startTables(t);
    const cursors = await Promise.all(
      Array.from({ length: 8 }, async () => (await cursorSeal(fresh, at(0)).sealer())('place', 'here')),
    );
    t.equal(new Set(cursors).size, 1);
  });
});

t.test("a member's look for what another department has done answers as for what nobody has done", async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const { tables } = service.embedded.executor;
  // Enough for the look into a common index to end in the middle of it.
  await fillLog(tables, {
    pol: chainOf('pol', 2_100).map((event) => ({
      ...event,
      ...(event.caller === undefined ? {} : { caller: { ...event.caller, repositoryId: idOf(POL.repository) } }),
      subject: { type: 'repository', id: 'pol/secret' },
    })),
  });
  const ask = (query: string) => service.ask(MEMBER, { path: `/v1/departments/koa/audit-events?${query}` });
  for (const [theirs, nobodys] of [
    [`actorRepositoryId=${idOf(POL.repository)}`, 'actorRepositoryId=123456789'],
    ['subject=pol%2Fsecret', 'subject=pol%2Fnothing'],
    ['subject=pol%2Fsecret&action=createGrant', 'subject=pol%2Fnothing&action=createGrant'],
    [`actorRepositoryId=${idOf(POL.repository)}&order=oldest`, 'actorRepositoryId=123456789&order=oldest'],
  ] as const) {
    const [there, notThere] = [await ask(theirs), await ask(nobodys)];
    t.equal(there.status, 200);
    t.equal(there.text, notThere.text, theirs);
    t.strictSame(there.body, { items: [] }, 'with nothing to go on from');
  }
});

t.test('a cursor of another list, department or filter is refused, and says what would do', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const cursorOf = async (path: string): Promise<string> => {
    const { body } = await service.ask(PLATFORM, { path: `${path}${path.includes('?') ? '&' : '?'}first=1` });
    t.type(body.nextCursor, 'string', path);
    return body.nextCursor as string;
  };
  const KOAS = '/v1/departments/koa/audit-events';
  const cursor = await cursorOf(KOAS);
  t.equal((await service.ask(PLATFORM, { path: `${KOAS}?first=100&after=${cursor}` })).status, 200, 'goes on');
  t.equal((await service.ask(KOA, { path: `${KOAS}?after=${cursor}` })).status, 200, 'whoever may read the list');
  for (const path of [
    '/v1/departments/pol/audit-events?',
    '/v1/audit-events?',
    '/v1/audit-events?department=koa&',
    '/v1/departments/koa/repositories?',
    '/v1/departments/koa/grants?',
    '/v1/departments?',
    `${KOAS}?order=oldest&`,
    `${KOAS}?action=createGrant&`,
    `${KOAS}?subject=koa&`,
    `${KOAS}?from=2026-01-01T00:00:00Z&`,
    `${KOAS}?wait=0&`,
  ]) {
    t.match(
      await service.ask(PLATFORM, { path: `${path}after=${cursor}` }),
      { status: 400, body: { errors: [{ pointer: '/query/after', detail: /same parameters.*leave it out/ }] } },
      path,
    );
  }
  const followed = await cursorOf(`${KOAS}?wait=0&from=2026-01-01T00:00:00Z`);
  t.equal(
    (await service.ask(PLATFORM, { path: `${KOAS}?wait=0&after=${followed}` })).status,
    200,
    'whoever follows need not say again where it began',
  );
  t.equal(
    (await service.ask(PLATFORM, { path: `/v1/departments/pol/audit-events?wait=0&after=${followed}` })).status,
    400,
  );
});
