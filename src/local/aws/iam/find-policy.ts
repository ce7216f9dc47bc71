import type { Account } from '../account.ts';
import type { ManagedPolicy } from '../entities.ts';
import { AwsFault, iamFault } from '../fault.ts';
import { awsPolicies } from './aws-policies.ts';

/** A managed policy by ARN, of the account or of AWS; `undefined` where there is none. */
export function policyWithArn(account: Account, arn: string): ManagedPolicy | undefined {
  return account.store.get('policy', arn) ?? awsPolicies(account).find((policy) => policy.arn === arn);
}

/** A managed policy by ARN, or IAM's `NoSuchEntity`. */
export function findPolicy(account: Account, arn = ''): ManagedPolicy {
  const policy = policyWithArn(account, arn);
  if (policy === undefined) throw iamFault('NoSuchEntityException', `Policy ${arn} was not found.`);
  return policy;
}

/** A managed policy that the account may change: its own. @throws AwsFault for one of AWS's */
export function findOwnPolicy(account: Account, arn = ''): ManagedPolicy {
  const policy = findPolicy(account, arn);
  if (account.store.get('policy', arn) !== undefined) return policy;
  throw new AwsFault('AccessDenied', 403, 'Policy is outside your own account.');
}

/** Keeps a changed policy. */
export function keepPolicy(account: Account, policy: ManagedPolicy): void {
  account.store.change({ kind: 'policy', id: policy.arn, value: policy });
}
