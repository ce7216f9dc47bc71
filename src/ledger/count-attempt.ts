import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Operation } from '../model/operation.ts';
import type { Tables } from './client.ts';
import { operationKey } from './keys.ts';

/**
 * An attempt is counted before AWS is asked anything, so that the next one knows that there may be traces of this.
 * @returns `undefined` for an operation that is over
 */
export async function countAttempt(tables: Tables, operation: Operation): Promise<Operation | undefined> {
  const attempts = operation.attempts + 1;
  try {
    await tables.documents.send(
      new UpdateCommand({
        TableName: tables.state,
        Key: operationKey(operation.id),
        UpdateExpression: 'SET attempts = :attempts',
        ConditionExpression: '#status = :pending',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':attempts': attempts, ':pending': 'pending' },
      }),
    );
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return undefined;
    throw error;
  }
  return { ...operation, attempts };
}
