import { paginateDescribeRepositories } from '@aws-sdk/client-ecr';
import { paginateListRoles } from '@aws-sdk/client-iam';
import { observeRepository, observeRole } from '../../src/aws/observe.ts';
import { composeApi } from '../../src/compose/compose-api.ts';
import { composeExecutor } from '../../src/compose/compose-executor.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Endpoints } from '../../src/compose/connections.ts';
import { loadContracts } from '../../src/contract/contract-source.ts';
import { handleEvent } from '../../src/executor/handle.ts';
import { KOA_JOB, PLATFORM_JOB } from '../../src/local/example.ts';
import { startLocalGitHubIssuer } from '../../src/local/github/issuer.ts';
import { idOfName, type Job } from '../../src/local/github/job.ts';
import { startStreamPoller } from '../../src/local/stream-poller.ts';
import type { AwsBench } from './aws-bench.ts';
import { deepEqual, equal } from './changes.ts';
import type { Check } from './check.ts';
import { STANDS_AFTER_GRANT, STANDS_AFTER_REVOKE } from './main-job-stands.ts';
import type { LedgerBench } from './ledger-bench.ts';

/** What the main job stands at: both services, and names for what it makes. */
export interface JobBench {
  readonly aws: AwsBench;
  readonly ledger: LedgerBench;
}

const ISSUER = 'https://token.actions.githubusercontent.com';

type Asking = (job: Job, method: string, path: string, status: number, body?: unknown) => Promise<unknown>;

