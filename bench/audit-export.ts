/**
 * Compares the export of the audit log with a plain loop over its table that writes JSON lines: time and memory, in the same run.
 *
 *   node --import=tsx bench/audit-export.ts [events, default 100000]
 *
 * Each way runs in a process of its own, twice in turn; the fastest counts, and the highest memory. It ends with an error when the
 * export takes more than 1.5 times the plain loop's time or memory, or when ten times the events take more memory.
 */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { bulkExport } from '../src/audit/bulk/bulk-export.ts';
import { exportBlocks, exportHead, type ExportFormat } from '../src/audit/stream/export.ts';
import { folderTarget } from '../src/audit/bulk/export-target.ts';
import { readConfig } from '../src/config/config.ts';
import { tablesOf } from '../src/compose/connections.ts';
import type { Tables } from '../src/ledger/client.ts';
import { startEmbedded, LOCAL_CREDENTIALS } from '../src/local/embedded.ts';
import { chainOf, fillLog } from '../test/audit/log.ts';

const SOURCE = '/bench';
const WAYS = ['plain', 'ndjson', 'csv', 'bulk'] as const;
type Way = (typeof WAYS)[number];

interface Measure {
  readonly seconds: number;
  readonly megabytes: number;
}

/** A plain loop: whoever has the table's rights would write it like this. */
async function* plainLines(tables: Tables): AsyncGenerator<string> {
  let start: Record<string, unknown> | undefined;
  do {
    const page = await tables.documents.send(
      new ScanCommand({ TableName: tables.audit, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    yield (page.Items ?? []).map((item) => `${JSON.stringify(item)}\n`).join('');
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

async function* exported(tables: Tables, format: ExportFormat): AsyncGenerator<string> {
  yield exportHead(format);
  const everything = {
    tables,
    department: undefined,
    from: undefined,
    to: undefined,
    after: undefined,
    wanted: () => true,
    source: SOURCE,
  };
  for await (const { text } of exportBlocks({ ...everything, format })) yield text;
}

async function run(way: Way, tables: Tables, folder: string): Promise<Measure> {
  const begin = performance.now();
  if (way === 'bulk')
    await bulkExport({
      tables,
      target: folderTarget(join(folder, String(Date.now()))),
      source: SOURCE,
      now: () => new Date(),
    });
  else
    await pipeline(
      Readable.from(way === 'plain' ? plainLines(tables) : exported(tables, way)),
      createWriteStream(join(folder, way)),
    );
  return { seconds: (performance.now() - begin) / 1_000, megabytes: process.resourceUsage().maxRSS / 1_024 };
}

/** Measures all ways on a log of so many events. */
async function compare(events: number): Promise<Readonly<Record<Way, Measure>>> {
  const embedded = await startEmbedded({ executor: false });
  const folder = await mkdtemp(join(tmpdir(), 'audit-bench-'));
  try {
    const tables = tablesOf(embedded.config, embedded.endpoints);
    await fillLog(tables, {
      koa: chainOf('koa', events / 2),
      'koa.refusals': chainOf('koa.refusals', events / 10),
      pol: chainOf('pol', (events * 4) / 10),
    });
    const all = new Map<Way, Measure[]>(WAYS.map((way) => [way, []]));
    for (let round = 0; round < 2; round++) {
      for (const way of WAYS) {
        if (way === 'bulk' && round > 0) continue;
        const env = {
          ...process.env,
          ...embedded.env,
          BENCH_WAY: way,
          BENCH_FOLDER: folder,
          BENCH_DYNAMODB: embedded.endpoints.dynamoDb ?? '',
        };
        all.get(way)?.push(
          JSON.parse(
            execFileSync(process.execPath, ['--import=tsx', fileURLToPath(import.meta.url)], {
              env,
              encoding: 'utf8',
            }),
          ) as Measure,
        );
      }
    }
    const best = [...all].map(([way, measures]) => [
      way,
      {
        seconds: Math.min(...measures.map((one) => one.seconds)),
        megabytes: Math.max(...measures.map((one) => one.megabytes)),
      },
    ]);
    return Object.fromEntries(best) as Record<Way, Measure>;
  } finally {
    await embedded.close();
    await rm(folder, { recursive: true });
  }
}

const { BENCH_WAY: way, BENCH_FOLDER: folder = '', BENCH_DYNAMODB: dynamoDb = '' } = process.env;
if (way !== undefined) {
  const tables = tablesOf(readConfig(process.env), { dynamoDb, credentials: LOCAL_CREDENTIALS });
  process.stdout.write(JSON.stringify(await run(way as Way, tables, folder)));
} else {
  const events = Number(process.argv[2] ?? 100_000);
  const few = await compare(events / 10);
  const many = await compare(events);
  const rows = WAYS.map((name) => ({
    way: name,
    seconds: many[name].seconds.toFixed(2),
    'of plain': (many[name].seconds / many.plain.seconds).toFixed(2),
    MB: many[name].megabytes.toFixed(0),
    'MB of plain': (many[name].megabytes / many.plain.megabytes).toFixed(2),
    [`MB at ${events / 10}`]: few[name].megabytes.toFixed(0),
  }));
  console.table(rows);
  const slow = (['ndjson', 'csv'] as const).filter(
    (name) =>
      many[name].seconds > 1.5 * many.plain.seconds ||
      many[name].megabytes > 1.5 * many.plain.megabytes ||
      many[name].megabytes > 1.5 * few[name].megabytes,
  );
  if (slow.length > 0) console.error(`Too slow or too large: ${slow.join(', ')}`);
  process.exitCode = slow.length > 0 ? 1 : 0;
}
