import { spawn } from 'node:child_process';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { fileURLToPath } from 'node:url';
import { serviceClient } from '../../../src/audit/stream/service-client.ts';
import { verifyFiles } from '../../../src/audit/verify/verify-files.ts';
import { verifyLive } from '../../../src/audit/verify/verify-live.ts';
import { tablesOf } from '../../../src/compose/connections.ts';
import type { AuditEvent } from '../../../src/model/audit-event.ts';
import { runs } from '../../support/extent.ts';
import { PLATFORM, startService } from '../../support/service.ts';
import { parseCsv } from './csv-reader.ts';
import { chainOf, fillLog } from '../log.ts';

const COMMAND = fileURLToPath(new URL('../../../src/entry/audit-command.ts', import.meta.url));

/** How often the consumer is killed before it may end. */
const KILLS = runs(3);

/** A network between the consumer and the service: answers come in pieces, and some break off. */
async function badNetwork(t: Test, service: string): Promise<string> {
  let answers = 0;
  const server = createServer((asked, answer) => {
    const breaksAfter = ++answers % 3 === 0 ? Math.random() * 800_000 : Number.POSITIVE_INFINITY;
    const onward = request(
      new URL(asked.url ?? '/', service),
      { headers: { ...asked.headers, 'accept-encoding': 'identity' } },
      (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        void (async () => {
          let sent = 0;
          for await (const chunk of got) {
            sent += (chunk as Buffer).length;
            answer.write(chunk);
            if (sent > breaksAfter) return answer.destroy();
            await setTimeout(5);
          }
          answer.end();
          return undefined;
        })().catch(() => answer.destroy());
      },
    );
    answer.once('close', () => onward.destroy());
    onward.once('error', () => answer.destroy());
    onward.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Runs the command, and kills it a moment after its file has grown, unless it ends before. */
async function runAndKill(
  args: readonly string[],
  output: string,
  token: string,
  kill: boolean,
): Promise<number | null> {
  const child = spawn(process.execPath, ['--import=tsx', COMMAND, ...args], {
    env: { PATH: process.env['PATH'], ECP_TOKEN: token },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const sizeOf = async (): Promise<number> => (await stat(output).catch(() => ({ size: 0 }))).size;
  if (kill) {
    const before = await sizeOf();
    while (child.exitCode === null && (await sizeOf()) <= before) await setTimeout(5);
    await setTimeout(Math.random() * 60);
    child.kill('SIGKILL');
  }
  return ended;
}

t.test('a consumer that is killed at random ends with exactly the events, in order', async (t) => {
  const service = await startService(t, { executor: false });
  const tables = tablesOf(service.embedded.config, service.embedded.endpoints);
  const scratch = await mkdtemp(join(tmpdir(), 'audit-consumer-'));
  t.teardown(() => rm(scratch, { recursive: true }));
  const chains = { koa: chainOf('koa', 700), 'koa.refusals': chainOf('koa.refusals', 60), pol: chainOf('pol', 300) };
  await fillLog(tables, chains);
  const url = await badNetwork(t, await service.app.listen({ port: 0, host: '127.0.0.1' }));
  const token = await service.token(PLATFORM);
  const ids = Object.values(chains)
    .flat()
    .map(({ id }) => id);

  for (const format of ['ndjson', 'csv']) {
    await t.test(`an export as ${format}`, async (t) => {
      const output = join(scratch, `export.${format}`);
      const args = ['export', '--url', url, '--output', output, '--format', format];
      for (let kills = 0; kills < KILLS; kills++) await runAndKill(args, output, token, true);
      t.equal(await runAndKill(args, output, token, false), 0);
      const text = await readFile(output, 'utf8');
      const got =
        format === 'csv'
          ? parseCsv(text)
              .slice(1)
              .map(([id]) => id)
          : text
              .trimEnd()
              .split('\n')
              .map((line) => (JSON.parse(line) as { id: string }).id);
      t.strictSame(got, ids);
      if (format === 'ndjson') t.same((await verifyFiles([output])).problems, []);
      if (format === 'ndjson') t.equal(await runAndKill(args, output, token, false), 0, 'once more adds nothing');
      t.equal(await readFile(output, 'utf8'), text);
    });
  }

  await t.test('a tail, while the log grows', async (t) => {
    const output = join(scratch, 'tail.ndjson');
    const args = ['tail', '--url', url, '--output', output];
    const longer = { ...chains, pol: chainOf('pol', 500), ute: chainOf('ute', 150) };
    const growth = (async () => {
      for (let part = 1; part <= 10; part++) {
        await fillLog(tables, { pol: longer.pol.slice(0, 300 + part * 20), ute: longer.ute.slice(0, part * 15) });
        await setTimeout(100);
      }
    })();
    for (let kills = 0; kills < KILLS; kills++) await runAndKill(args, output, token, true);
    await growth;
    const all = Object.values(longer).flat();
    const child = spawn(process.execPath, ['--import=tsx', COMMAND, ...args], {
      env: { PATH: process.env['PATH'], ECP_TOKEN: token },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const lines = async (): Promise<readonly string[]> =>
      (await readFile(output, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    while (child.exitCode === null && (await lines()).length < all.length) await setTimeout(50);
    child.kill('SIGKILL');
    const got = (await lines()).map((line) => JSON.parse(line) as AuditEvent);
    t.equal(got.length, all.length, 'nothing twice');
    for (const [chain, events] of Object.entries(longer)) {
      t.strictSame(
        got.filter((event) => event.chain === chain).map(({ id }) => id),
        events.map(({ id }) => id),
        chain,
      );
    }
    t.same((await verifyFiles([output])).problems, []);
  });

  await t.test(
    'verified live, the service holds what was exported; and not what somebody changed in its table',
    async (t) => {
      const base = (service.app.server.address() as AddressInfo).port;
      const client = serviceClient(`http://127.0.0.1:${base}`, async () => token);
      const kept = join(scratch, 'export.ndjson');
      const whole = await verifyLive(client, [kept], {});
      t.same(whole.problems, []);
      const anew = chainOf('koa.refusals', 60, '2026-11-01T00:00:01.000Z');
      await fillLog(tables, { 'koa.refusals': anew });
      t.same((await verifyLive(client, [], {})).problems, [], 'written anew, the chain is whole in itself');
      t.match((await verifyLive(client, [kept], {})).problems, [
        { where: 'koa.refusals/60', what: /is another event than the one that the files say/ },
      ]);
      const [first, ...rest] = chains['koa.refusals'];
      if (first !== undefined)
        await fillLog(tables, { 'koa.refusals': [{ ...first, action: 'deleteGrant' }, ...rest] });
      t.match((await verifyLive(client, [], {})).problems, [
        { where: 'koa.refusals/1', what: 'its content does not match its hash' },
      ]);
      await fillLog(tables, { 'koa.refusals': chains['koa.refusals'] });
    },
  );

  await t.test('a token goes to the service that was named and to no other, whatever a link says', async (t) => {
    const asked: string[] = [];
    const other = createServer((incoming, answer) => {
      asked.push(String(incoming.headers.authorization));
      answer.end();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    t.teardown(() => other.close());
    const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const client = serviceClient(url, async () => 'secret');
    for (const link of [
      `${elsewhere}/v1`,
      elsewhere.replace('http:', ''),
      `${elsewhere.replace('http://', 'http://x@')}/`,
    ])
      await t.rejects(client.get(link), /is not the service/);
    t.same(asked, []);
  });

  await t.test('a file of something else is left alone', async (t) => {
    const output = join(scratch, 'notes.txt');
    await writeFile(output, 'my notes\n');
    t.equal(await runAndKill(['export', '--url', url, '--output', output], output, token, false), 2);
    t.equal(await readFile(output, 'utf8'), 'my notes\n');
  });
});
