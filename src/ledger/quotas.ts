import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { AwsSettings } from '../model/settings.ts';
import type { Tables } from './client.ts';
import type { Key } from './keys.ts';
import { getItem } from './read.ts';

/** Quotas of the account, as the executor last read them. */
export interface AccountQuotas {
  /** Characters of a trust policy, without whitespace. */
  readonly trustPolicySize: number;
}

const KEY: Key = { pk: 'ACCOUNT', sk: 'QUOTAS' };

/** Keeps the account's quotas where the API, which may ask AWS nothing, finds them. */
export async function writeQuotas(tables: Tables, quotas: AccountQuotas): Promise<void> {
  await tables.documents.send(new PutCommand({ TableName: tables.state, Item: { ...KEY, value: quotas } }));
}

/** The settings with the account's quotas, as far as they are known. */
export async function withAccountQuotas(tables: Tables, settings: AwsSettings): Promise<AwsSettings> {
  const item = await getItem(tables, KEY);
  return item === undefined ? settings : { ...settings, ...(item['value'] as AccountQuotas) };
}
