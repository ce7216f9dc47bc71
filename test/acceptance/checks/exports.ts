import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { idOf, KOA, PLATFORM, STRANGER, type Ask } from '../../support/service.ts';
import type { Job } from '../../../src/local/github/job.ts';
import type { Check } from '../check.ts';
import { bytesOf } from '../http.ts';
import { expectStatus, type Json, type World } from '../world.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const ROW = 'exports';
const NIGHTLY = 'the nightly export';

/** The audit log as files: over HTTP as a stream or in pages, and by the exporter into a bucket. */
export function exportChecks(): readonly Check[] {
  return [...downloadChecks(), ...floodChecks(), ...nightlyChecks()];
}

function downloadChecks(): readonly Check[] {
  return [
    {
      row: ROW,
      title: 'a department’s export is all of its chains without a gap, followed over its pages where there are any',
      play: async (world) => {
        const create: Ask = { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'koa/denied' } };
        expectStatus(await world.ask({ repository: KOA.repository, pullRequest: 7 }, create), 403, 'forbidden');
        const events = (await download(world, KOA, '/v1/departments/koa/audit-events/export')).map(eventOf);
        for (const chain of ['koa', 'koa.refusals']) {
          const numbers = events.filter((event) => event.chain === chain).map(({ seq }) => seq);
          deepEqual(
            numbers,
            numbers.map((_, at) => at + 1),
            chain,
          );
          ok(numbers.length > 0, `${chain} has ${numbers.length} events`);
        }
      },
    },
    {
      row: ROW,
      title: 'the export of everything holds every department’s, packed with gzip or not',
      play: async (world) => {
        const path = '/v1/audit-events/export';
        const plain = (await download(world, PLATFORM, path)).map(eventOf);
        const packed = (await download(world, PLATFORM, path, 'gzip')).map(eventOf);
        for (const chain of ['koa', 'acme', 'globex', 'platform.refusals'])
          ok(
            plain.some((event) => event.chain === chain),
            `${chain} is in it`,
          );
        const known = new Set(packed.map(({ id }) => id));
        deepEqual(
          plain.filter(({ id }) => !known.has(id)),
          [],
        );
      },
    },
    {
      row: ROW,
      title: 'CSV has the same events, one a line',
      play: async (world) => {
        const lines = await download(world, KOA, '/v1/departments/koa/audit-events/export?format=csv');
        match(lines[0] ?? '', /^\uFEFF?"?(id|time|chain)/);
        ok(lines.length > 10);
      },
    },
    {
      row: ROW,
      title: 'a stranger gets none of it, whatever coding it takes',
      play: async ({ form }) => {
        const authorization = `Bearer ${await form.token(STRANGER)}`;
        const path = '/v1/departments/koa/audit-events/export';
        const answer = await form.send({ method: 'GET', path, headers: { authorization, 'accept-encoding': 'gzip' } });
        equal(answer.status, 404);
        await bytesOf(answer);
      },
    },
  ];
}

/** Their events are in the exports that follow. */
function floodChecks(): readonly Check[] {
  const flood: Job = { repository: 'flood/app', ref: 'refs/heads/main' };
  const path = `/v1/audit-events?order=oldest&actorRepositoryId=${idOf(flood.repository)}`;
  return [
    {
      row: ROW,
      title:
        'of a stranger’s refusals the first is an event at once, and a sweep makes one event of those that followed',
      play: async ({ ask, form }) => {
        const most = 6;
        for (let index = 0; index < most; index += 1)
          expectStatus(await ask(flood, { path: '/v1/departments/koa' }), 404, 'not-found');
        const [first] = (await ask(PLATFORM, { path })).body.items;
        equal(first.joined, undefined);
        deepEqual(await form.runExecutor({ source: 'aws.scheduler' }), { batchItemFailures: [] });
        const { items } = (await ask(PLATFORM, { path })).body;
        const counts = items.map(({ joined }: Json) => joined?.count ?? 1);
        equal(
          counts.reduce((sum: number, count: number) => sum + count, 0),
          most,
        );
        ok(items.length < most, `${items.length} events`);
      },
    },
    {
      row: ROW,
      title: 'of a member’s refusals each is an event',
      play: async ({ ask }) => {
        const member: Job = { repository: KOA.repository, ref: 'refs/heads/refused-again-and-again' };
        const denied = '/v1/departments/koa/audit-events?action=updateDepartment&outcome=denied';
        for (let index = 0; index < 4; index += 1)
          expectStatus(
            await ask(member, { method: 'PATCH', path: '/v1/departments/koa', body: { displayName: 'Mine' } }),
            403,
            'forbidden',
          );
        const { items } = (await ask(KOA, { path: denied })).body;
        equal(items.length, 4);
        ok(items.every(({ joined }: Json) => joined === undefined));
      },
    },
  ];
}

/** An export's lines, page after page. */
async function download({ form }: World, as: Job, path: string, coding = 'identity'): Promise<readonly string[]> {
  const lines: string[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const headers = { authorization: `Bearer ${await form.token(as)}`, 'accept-encoding': coding };
    const answer = await form.send({ method: 'GET', path: next, headers });
    const bytes = await bytesOf(answer);
    equal(answer.status, 200, String(bytes).slice(0, 300));
    equal(answer.headers['content-encoding'], coding === 'identity' ? undefined : coding);
    const text = (coding === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    lines.push(...text.split(/\r?\n/).filter((line) => line !== ''));
    next = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers['link'] ?? ''))?.[1];
  }
  return lines;
}

function eventOf(line: string): Json {
  return JSON.parse(line).data.unmapped;
}

function nightlyChecks(): readonly Check[] {
  return [
    {
      row: NIGHTLY,
      title: 'it runs, and runs again with what came since',
      play: async ({ form, ask }) => {
        equal(((await form.runExporter()) as Json).export, 1);
        await ask(KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'koa/overnight' } });
        equal(((await form.runExporter()) as Json).export, 2);
        const names = [...(await form.bucket()).keys()];
        ok(names.some((name) => name.endsWith('.parquet')));
      },
    },
    {
      row: NIGHTLY,
      title: 'what is in the bucket verifies, each manifest signed with the key',
      play: async ({ form }) => {
        const folder = await mkdtemp(join(tmpdir(), 'acceptance-'));
        try {
          for (const [name, bytes] of await form.bucket()) {
            await mkdir(dirname(join(folder, 'export', name)), { recursive: true });
            await writeFile(join(folder, 'export', name), bytes);
          }
          await writeFile(join(folder, 'key.pem'), await form.exportKey());
          const { status, output } = await audit([
            'verify',
            join(folder, 'export'),
            '--public-key',
            join(folder, 'key.pem'),
          ]);
          equal(status, 0, output);
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      },
    },
    {
      row: NIGHTLY,
      title: 'the platform’s chain says what was exported, and when',
      play: async ({ ask }) => {
        const { body } = await ask(PLATFORM, { path: '/v1/audit-events?department=platform&action=exportAuditLog' });
        equal(body.items.length, 2);
      },
    },
  ];
}

/** `npm run audit`, as somebody runs it who has the files. */
function audit(args: readonly string[]): Promise<{ readonly status: number | null; readonly output: string }> {
  const child = spawn(process.execPath, ['--import=tsx', `${root}src/entry/audit-command.ts`, ...args]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, output })));
}
