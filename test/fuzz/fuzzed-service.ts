import { composeApi } from '../../src/compose/compose-api.ts';
import { loadContracts } from '../../src/contract/contract-source.ts';
import { startEmbedded } from '../../src/local/embedded.ts';
import { KOA_JOB, PLATFORM_JOB } from '../../src/local/example.ts';
import { idOfName } from '../../src/local/github/job.ts';

/** A service on a port, with a department in it, that a fuzzer may do with as it likes. */
export interface FuzzedService {
  readonly url: string;
  /** A token of the platform team's workflow, which may do the most; good for a quarter of an hour. */
  readonly token: string;
  /** One that was made just now, for what may take longer. */
  readonly freshToken: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Starts the service on the embedded default, in memory, with the example's department. */
export async function startFuzzedService(): Promise<FuzzedService> {
  const embedded = await startEmbedded({ env: { ECP_WAIT_MILLISECONDS: '25000' } });
  const { config, endpoints, jwksFetch, issuer } = embedded;
  const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const exp = Math.floor(Date.now() / 1000) + 890;
  const token = await issuer.mintToken({ ...PLATFORM_JOB, claims: { exp } });
  const ask = async (method: string, path: string, body: unknown): Promise<void> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(path.endsWith('/account-access') ? { 'if-match': '*' } : {}),
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  };
  const managers = [{ repositoryId: idOfName(KOA_JOB.repository), ref: KOA_JOB.ref }];
  await ask('POST', '/v1/departments', { id: 'koa', displayName: 'KOA', managers });
  await ask('PUT', '/v1/departments/koa/organisations/JPPOL-KOA', { ownerId: idOfName('JPPOL-KOA') });
  await ask('PUT', '/v1/departments/koa/account-access', {
    accounts: [{ description: 'aws-koa-dev', accountId: '931827427725', canWrite: false }],
  });
  await ask('POST', '/v1/departments/koa/repositories', { name: 'giftcard-service' });
  await ask('POST', '/v1/departments/koa/grants', {
    organisation: 'JPPOL-KOA',
    repository: 'GiftCardService',
    repositoryId: idOfName('JPPOL-KOA/GiftCardService'),
  });
  return {
    url,
    token,
    freshToken: () => issuer.mintToken(PLATFORM_JOB),
    close: async () => {
      await app.close();
      await embedded.close();
    },
  };
}
