/** What is answered of a repository, and what is kept of it, is as large with two thousand grants as with none. */
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import t from 'tap';
import { entityKey } from '../../src/ledger/keys.ts';
import { getItem, readOperation } from '../../src/ledger/read.ts';
import type { Grant } from '../../src/model/grant.ts';
import { PAGE_BYTES } from '../../src/core/queries/cursor.ts';
import { idOf, KOA, onboardKoaAndPol, PLATFORM, startService, type Answer, type Ask } from '../support/service.ts';

const GRANTS = 2_000;
/** What may differ: the digits of a few numbers. */
const DIGITS = 20;

const service = await startService(t);
await onboardKoaAndPol(service);
const { tables } = service.embedded.executor;
const REPOSITORIES = '/v1/departments/koa/repositories';

async function ask(request: Ask): Promise<Answer> {
  const answer = await service.ask(KOA, request);
  if (answer.status >= 300) throw new Error(`${request.path}: ${answer.text}`);
  return answer;
}

/** The sizes, in bytes, of all that says something of repositories. */
async function sizes(name: string): Promise<Readonly<Record<string, number>>> {
  const created = await ask({ method: 'POST', path: REPOSITORIES, body: { name } });
  const changed = await ask({ method: 'PATCH', path: `/v1/repositories/${name}`, body: { scanOnPush: false } });
  const operation = await readOperation(tables, created.body.operation.id);
  return {
    created: Buffer.byteLength(created.text),
    changed: Buffer.byteLength(changed.text),
    operation: JSON.stringify(operation).length,
    read: Buffer.byteLength((await ask({ path: `/v1/repositories/${name}` })).text),
    listed: JSON.stringify((await ask({ path: `${REPOSITORIES}?first=1` })).body.items).length,
  };
}

/** Grants, some as large as the contract allows, beside one that the service made itself. */
async function grow(): Promise<void> {
  const { body } = await ask({
    method: 'POST',
    path: '/v1/departments/koa/grants',
    body: { organisation: 'JPPOL-KOA', repository: 'GiftCardService', repositoryId: idOf('JPPOL-KOA/GiftCardService') },
  });
  const { id } = body.grant;
  const keyOf = (one: string) => entityKey({ type: 'grant', value: { department: 'koa', id: one } as Grant });
  const item = await getItem(tables, keyOf(id));
  const refs = Array.from({ length: 20 }, (_, index) => `refs/heads/${index}-`.padEnd(255, 'x'));
  const largest = { ...(item?.['value'] as Grant), repository: 'x'.repeat(100), refs, environment: 'e'.repeat(255) };
  const putOf = (index: number) => {
    const own = `${id.slice(0, -4)}${String(index).padStart(4, '0')}`;
    // One in twenty, so that each page of those who push holds five: all of them would be 11 MB to read for each page.
    const value = { ...(index % 20 === 0 ? largest : (item?.['value'] as Grant)), id: own };
    return { PutRequest: { Item: { ...item, ...keyOf(own), value } } };
  };
  const puts = Array.from({ length: GRANTS - 1 }, (_, index) => putOf(index + 1));
  while (puts.length > 0)
    await tables.documents.send(new BatchWriteCommand({ RequestItems: { [tables.state]: puts.splice(0, 25) } }));
}

t.test('two thousand grants for all repositories change no size, and are listed to the last one', async (t) => {
  await service.ask(PLATFORM, {
    method: 'PUT',
    path: '/v1/departments/koa/account-access',
    headers: { 'if-match': '*' },
    body: {
      accounts: Array.from({ length: 200 }, (_, index) => ({
        description: 'd'.repeat(100),
        accountId: String(100_000_000_000 + index),
        canWrite: true,
      })),
    },
  });
  const before = await sizes('koa-before');
  await grow();
  const after = await sizes('koa-behind');
  for (const [what, bytes] of Object.entries(after)) {
    t.ok(Math.abs(bytes - Number(before[what])) <= DIGITS, `${what}: ${before[what]} and ${bytes} bytes`);
    t.ok(bytes < 100_000, `${what}: of which one item of DynamoDB has room for four`);
  }
  const { body } = await ask({ path: '/v1/repositories/koa-behind' });
  t.equal(body.pusherCount, GRANTS + 200);
  let pushers = 0;
  for (let next: string | undefined = `${body.links.pushers}?first=100`; next !== undefined; ) {
    const page: Answer = await ask({ path: next });
    pushers += page.body.items.length;
    t.ok(Buffer.byteLength(page.text) < PAGE_BYTES);
    next = /^<([^>]+)>/.exec(page.headers['link'] ?? '')?.[1];
  }
  t.equal(pushers, GRANTS + 200);
});
