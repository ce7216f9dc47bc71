import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { DepartmentId } from '../model/ids.ts';
import type { Tables } from './client.ts';
import { leaseKey } from './keys.ts';

/**
 * Takes a department's lease: the right to write to AWS for it.
 * @param owner an id of this run of the executor
 * @param until epoch milliseconds at which it lapses; later than any AWS call of this run can still be under way
 * @returns whether it was taken
 */
export async function takeLease(
  tables: Tables,
  department: DepartmentId,
  owner: string,
  now: number,
  until: number,
): Promise<boolean> {
  return whether(
    tables.documents.send(
      new PutCommand({
        TableName: tables.state,
        Item: { ...leaseKey(department), owner, until },
        ConditionExpression: 'attribute_not_exists(pk) OR #until < :now',
        ExpressionAttributeNames: { '#until': 'until' },
        ExpressionAttributeValues: { ':now': now },
      }),
    ),
  );
}

/** Gives a lease back, if this owner still holds it. */
export async function releaseLease(tables: Tables, department: DepartmentId, owner: string): Promise<boolean> {
  return whether(
    tables.documents.send(
      new DeleteCommand({
        TableName: tables.state,
        Key: leaseKey(department),
        ConditionExpression: '#owner = :owner',
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: { ':owner': owner },
      }),
    ),
  );
}

async function whether(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}
