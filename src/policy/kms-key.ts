import type { AwsSettings } from '../model/settings.ts';

/**
 * Whether a KMS key, as a repository's encryption names it, is of the account and region of the registry: an id or an alias
 * always is, an ARN says so.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_EncryptionConfiguration.html
 */
export function isKmsKeyOfAccount(
  key: string,
  { partition, region, accountId }: Pick<AwsSettings, 'partition' | 'region' | 'accountId'>,
): boolean {
  if (!key.startsWith('arn:')) return /^[A-Za-z0-9/_-]+$/.test(key);
  const own = `arn:${partition}:kms:${region}:${accountId}:`;
  return key.startsWith(own) && /^(key|alias)\/[A-Za-z0-9/_-]+$/.test(key.slice(own.length));
}
