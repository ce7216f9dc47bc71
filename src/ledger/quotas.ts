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

/** What IAM's quota of a trust policy can be: its default, and the most that AWS raises it to. */
const TRUST_POLICY_SIZES = { least: 2_048, most: 8_192 } as const;

/**
 * The settings with the account's quota, as far as it is known. Nothing else comes from the table, and the quota only within
 * what AWS gives: who can write to the table must not configure those who check what is in it.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export async function withAccountQuotas(tables: Tables, settings: AwsSettings): Promise<AwsSettings> {
  const trustPolicySize = await readTrustPolicySize(tables);
  return trustPolicySize === undefined ? settings : { ...settings, trustPolicySize };
}

async function readTrustPolicySize(tables: Tables): Promise<number | undefined> {
  const item = await getItem(tables, KEY);
  const size = (item?.['value'] as Readonly<Record<string, unknown>> | undefined)?.['trustPolicySize'];
  const { least, most } = TRUST_POLICY_SIZES;
  return typeof size === 'number' && Number.isInteger(size) && size >= least && size <= most ? size : undefined;
}
