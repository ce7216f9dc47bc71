/** Writes a bulk export of a small audit log and lets DuckDB, a reader that others wrote, count its rows against the manifests. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bulkExport } from '../src/audit/bulk/bulk-export.ts';
import { folderTarget } from '../src/audit/bulk/export-target.ts';
import { tablesOf } from '../src/compose/connections.ts';
import { startEmbedded } from '../src/local/embedded.ts';
import { chainOf, fillLog } from '../test/audit/log.ts';
import { pythonTool } from './python-tool.ts';

const python = pythonTool({ command: 'python3', requirement: 'duckdb==2.0.1' });
const folder = mkdtempSync(join(tmpdir(), 'parquet-'));
const embedded = await startEmbedded({ executor: false });
try {
  const tables = tablesOf(embedded.config, embedded.endpoints);
  await fillLog(tables, {
    koa: chainOf('koa', 700),
    'koa.refusals': chainOf('koa.refusals', 90),
    pol: chainOf('pol', 400),
  });
  await bulkExport({ tables, target: folderTarget(folder), source: '/check', now: () => new Date() });
  const counter = fileURLToPath(new URL('../test/audit/bulk/count_parquet.py', import.meta.url));
  const { status } = spawnSync(python.path, [counter, folder], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  await embedded.close();
  rmSync(folder, { recursive: true });
}
