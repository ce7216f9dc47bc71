import { PutCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { PLATFORM_CHAIN } from './chain.ts';
import type { AuditEvent, AuditRecord, ChainHeadRecord } from '../model/audit-event.ts';
import { appendToChain, readChainHead } from './append.ts';
import type { Tables } from './client.ts';
import { EXPORT_KEY } from './keys.ts';
import { readNewest } from './read-audit.ts';
import { getItem } from './read.ts';

/** Where a bulk export's manifest lies, and the SHA-256 of its bytes. */
export interface WrittenManifest {
  readonly key: string;
  readonly sha256: string;
}

/** What the last bulk export that came to its end wrote, and where the chains stood then. */
export interface LastExport {
  /** 0 when there was none. */
  readonly number: number;
  readonly endedAt?: string;
  readonly manifest?: WrittenManifest;
  readonly heads: readonly ChainHeadRecord[];
}

/** A bulk export that began: what belongs to it is fixed, so that it can be done again. */
export interface BegunExport {
  readonly number: number;
  readonly createdAt: string;
  readonly heads: readonly ChainHeadRecord[];
}

/** What the platform's chain says of exports: the last that ended, and one that began after it. */
export interface ExportHistory {
  readonly last: LastExport;
  readonly begun?: BegunExport;
}

/** A bulk export that a run works on. */
export interface ExportState extends BegunExport {
  readonly previous: LastExport;
  /** When the run began: only that one may end it. */
  readonly startedAt: string;
}

/** The actions of the events that say that an export began and that it ended. */
const BEGAN = 'beginAuditLogExport';
const ENDED = 'exportAuditLog';

/** How long a run has: a Lambda's longest time. After it, another may take the export over. */
const RUN_MILLISECONDS = 15 * 60 * 1_000;
/** Clocks differ by less than this; a run that began later than that from now is none. */
const SKEW_MILLISECONDS = 60 * 1_000;

/** In the place of a run's start: there is none. */
const NOBODY = 'none';

/** How often an event of an export is appended when others write to the platform's chain at the same time. */
const ATTEMPTS = 20;

/**
 * What was exported, as the platform's chain has it. The audit table can't be changed and is never restored to an earlier moment with the
 * state table; so an export goes on where the last one ended, whatever the state table says.
 */
export async function readExports(tables: Tables): Promise<ExportHistory> {
  let begun: BegunExport | undefined;
  for await (const event of readNewest(tables, PLATFORM_CHAIN)) {
    const number = numberOf(event);
    if (number === undefined || event.heads === undefined) continue;
    const { heads, time, manifest } = event;
    if (event.action === BEGAN) begun ??= { number, createdAt: time, heads };
    if (event.action !== ENDED || manifest === undefined) continue;
    const last: LastExport = { number, endedAt: time, manifest, heads };
    return { last, ...(begun === undefined || begun.number <= number ? {} : { begun }) };
  }
  return { last: { number: 0, heads: [] }, ...(begun === undefined ? {} : { begun }) };
}

function numberOf({ action, exportNumber, manifest }: AuditEvent): number | undefined {
  if (action !== BEGAN && action !== ENDED) return undefined;
  const named = /^manifests\/([0-9]+)\.json$/.exec(manifest?.key ?? '')?.[1];
  return exportNumber ?? (named === undefined ? undefined : Number(named));
}

/**
 * Takes the next bulk export, or one that a run before left unfinished. Intent before effect: what belongs to an export is in the
 * platform's chain before its first file is put.
 * @throws Error when another run is at it, or the state table is behind the audit log
 */
export async function claimExport(
  tables: Tables,
  now: Date,
  heads: () => Promise<readonly ChainHeadRecord[]>,
): Promise<ExportState> {
  const startedAt = now.toISOString();
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const was = await readRun(tables);
    if (was !== undefined && isAlive(was, now)) throw new Error(runsSince(was));
    const { last, begun } = await readExports(tables);
    if (begun !== undefined) {
      if (await hold(tables, was, startedAt)) return { ...begun, previous: last, startedAt };
      continue;
    }
    const record = {
      time: startedAt,
      outcome: 'accepted',
      exportNumber: last.number + 1,
      heads: await heads(),
    } as const;
    refuseBehind(last, record.heads);
    if (
      await appendToChain(tables, PLATFORM_CHAIN, { action: BEGAN, ...record }, [holdAction(tables, was, startedAt)])
    ) {
      const written = await readExports(tables);
      if (written.begun !== undefined) return { ...written.begun, previous: written.last, startedAt };
    }
  }
  throw new Error(`${await behindMessage(tables)}No export was begun; the next run tries again.`);
}

