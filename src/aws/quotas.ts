import { GetAccountSummaryCommand } from '@aws-sdk/client-iam';
import type { AccountQuotas } from '../ledger/quotas.ts';
import type { AwsClients } from './clients.ts';

/**
 * The account's quotas, or `undefined` where IAM does not tell.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
 */
export async function readAccountQuotas({ iam }: AwsClients): Promise<AccountQuotas | undefined> {
  const { SummaryMap } = await iam.send(new GetAccountSummaryCommand({}));
  const trustPolicySize = SummaryMap?.['AssumeRolePolicySizeQuota'];
  return trustPolicySize === undefined ? undefined : { trustPolicySize };
}
