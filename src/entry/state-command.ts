import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { composeExecutor } from '../compose/compose-executor.ts';
import { ConfigError, readConfig } from '../config/config.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import type { ExecutorParts } from '../executor/parts.ts';
import { ensureTables } from '../ledger/tables.ts';
import { allDepartmentIds } from '../ledger/read.ts';
import { inTurn } from '../maintenance/in-turn.ts';
import { writeSnapshot } from '../maintenance/snapshot.ts';
import { readState, restoreState, type StateItem } from '../ledger/state-table.ts';
import { reconcile, reconcileExport, type Reconciled, type ReconciledExport } from '../maintenance/reconcile.ts';
import { forwardOtherChains, type Forwarded } from '../ledger/forward-chain.ts';
import { upgradeState } from '../ledger/upgrade.ts';

const HELP = `Keeps, restores and reconciles the state table. docs/runbook.md says when.

  npm run state -- export FILE          all items, one a line
  npm run state -- restore FILE         into a table that is empty, or made where there is none
  npm run state -- reconcile [--apply]  counters to the end of the audit chains; then what in AWS differs from what
                                        the state says; with --apply also brings AWS there
  npm run state -- upgrade              writes what this version reads and an earlier one did not write

Reads the ECP_* settings of docs/configuration.md and the AWS SDK's own variables.
`;

async function main(): Promise<number> {
  // The SDK's reminder that a later version of it needs a later Node; package.json says which Node this needs.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { apply: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  const [command, file] = positionals;
  if (values.help || command === undefined) return say(HELP);
  const parts = composeExecutor(readConfig(process.env), {});
  switch (command) {
    case 'export':
      return exportTo(parts, needed(file));
    case 'restore':
      return restoreFrom(parts, needed(file));
    case 'reconcile':
      return reconcileAll(parts, values.apply);
    case 'upgrade':
      return upgrade(parts);
    default:
      throw new ConfigError(`There is no command ${command}.`);
  }
}

function needed(file: string | undefined): string {
  if (file === undefined) throw new ConfigError('Say which file.');
  return file;
}

async function exportTo({ tables }: ExecutorParts, file: string): Promise<number> {
  let items = 0;
  async function* lines(): AsyncGenerator<string> {
    for await (const item of readState(tables)) {
      items += 1;
      yield `${JSON.stringify(item)}\n`;
    }
  }
  // Who may read it learns who may push where: it is for its owner alone, and replaces nothing.
  await pipeline(Readable.from(lines()), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
  return say(`${items} items of ${tables.state} in ${file}\n`);
}

async function restoreFrom({ tables }: ExecutorParts, file: string): Promise<number> {
  async function* items(): AsyncGenerator<StateItem> {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== '') yield JSON.parse(line) as StateItem;
    }
  }
  await ensureTables(tables);
  const restored = await restoreState(tables, items());
  // The file may be an earlier version's.
  await upgradeState(tables);
  return say(`${restored} items of ${file} in ${tables.state}; now reconcile\n`);
}

async function upgrade(parts: ExecutorParts): Promise<number> {
  say(`${await upgradeState(parts.tables)} operations of an earlier version say now whose they are\n`);
  let told = 0;
  for await (const department of allDepartmentIds(parts.tables))
    if ((await inTurn(parts, department, (run) => writeSnapshot(parts, run))) > 0) told += 1;
  return say(`${told} departments of an earlier version are told by their audit chains now\n`);
}

async function reconcileAll(parts: ExecutorParts, apply: boolean): Promise<number> {
  let open = 0;
  for (const forwarded of await forwardOtherChains(parts.tables, parts.now())) say(toldOfChain(forwarded));
  say(toldOfExport(await reconcileExport(parts.tables, parts.now())));
  for await (const department of allDepartmentIds(parts.tables)) {
    const found = await reconcile(parts, department, apply);
    say(told(found, apply));
    if (found.pending.length > 0 || (found.changes.length > 0 && !apply)) open += 1;
  }
  return open === 0 ? 0 : 2;
}

function toldOfExport({ last, begun, released }: ReconciledExport): string {
  return [
    released === undefined ? '' : `audit export: the run of ${released} is over\n`,
    begun === undefined ? '' : `audit export: ${begun} began and did not end; the next run does it again\n`,
    last === 0 ? '' : `audit export: ${last} is the last that ended; the next goes on after it\n`,
  ].join('');
}

function toldOfChain({ chain, since, lostDepartment }: Forwarded): string {
  if (!lostDepartment) return `${chain}: ${since.length} events later than the state\n`;
  return `${chain}: a department that the state does not know, ${since.length} events\n${lostLines(since)}`;
}

function lostLines(since: readonly AuditEvent[]): string {
  return since
    .filter(({ outcome }) => outcome === 'accepted')
    .map(
      ({ time, action, subject, caller }) =>
        `  lost    ${time} ${action} ${subject?.id ?? ''} by ${caller?.repository ?? 'nobody'}: do it again\n`,
    )
    .join('');
}

function told({ department, since, changes, pending }: Reconciled, applied: boolean): string {
  return [
    `${department}: ${since.length} events later than the state, ${changes.length} changes ${applied ? 'made in' : 'needed in'} AWS, ${pending.length} operations pending`,
    ...changes.map(({ action, resource }) => `  ${applied ? 'done' : 'differs'}    ${action} ${resource}`),
    ...pending.map((operation) => `  pending ${operation}: the executor finishes it; then reconcile again`),
    '',
  ]
    .join('\n')
    .replace('\n', `\n${lostLines(since)}`);
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof ConfigError || (error as NodeJS.ErrnoException).code !== undefined;
  process.stderr.write(
    `${known ? (error as Error).message : String((error as Error).stack)}\nTry: npm run state -- --help\n`,
  );
  process.exitCode = 1;
}
