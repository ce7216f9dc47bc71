import type { Tables } from '../../ledger/client.ts';
import { eventOf, lastBefore, readChainHeads, readRun } from '../../ledger/read-audit.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import type { PresentLife } from '../../model/present-life.ts';
import { cloudEventLine } from '../cloud-event.ts';
import { CSV_HEADER, csvLine } from './csv.ts';
import { beforeLife, chainsOf } from './feed.ts';

/** The forms of an export. */
export type ExportFormat = 'ndjson' | 'csv';

/** What is to be exported. */
export interface ExportRequest {
  readonly tables: Tables;
  /** One department's chains, or all. */
  readonly department: string | undefined;
  /** Nothing from before it, whatever is asked for. */
  readonly life?: PresentLife | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The last event that the reader has, from an earlier answer. */
  readonly after: { readonly chain: string; readonly seq: number } | undefined;
  readonly wanted: (event: AuditEvent) => boolean;
  readonly format: ExportFormat;
  /** CloudEvents' `source`. */
  readonly source: string;
}

/** After how many characters a block ends: whoever has to stop between two must not have gone far beyond where it meant to. */
const BLOCK_CHARACTERS = 64 * 1024;

/** Some lines of an export, whole, maybe none, and the id of the last event that was looked at: from there it goes on. */
export interface ExportBlock {
  readonly text: string;
  readonly last: string;
}

/** A part of a chain: after one number, up to another. */
export interface ChainPart {
  readonly chain: string;
  readonly after: number;
  readonly last: number;
}

/**
 * The events of an export, chain by chain in the order of their names, each in its own order: so whoever has some of it goes on from
 * the last event it has, and neither misses nor repeats one. Holds a page of DynamoDB's in memory and reads the next meanwhile.
 */
export async function* exportBlocks(request: ExportRequest): AsyncGenerator<ExportBlock> {
  const { tables, wanted, format, source } = request;
  for (const part of await partsOf(request)) {
    for await (const texts of readPart(tables, part)) {
      let block = '';
      let last = '';
      for (const text of texts) {
        const event = eventOf(text);
        last = event.id;
        if (wanted(event)) block += format === 'csv' ? csvLine(event) : `${cloudEventLine(text, source, event)}\n`;
        if (block.length < BLOCK_CHARACTERS) continue;
        yield { text: block, last };
        block = '';
        last = '';
      }
      if (last !== '') yield { text: block, last };
    }
  }
}

/** What stands before the first line. */
export function exportHead(format: ExportFormat): string {
  return format === 'csv' ? CSV_HEADER : '';
}

/** The part of each chain that belongs to the period, as the chains stand now. */
async function partsOf({ tables, department, life, from, to, after }: ExportRequest): Promise<readonly ChainPart[]> {
  const chains = [...(await chainsOf(tables, department))]
    .sort()
    .filter((chain) => after === undefined || chain >= after.chain);
  const heads = await readChainHeads(tables, chains);
  const parts: ChainPart[] = [];
  for (const chain of chains) {
    const head = heads.get(chain)?.seq ?? 0;
    const first = from === undefined ? 0 : await lastBefore(tables, chain, from, head);
    const last = to === undefined ? head : await lastBefore(tables, chain, to, head);
    const asked = after?.chain === chain ? Math.max(first, after.seq) : first;
    parts.push({ chain, after: Math.max(asked, beforeLife(chain, life)), last });
  }
  return parts;
}

/** Reads a part of a chain page by page; while one is worked on, the next is on its way. */
export async function* readPart(
  tables: Tables,
  { chain, after, last }: ChainPart,
  limit?: number,
): AsyncGenerator<readonly string[]> {
  const read = () =>
    after < last ? readRun(tables, { chain, after, last, ...(limit === undefined ? {} : { limit }) }) : undefined;
  let next = read();
  while (next !== undefined) {
    const texts = await next;
    const end = texts.at(-1);
    if (end === undefined) throw new Error(`Events of ${chain} after ${after} are missing from the audit table.`);
    after = eventOf(end).seq;
    next = read();
    // Whoever stops reading here leaves a read behind; its failure is nobody's.
    next?.catch(() => undefined);
    yield texts;
  }
}
