import { PutCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { ChainHeadRecord } from '../model/audit-event.ts';
import type { Tables } from './client.ts';
import { EXPORT_KEY } from './keys.ts';
import { getItem } from './read.ts';

/** What the last bulk export that came to its end wrote, and where the chains stood then. */
export interface LastExport {
  readonly number: number;
  readonly manifest?: { readonly key: string; readonly sha256: string };
  readonly heads: readonly ChainHeadRecord[];
}

/** A bulk export under way: what belongs to it is fixed, so that it can be done again. */
export interface ExportState {
  readonly number: number;
  readonly createdAt: string;
  readonly heads: readonly ChainHeadRecord[];
  /** When the run began that works on it: only that one may end it. */
  readonly startedAt: string;
  readonly previous: LastExport;
}

/** How long a run has: a Lambda's longest time. After it, another may take the export over. */
const RUN_MILLISECONDS = 15 * 60 * 1_000;

/** In the place of a run's start: there is none. */
const NOBODY = 'none';

const BEGINNING: LastExport = { number: 0, heads: [] };

/**
 * Takes the next bulk export, or one that a run before left unfinished.
 * @throws Error when another run is at it
 */
export async function claimExport(
  tables: Tables,
  now: Date,
  heads: () => Promise<readonly ChainHeadRecord[]>,
): Promise<ExportState> {
  const item = await getItem(tables, EXPORT_KEY);
  const pending = item?.['pending'] as ExportState | undefined;
  if (pending !== undefined && Date.parse(pending.startedAt) > now.getTime() - RUN_MILLISECONDS) {
    throw new Error(
      `Export ${pending.number} runs since ${pending.startedAt}. If that run is dead, another can take it over 15 minutes after its start.`,
    );
  }
  const previous = (item?.['last'] as LastExport | undefined) ?? BEGINNING;
  const startedAt = now.toISOString();
  const state: ExportState =
    pending === undefined
      ? { number: previous.number + 1, createdAt: startedAt, heads: await heads(), startedAt, previous }
      : { ...pending, startedAt };
  await hold(tables, item !== undefined, pending?.startedAt ?? NOBODY, state);
  return state;
}

/** Writes that a run is at it, held against what was read, so that of two runs one gets it. */
async function hold(tables: Tables, there: boolean, was: string, state: ExportState): Promise<void> {
  const { previous, startedAt } = state;
  const condition = there
    ? {
        ConditionExpression: 'startedAt = :was AND #number = :number',
        ExpressionAttributeNames: { '#number': 'number' },
        ExpressionAttributeValues: { ':was': was, ':number': previous.number },
      }
    : { ConditionExpression: 'attribute_not_exists(pk)' };
  const Item = { ...EXPORT_KEY, last: previous, pending: state, startedAt, number: previous.number };
  try {
    await tables.documents.send(new PutCommand({ TableName: tables.state, Item, ...condition }));
  } catch (error) {
    if ((error as Error).name !== 'ConditionalCheckFailedException') throw error;
    throw new Error(`Export ${state.number} was begun by another run at the same time.`, { cause: error });
  }
}

/** The write that ends an export, for the transaction that records it in the platform's chain. */
export function exportDone(
  tables: Tables,
  { number, heads, startedAt }: ExportState,
  manifest: { readonly key: string; readonly sha256: string },
): NonNullable<TransactWriteCommandInput['TransactItems']>[number] {
  const last: LastExport = { number, manifest, heads };
  return {
    Put: {
      TableName: tables.state,
      Item: { ...EXPORT_KEY, last, startedAt: NOBODY, number },
      ConditionExpression: 'startedAt = :startedAt',
      ExpressionAttributeValues: { ':startedAt': startedAt },
    },
  };
}
