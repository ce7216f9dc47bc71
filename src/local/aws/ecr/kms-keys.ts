import type { Account } from '../account.ts';

const KEY_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;
const NO_KEY = '00000000-0000-0000-0000-000000000000';

/**
 * Whether there is a KMS key by this ARN, id or alias. There is no KMS here: what could be one of the region is taken for one, apart from the id
 * of zeros, as of accounts.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_EncryptionConfiguration.html
 */
export function kmsKeyExists(account: Account, key: string): boolean {
  const [, partition, region, name = key] = /^arn:([\w-]+):kms:([\w-]+):\d{12}:(.+)$/.exec(key) ?? [];
  const isHere = partition === undefined || (partition === account.partition.id && region === account.region);
  const id = name.replace(/^key\//, '');
  return isHere && id !== NO_KEY && (name.startsWith('alias/') || KEY_ID.test(id));
}
