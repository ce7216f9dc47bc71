import type {
  AddClientIDToOpenIDConnectProviderRequest,
  CreateOpenIDConnectProviderRequest,
  CreateOpenIDConnectProviderResponse,
  DeleteOpenIDConnectProviderRequest,
  GetOpenIDConnectProviderRequest,
  GetOpenIDConnectProviderResponse,
  ListOpenIDConnectProvidersResponse,
  RemoveClientIDFromOpenIDConnectProviderRequest,
  UpdateOpenIDConnectProviderThumbprintRequest,
} from '@aws-sdk/client-iam';
import type { Account, Call } from '../account.ts';
import type { Provider } from '../entities.ts';
import { iamFault } from '../fault.ts';
import { iamArn } from '../identifiers.ts';
import { tagList } from '../tags.ts';
import { checkedIamTags } from './iam-tags.ts';

/** Client ids of one provider: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_CLIENT_IDS = 100;

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html */
export function createOpenIDConnectProvider(
  { account }: Call,
  input: CreateOpenIDConnectProviderRequest,
): CreateOpenIDConnectProviderResponse {
  const issuer = issuerOf(input.Url ?? '');
  const arn = providerArn(account, issuer);
  if (account.store.get('provider', arn) !== undefined) {
    throw iamFault('EntityAlreadyExistsException', `Provider with url ${input.Url} already exists.`);
  }
  const provider: Provider = {
    arn,
    issuer,
    clientIds: input.ClientIDList ?? [],
    thumbprints: input.ThumbprintList ?? [],
    createdAt: account.now().toISOString(),
    tags: checkedIamTags({}, input.Tags ?? []),
  };
  account.store.change({ kind: 'provider', id: arn, value: provider });
  return { OpenIDConnectProviderArn: arn, Tags: tagList(provider.tags) };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html */
export function getOpenIDConnectProvider(
  { account }: Call,
  input: GetOpenIDConnectProviderRequest,
): GetOpenIDConnectProviderResponse {
  const provider = findProvider(account, input.OpenIDConnectProviderArn);
  return {
    Url: provider.issuer,
    ClientIDList: [...provider.clientIds],
    ThumbprintList: [...provider.thumbprints],
    CreateDate: new Date(provider.createdAt),
    Tags: tagList(provider.tags),
  };
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOpenIDConnectProviders.html */
export function listOpenIDConnectProviders({ account }: Call): ListOpenIDConnectProvidersResponse {
  return { OpenIDConnectProviderList: account.store.list('provider').map(({ arn }) => ({ Arn: arn })) };
}

/** One that is not there is no error. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteOpenIDConnectProvider.html */
export function deleteOpenIDConnectProvider({ account }: Call, input: DeleteOpenIDConnectProviderRequest): object {
  account.store.change({ kind: 'provider', id: input.OpenIDConnectProviderArn ?? '', value: null });
  return {};
}

/** One that is there already is no error. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html */
export function addClientIdToOpenIDConnectProvider(
  { account }: Call,
  input: AddClientIDToOpenIDConnectProviderRequest,
): object {
  const provider = findProvider(account, input.OpenIDConnectProviderArn);
  const clientIds = [...new Set([...provider.clientIds, input.ClientID ?? ''])];
  if (clientIds.length > MAX_CLIENT_IDS)
    throw iamFault(
      'LimitExceededException',
      `Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${MAX_CLIENT_IDS}`,
    );
  keepProvider(account, { ...provider, clientIds });
  return {};
}

/** One that is not there is no error. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveClientIDFromOpenIDConnectProvider.html */
export function removeClientIdFromOpenIDConnectProvider(
  { account }: Call,
  input: RemoveClientIDFromOpenIDConnectProviderRequest,
): object {
  const provider = findProvider(account, input.OpenIDConnectProviderArn);
  keepProvider(account, { ...provider, clientIds: provider.clientIds.filter((id) => id !== input.ClientID) });
  return {};
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProviderThumbprint.html */
export function updateOpenIDConnectProviderThumbprint(
  { account }: Call,
  input: UpdateOpenIDConnectProviderThumbprintRequest,
): object {
  const provider = findProvider(account, input.OpenIDConnectProviderArn);
  keepProvider(account, { ...provider, thumbprints: input.ThumbprintList ?? [] });
  return {};
}

/** A provider by ARN, or IAM's `NoSuchEntity`. */
export function findProvider(account: Account, arn = ''): Provider {
  const provider = account.store.get('provider', arn);
  if (provider === undefined)
    throw iamFault('NoSuchEntityException', `OpenIDConnect Provider not found for arn ${arn}`);
  return provider;
}

/** Keeps a changed provider. */
export function keepProvider(account: Account, provider: Provider): void {
  account.store.change({ kind: 'provider', id: provider.arn, value: provider });
}

/** ARN of the provider for an issuer (its URL without the scheme). */
export function providerArn(account: Account, issuer: string): string {
  return iamArn(account, `oidc-provider/${issuer}`);
}

/** An issuer as ARNs and condition keys have it: the URL without its scheme. */
function issuerOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'https:' || parsed.search !== '' || parsed.hash !== '' || parsed.username !== '') {
    throw iamFault('InvalidInputException', 'The provider URL must begin with https:// and have no query or fragment');
  }
  return url.slice('https://'.length).replace(/\/$/, '');
}
