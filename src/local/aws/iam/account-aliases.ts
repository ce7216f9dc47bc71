import type {
  CreateAccountAliasRequest,
  DeleteAccountAliasRequest,
  ListAccountAliasesResponse,
} from '@aws-sdk/client-iam';
import type { Call } from '../account.ts';
import { iamFault } from '../fault.ts';

/** An account has one alias: a new one takes the place of the last. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html */
export function createAccountAlias({ account }: Call, input: CreateAccountAliasRequest): object {
  account.store.change({ kind: 'accountAlias', id: account.id, value: { alias: input.AccountAlias ?? '' } });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html */
export function listAccountAliases({ account }: Call): ListAccountAliasesResponse {
  return { AccountAliases: account.store.list('accountAlias').map(({ alias }) => alias), IsTruncated: false };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccountAlias.html */
export function deleteAccountAlias({ account }: Call, input: DeleteAccountAliasRequest): object {
  if (account.store.get('accountAlias', account.id)?.alias !== input.AccountAlias)
    throw iamFault('NoSuchEntityException', `The account alias ${input.AccountAlias} cannot be found.`);
  account.store.change({ kind: 'accountAlias', id: account.id, value: null });
  return {};
}
