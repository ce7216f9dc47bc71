import { createHash } from 'node:crypto';
import type { InputOf } from '../input.ts';
import type { MutationName } from '../authorize/rules.ts';
import { ServiceError } from '../errors.ts';
import type { Tables } from '../../ledger/client.ts';
import type { IdempotencyRecord } from '../../ledger/commit.ts';
import { idempotencyKey, type Key } from '../../ledger/keys.ts';
import { getItem, readDepartmentItem } from '../../ledger/read.ts';
import { canonicalJson } from '../../model/canonical-json.ts';
import type { Operation } from '../../model/operation.ts';
import { isFromBefore, type PresentLife } from '../../model/present-life.ts';

/** How long a repeat is known, in seconds. */
const KEPT_SECONDS = 24 * 60 * 60;

/** A request that carries an `Idempotency-Key`. */
export interface Repeatable {
  readonly key: Key;
  readonly requestDigest: string;
}

/**
 * The identity of a request: whose it is, which command, which key; and a digest of all that it asks for.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function repeatable(
  callerRepositoryId: string,
  command: string,
  idempotency: string | undefined,
  input: InputOf<MutationName>,
  ifMatch: string | undefined,
): Repeatable | undefined {
  if (idempotency === undefined) return undefined;
  const request = { params: input.params, query: input.query, body: input.body, ifMatch: ifMatch ?? null };
  return {
    key: idempotencyKey(callerRepositoryId, command, sha256(idempotency)),
    requestDigest: sha256(canonicalJson(request)),
  };
}

/**
 * The operation of the first request with this key, if there was one and it is not forgotten. To be asked after the
 * state was read: whatever of the first request is seen there is then seen here too.
 * @param life a request from before it was another department's, and is no first request of this one
 * @throws ServiceError `idempotency-mismatch` when that was another request
 */
export async function findRepeat(
  tables: Tables,
  request: Repeatable,
  now: Date,
  life: PresentLife | undefined,
): Promise<string | undefined> {
  const record = await readRecord(tables, request, now);
  if (record !== undefined && isFromBefore(record, life)) return undefined;
  if (record === undefined || record.requestDigest === request.requestDigest) return record?.operation;
  throw new ServiceError(
    'idempotency-mismatch',
    'This Idempotency-Key came with another request within the last 24 hours. Use a new key for a new request.',
  );
}

/**
 * The department of the very same request before, if there was one.
 * @param seesAll the caller may see what is from before a department's present life
 */
export async function departmentOfRepeat(
  tables: Tables,
  request: Repeatable,
  now: Date,
  seesAll: boolean,
): Promise<string | undefined> {
  const record = await readRecord(tables, request, now);
  if (record?.requestDigest !== request.requestDigest) return undefined;
  const life = seesAll ? undefined : (await readDepartmentItem(tables, record.department))?.head.life;
  return isFromBefore(record, life) ? undefined : record.department;
}

async function readRecord(tables: Tables, { key }: Repeatable, now: Date): Promise<IdempotencyRecord | undefined> {
  const record = await getItem<IdempotencyRecord>(tables, key);
  // Expiry is compared here, because DynamoDB deletes lazily.
  return record === undefined || record.expiresAt < Math.floor(now.getTime() / 1000) ? undefined : record;
}

/** The record that the intent's transaction carries. */
export function idempotencyRecord(
  { key, requestDigest }: Repeatable,
  { id: operation, department, version }: Operation,
  now: Date,
): IdempotencyRecord {
  return {
    key,
    requestDigest,
    operation,
    department,
    version,
    expiresAt: Math.floor(now.getTime() / 1000) + KEPT_SECONDS,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
