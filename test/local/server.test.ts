/** `npm start` as a process: how it ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import t from 'tap';
import type { Test } from 'tap';
import { tablesOf } from '../../src/compose/connections.ts';
import { readConfig } from '../../src/config/config.ts';
import { EMPTY_CHAIN, link } from '../../src/ledger/chain.ts';
import { exampleEnv, LOCAL_CREDENTIALS } from '../../src/local/embedded.ts';
import { fillLog, recordOf } from '../audit/log.ts';
import { idOf, KOA, PLATFORM } from '../support/service.ts';

interface Served {
  readonly child: ChildProcess;
  readonly api: string;
  readonly token: string;
  readonly dynamoDb: string;
  /** Everything that listens for it: the API, the issuer, the embedded AWS and DynamoDB. */
  readonly addresses: readonly string[];
}

async function serve(t: Test): Promise<Served> {
  const child = spawn(
    process.execPath,
    ['--import=tsx', 'src/entry/server.ts', '--port', '0', '--issuer-port', '0', '--aws-port', '0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  t.teardown(() => child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('Serving at')) continue;
    const { api, issuer, aws, dynamoDb } = JSON.parse(line) as Record<string, string>;
    const addresses = [api, issuer, aws, dynamoDb].map(String);
    child.stdout.resume();
    const token = await tokenOf(String(issuer), PLATFORM);
    return { child, api: String(api), token, dynamoDb: String(dynamoDb), addresses };
  }
  throw new Error('It ended before it served.');
}

async function tokenOf(issuer: string, job: object): Promise<string> {
  const response = await fetch(`${issuer}/local/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(job),
  });
  return ((await response.json()) as { value: string }).value;
}

/** A request whose body never comes to its end. */
async function stalled(t: Test, { api, token }: Served): Promise<Socket> {
  const { hostname, port } = new URL(api);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(
    `POST /v1/departments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
  );
  return socket;
}

async function isGone(address: string): Promise<boolean> {
  return fetch(address).then(
    () => false,
    () => true,
  );
}

await t.test('SIGTERM ends it in order, whoever waits, stalls or keeps a connection', async (t) => {
  const served = await serve(t);
  const { api, token, child, addresses } = served;
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${api}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
  const managers = [{ repositoryId: idOf(KOA.repository), ref: 'refs/heads/main' }];
  const body = JSON.stringify({ id: 'koa', displayName: 'KOA', managers });
  t.equal((await ask('/v1/departments', { method: 'POST', body })).status, 201);
  let after = '';
  for (let items: unknown[] = [1]; items.length > 0; ) {
    const page = (await (await ask(`/v1/departments/koa/audit-events?wait=0${after}`)).json()) as {
      items: unknown[];
      nextCursor: string;
    };
    ({ items } = page);
    after = `&after=${page.nextCursor}`;
  }
  const poll = ask(`/v1/departments/koa/audit-events?wait=20${after}`);
  await stalled(t, served);
  // Answered behind the other two, so both have arrived.
  t.equal((await ask('/healthz')).status, 200);
  child.kill('SIGTERM');
  t.strictSame(await once(child, 'exit'), [0, null]);
  const answer = await poll;
  t.equal(answer.status, 200, 'whoever waited for events is answered');
  for (const address of addresses) t.ok(await isGone(address), `nothing listens at ${address} any more`);
});

/** More than what can be under way between a process and a client that does not read, packed or not. */
const LONG_EVENTS = 80;
const LONG_TEXT_BYTES = 250_000;

async function fillWithLongEvents({ dynamoDb }: Served): Promise<void> {
  const tables = tablesOf(readConfig(exampleEnv()), { dynamoDb, credentials: LOCAL_CREDENTIALS });
  const records = Array.from({ length: LONG_EVENTS }, (_, at) => {
    const record = recordOf('big', at + 1, new Date('2026-11-01T00:00:00Z'));
    return { ...record, source: { requestId: `r-${at}`, userAgent: randomBytes(LONG_TEXT_BYTES).toString('base64') } };
  });
  await fillLog(tables, { big: link('big', EMPTY_CHAIN, records) });
  tables.documents.destroy();
}

for (const coding of ['identity', 'gzip'])
  await t.test(
    `SIGTERM during an export (${coding}): nobody takes what arrived for all of it, and the process ends`,
    async (t) => {
      const served = await serve(t);
      const { api, token, child } = served;
      await fillWithLongEvents(served);
      const request = get(`${api}/v1/audit-events/export`, {
        headers: { authorization: `Bearer ${token}`, 'accept-encoding': coding },
      });
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      t.equal(answer.statusCode, 200);
      // From here on the client does not read until the process is gone.
      answer.pause();
      child.kill('SIGTERM');
      t.strictSame(await once(child, 'exit'), [0, null], 'in order, and not because it took too long');
      const bytes = await wholeOf(answer);
      t.ok(bytes > 0, `${bytes} bytes arrived`);
      t.notOk(answer.complete, 'the answer ends without the mark of its end');
    },
  );

/** Reads what there is. @returns how many bytes */
async function wholeOf(answer: IncomingMessage): Promise<number> {
  let bytes = 0;
  try {
    for await (const chunk of answer) bytes += (chunk as Buffer).length;
  } catch {
    // It breaks off: that is what is looked at.
  }
  return bytes;
}

await t.test('a second signal ends it at once, and its children with it', async (t) => {
  const served = await serve(t);
  const { child, addresses } = served;
  await stalled(t, served);
  child.kill('SIGTERM');
  child.kill('SIGINT');
  t.strictSame(await once(child, 'exit'), [1, null]);
  for (const address of addresses) t.ok(await isGone(address), `nothing listens at ${address} any more`);
});