/** The whole service on the target: API, executor and the stream between them. */
async function startService({ aws, ledger }: JobBench): Promise<{ ask: Asking; close: () => Promise<void> }> {
  const { accountId, rolePath, boundaryArn } = aws.settings;
  const config = readConfig({
    ECP_ACCOUNT_ID: accountId,
    ECP_REGION: aws.settings.region,
    ECP_AUDIENCE: 'ecr-control-plane',
    ECP_ISSUER: ISSUER,
    ECP_ROLE_PATH: rolePath,
    ECP_BOUNDARY_ARN: boundaryArn,
    ECP_STATE_TABLE: ledger.tables.state,
    ECP_AUDIT_TABLE: ledger.tables.audit,
    ECP_WAIT_MILLISECONDS: '25000',
    ECP_PLATFORM_CALLERS: JSON.stringify([{ repositoryId: idOfName(PLATFORM_JOB.repository), ref: PLATFORM_JOB.ref }]),
  });
  const endpoints = endpointsOf({ aws, ledger });
  const issuer = await startLocalGitHubIssuer({ issuer: ISSUER });
  const app = composeApi({
    config,
    ...loadContracts(),
    endpoints,
    jwksFetch: async () => Response.json(issuer.jwks()),
  });
  const executor = composeExecutor(config, { endpoints });
  const poller = await startStreamPoller({
    tables: executor.tables,
    region: ledger.region,
    ...ledger.dynamoDb,
    handle: (event) => handleEvent(executor, event),
    onError: () => undefined,
  } as Parameters<typeof startStreamPoller>[0]);
  return {
    ask: async (job, method, url, status, body) => {
      const response = await app.inject({
        method: method as 'GET',
        url,
        headers: {
          authorization: `Bearer ${await issuer.mintToken(job)}`,
          ...(url.endsWith('/account-access') ? { 'if-match': '*' } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      });
      equal(response.statusCode, status, `${method} ${url}: ${response.body}`);
      return response.body === '' ? undefined : response.json();
    },
    close: async () => {
      await app.close();
      await poller.close();
      await issuer.close();
    },
  };
}

/** The two services may be of two targets, but the SDK's clients of ours know one pair of credentials: emulators take any. */
function endpointsOf({ aws, ledger }: JobBench): Endpoints {
  const { endpoint, credentials } = aws.options;
  const dynamoDb = ledger.dynamoDb.endpoint;
  return {
    ...(endpoint === undefined ? {} : { aws: endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(dynamoDb === undefined ? {} : { dynamoDb }),
  };
}

/** Everything of the job that stands in ECR and IAM, with the run's own names and ids taken out. */
async function stands({ aws }: JobBench): Promise<unknown> {
  const { ecr, iam } = aws.clients;
  const begin = `${aws.prefix}-job`;
  const all: Record<string, unknown> = {};
  for await (const page of paginateDescribeRepositories({ client: ecr }, {})) {
    for (const { repositoryName = '' } of page.repositories ?? []) {
      if (repositoryName.startsWith(begin)) all[repositoryName] = await observeRepository(aws.clients, repositoryName);
    }
  }
  for await (const page of paginateListRoles({ client: iam }, { PathPrefix: aws.settings.rolePath })) {
    for (const { RoleName = '' } of page.Roles ?? []) {
      if (RoleName.startsWith(begin)) all[RoleName] = await observeRole(aws.clients, RoleName);
    }
  }
  return JSON.parse(anonymous(aws, JSON.stringify(all)));
}

/** A policy's principal may come back as the account's number or as the ARN of its root: the same principal. */
function anonymous({ prefix, settings }: AwsBench, text: string): string {
  return text
    .replaceAll(`"${settings.accountId}"`, `"arn:aws:iam::${settings.accountId}:root"`)
    .replaceAll(prefix, 'RUN')
    .replaceAll(settings.accountId, '111122223333')
    .replaceAll(settings.region, 'eu-west-1')
    .replaceAll(/op-[0-9a-z]{26}/g, 'OPERATION');
}

/** The whole main job, through the API. */
export const JOB_CHECKS: readonly Check<JobBench>[] = [
  {
    id: 'job',
    promise:
      'department, account access, repository, grant, revoke, delete: after each, AWS holds what it should and no more',
    run: async (bench) => {
      const { aws } = bench;
      const { ask, close } = await startService(bench);
      const name = `${aws.prefix}-job/giftcard-service`;
      const path = encodeURIComponent(name);
      const settled = (what: unknown) => aws.settled(async () => deepEqual(await stands(bench), what));
      try {
        await ask(PLATFORM_JOB, 'POST', '/v1/departments', 201, {
          id: 'koa',
          displayName: 'KOA',
          roleName: `${aws.prefix}-job-koa`,
          managers: [{ repositoryId: idOfName(KOA_JOB.repository), ref: KOA_JOB.ref }],
        });
        await ask(PLATFORM_JOB, 'PUT', '/v1/departments/koa/organisations/JPPOL-KOA', 201, {
          ownerId: idOfName('JPPOL-KOA'),
        });
        await ask(PLATFORM_JOB, 'PUT', '/v1/departments/koa/account-access', 200, {
          accounts: [{ description: 'this account', accountId: aws.settings.accountId, canWrite: false }],
        });
        await ask(KOA_JOB, 'POST', '/v1/departments/koa/repositories', 201, { name });
        await ask(KOA_JOB, 'PATCH', `/v1/repositories/${path}`, 200, { imageTagMutability: 'MUTABLE' });
        const { grant } = (await ask(KOA_JOB, 'POST', '/v1/departments/koa/grants', 201, {
          organisation: 'JPPOL-KOA',
          repository: 'GiftCardService',
        })) as { grant: { id: string } };
        await settled(STANDS_AFTER_GRANT);
        await ask(KOA_JOB, 'DELETE', `/v1/departments/koa/grants/${grant.id}`, 200);
        await settled(STANDS_AFTER_REVOKE);
        await ask(KOA_JOB, 'DELETE', `/v1/repositories/${path}`, 200);
        await ask(PLATFORM_JOB, 'DELETE', '/v1/departments/koa/organisations/JPPOL-KOA', 200);
        await ask(PLATFORM_JOB, 'DELETE', '/v1/departments/koa', 200);
        await settled({});
      } finally {
        await close();
      }
    },
  },
];