/** A state table that was restored and not reconciled says of chains what was true long ago: events would be exported twice or never. */
function refuseBehind(last: LastExport, heads: readonly ChainHeadRecord[]): void {
  const now = new Map(heads.map((head) => [head.chain, head]));
  for (const { chain, seq, hash } of last.heads) {
    const head = now.get(chain);
    const stands = head === undefined ? 'is not there' : `is at ${head.seq}`;
    if (head === undefined || head.seq < seq)
      throw new Error(
        `The state table is behind the audit log: ${chain} ${stands}, and export ${last.number} holds it up to ${seq}. Nothing was exported. Reconcile first: docs/runbook.md, Restore the state table.`,
      );
    if (head.seq === seq && head.hash !== hash)
      throw new Error(
        `${chain}/${seq} has the hash ${head.hash} in the state table and ${hash} in export ${last.number}. Nothing was exported. docs/runbook.md, A changed audit log.`,
      );
  }
}

async function behindMessage(tables: Tables): Promise<string> {
  const [head, newest] = [await readChainHead(tables, PLATFORM_CHAIN), await readNewest(tables, PLATFORM_CHAIN).next()];
  return newest.done !== true && newest.value.seq !== head.seq
    ? `The platform's chain ends at ${newest.value.seq}, and the state table says ${head.seq}. Reconcile first: docs/runbook.md, Restore the state table. `
    : '';
}

/** Writes into the platform's chain that an export ended, and lets go of it. */
export async function endExport(
  tables: Tables,
  { number, heads, startedAt }: ExportState,
  manifest: WrittenManifest,
  now: () => Date,
): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const time = now().toISOString();
    const record: AuditRecord = { time, action: ENDED, outcome: 'succeeded', exportNumber: number, heads, manifest };
    if (await appendToChain(tables, PLATFORM_CHAIN, record, [holdAction(tables, startedAt, NOBODY)])) return;
  }
  throw new Error(
    `${await behindMessage(tables)}The end of export ${number} could not be recorded; the next run does it again.`,
  );
}

/** When the run began that works on an export; `undefined` when there is none. */
export async function readRun(tables: Tables): Promise<string | undefined> {
  const startedAt = (await getItem(tables, EXPORT_KEY))?.['startedAt'];
  return typeof startedAt !== 'string' || startedAt === NOBODY ? undefined : startedAt;
}

/** Whether a run that began at a time can still be at work. */
export function isAlive(startedAt: string, now: Date): boolean {
  const age = now.getTime() - Date.parse(startedAt);
  return age < RUN_MILLISECONDS && age >= -SKEW_MILLISECONDS;
}

function runsSince(startedAt: string): string {
  return `An export runs since ${startedAt}. If that run is dead, another can take it over 15 minutes after its start.`;
}

/** Lets go of a run that a restored state table remembers and that is over. @returns when it had begun */
export async function releaseRun(tables: Tables, now: Date): Promise<string | undefined> {
  const was = await readRun(tables);
  if (was === undefined || isAlive(was, now)) return undefined;
  return (await hold(tables, was, NOBODY)) ? was : undefined;
}

async function hold(tables: Tables, was: string | undefined, becomes: string): Promise<boolean> {
  try {
    await tables.documents.send(new PutCommand({ TableName: tables.state, ...holding(was, becomes) }));
    return true;
  } catch (error) {
    if ((error as Error).name !== 'ConditionalCheckFailedException') throw error;
    return false;
  }
}

function holdAction(
  tables: Tables,
  was: string | undefined,
  becomes: string,
): NonNullable<TransactWriteCommandInput['TransactItems']>[number] {
  return { Put: { TableName: tables.state, ...holding(was, becomes) } };
}

/** Held against what was read, so that of two runs one gets it. */
function holding(was: string | undefined, becomes: string) {
  return {
    Item: { ...EXPORT_KEY, startedAt: becomes },
    ConditionExpression: 'attribute_not_exists(startedAt) OR startedAt = :was',
    ExpressionAttributeValues: { ':was': was ?? NOBODY },
  };
}
