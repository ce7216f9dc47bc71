import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Tables } from './client.ts';
import { operationDepartmentKey, operationKey } from './keys.ts';
import { getAll, scanAll } from './pages.ts';
import type { Operation } from '../model/operation.ts';

/** Most operations that are looked up at once. */
const BATCH = 100;

/** Whose an operation is, as the operation itself says. */
interface Owned {
  readonly id: string;
  readonly department: string;
}

/**
 * Writes what a later version of the service reads and an earlier one did not write: for each operation the small item that tells whose
 * it is. Without it the operation is answered 404. It may run beside the service, and as often as one likes: what is there stays.
 * @returns how many items were written
 */
export async function upgradeState(tables: Tables): Promise<number> {
  let written = 0;
  let batch: Owned[] = [];
  for await (const owned of operationsOf(tables)) {
    batch.push(owned);
    if (batch.length === BATCH) written += await writeMissing(tables, batch.splice(0));
  }
  return written + (await writeMissing(tables, batch));
}

async function* operationsOf(tables: Tables): AsyncGenerator<Owned> {
  const { sk } = operationKey('');
  const operations = scanAll(tables, {
    TableName: tables.state,
    ConsistentRead: true,
    FilterExpression: 'sk = :operation',
    ExpressionAttributeValues: { ':operation': sk },
  });
  for await (const item of operations) {
    const { id, department } = JSON.parse(String(item['operation'])) as Operation;
    yield { id, department };
  }
}

async function writeMissing(tables: Tables, operations: readonly Owned[]): Promise<number> {
  const keys = operations.map(({ id }) => operationDepartmentKey(id));
  const there = new Set((await getAll(tables, tables.state, keys, ['pk'])).map(({ pk }) => pk));
  const missing = operations.filter(({ id }) => !there.has(operationDepartmentKey(id).pk));
  for (const { id, department } of missing)
    await tables.documents.send(
      new PutCommand({ TableName: tables.state, Item: { ...operationDepartmentKey(id), department } }),
    );
  return missing.length;
}
