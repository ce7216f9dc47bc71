import { ECRClient } from '@aws-sdk/client-ecr';
import { IAMClient } from '@aws-sdk/client-iam';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { FastifyInstance, InjectOptions } from 'fastify';
import type { Test } from 'tap';
import { composeApi, type ApiParts } from '../../src/compose/compose-api.ts';
import type { Config } from '../../src/config/config.ts';
import { loadContracts } from '../../src/contract/contract-source.ts';
import { handleEvent } from '../../src/executor/handle.ts';
import type { EmbeddedAwsHooks } from '../../src/local/aws/hooks.ts';
import { LOCAL_CREDENTIALS, type EmbeddedOptions } from '../../src/local/embedded.ts';
import type { Job } from '../../src/local/github/job.ts';
import { startStreamPoller } from '../../src/local/stream-poller.ts';
import { breaches, operationFor } from './answer-schemas.ts';
import { KOA, onboardKoaAndPol, startService, type Answer, type Ask, type Service } from './service.ts';

/** A request, as {@link Ask} has it; or with a body that is sent as it is. */
export interface Asked extends Ask {
  readonly raw?: string;
}

/** Asks as a job does (nobody without one); throws when the answer is not what openapi.yaml declares. */
export type Asking = (job: Job | undefined, request: Asked) => Promise<Answer>;

/** A workflow of KOA that is nobody's manager. */
export const MEMBER: Job = { repository: 'JPPOL-KOA/Newsletter', ref: 'refs/heads/main' };

/** The manager's repository, on a pull request: it may read and dry-run. */
export const KOA_PULL_REQUEST: Job = { repository: KOA.repository, pullRequest: 7 };

/** A service with two departments, and a hand on everything that it stands on. */
export interface World {
  readonly service: Service;
  readonly ask: Asking;
  /** The same service as another process on the same tables has it, with other settings. */
  readonly process: (changes?: Partial<Config>, jwksFetch?: Service['embedded']['jwksFetch']) => Asking;
  /** A process that can't reach DynamoDB. */
  readonly cutOff: () => Asking;
  /** A process that waits for AWS only a moment. */
  readonly impatient: Asking;
  readonly ecr: ECRClient;
  readonly iam: IAMClient;
  /** The executor, as if its Lambda were throttled: what is accepted meanwhile stays pending. */
  readonly executor: { readonly stop: () => void; readonly start: () => Promise<void> };
  /** What the embedded AWS does before and after each request; tests set faults here. */
  readonly hooks: { before?: EmbeddedAwsHooks['before']; after?: EmbeddedAwsHooks['after'] };
  /** The writing calls that ECR and IAM have got so far. */
  readonly awsWrites: () => readonly string[];
  /** Everything in the ledger's state, apart from leases, and the heads and the counts of refusals. */
  readonly ledger: () => Promise<readonly unknown[]>;
}

// Read once: what a contract's validators are compiled to is the same for each process.
const contracts = loadContracts();

/** Starts a service with KOA and POL for a test. */
export async function startWorld(t: Test, options: Pick<EmbeddedOptions, 'env' | 'aws'> = {}): Promise<World> {
  const hooks: World['hooks'] = {};
  const writes: string[] = [];
  const service = await startService(t, {
    ...options,
    executor: false,
    aws: {
      ...options.aws,
      hooks: {
        before: (request) => {
          if (!/^(Describe|Get|List|Batch|AssumeRole)/.test(request.operation)) writes.push(request.operation);
          return hooks.before?.(request);
        },
        after: (request) => hooks.after?.(request),
      },
    },
  });
  const { embedded } = service;
  const executor = await startExecutor(t, service);
  const common = {
    endpoint: embedded.aws.endpoint,
    credentials: LOCAL_CREDENTIALS,
    region: embedded.config.aws.region,
    maxAttempts: 2,
  };
  const ecr = new ECRClient(common);
  const iam = new IAMClient(common);
  t.teardown(() => {
    ecr.destroy();
    iam.destroy();
  });
  const compose = (parts: Pick<ApiParts, 'config' | 'endpoints' | 'jwksFetch'>): Asking => {
    const app = composeApi({ ...contracts, ...parts });
    t.teardown(() => app.close());
    return askingOf(app, service);
  };
  const process: World['process'] = (changes = {}, jwksFetch = embedded.jwksFetch) =>
    compose({ config: { ...embedded.config, ...changes }, endpoints: embedded.endpoints, jwksFetch });
  const nowhere = { ...embedded.endpoints, dynamoDb: 'http://127.0.0.1:1' };
  await onboardKoaAndPol(service);
  return {
    service,
    ask: askingOf(service.app, service),
    process,
    cutOff: () => compose({ config: embedded.config, endpoints: nowhere, jwksFetch: embedded.jwksFetch }),
    impatient: process({ waitMilliseconds: 60 }),
    ecr,
    iam,
    executor,
    hooks,
    awsWrites: () => [...writes],
    ledger: () => readLedger(service),
  };
}

async function startExecutor(t: Test, { embedded }: Service): Promise<World['executor']> {
  const { executor: parts, endpoints } = embedded;
  let stopped = false;
  const poller = await startStreamPoller({
    tables: parts.tables,
    endpoint: endpoints.dynamoDb ?? '',
    region: parts.settings.region,
    credentials: LOCAL_CREDENTIALS,
    handle: async (event) => (stopped ? undefined : handleEvent(parts, event)),
    onError: () => undefined,
  });
  t.teardown(async () => {
    stopped = true;
    await poller.close();
  });
  return {
    stop: () => {
      stopped = true;
    },
    start: async () => {
      stopped = false;
      await handleEvent(parts, { source: 'aws.scheduler' });
    },
  };
}

function askingOf(app: FastifyInstance, { token }: Service): Asking {
  return async (job, request) => {
    const { method = 'GET', path, body, raw, headers = {} } = request;
    const authorization = job === undefined ? {} : { authorization: `Bearer ${await token(job)}` };
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const type = payload === undefined ? {} : { 'content-type': 'application/json' };
    const response = await app.inject({
      method,
      url: path,
      headers: { ...type, ...authorization, ...headers },
      ...(payload === undefined ? {} : { payload }),
    } as InjectOptions);
    const text = response.body;
    const isJson = /^application\/(?:[\w.-]+\+)?json\b/.test(String(response.headers['content-type'])) && text !== '';
    const answer: Answer = {
      status: response.statusCode,
      headers: response.headers as Answer['headers'],
      text,
      body: isJson ? JSON.parse(text) : undefined,
    };
    const operation = operationFor(method, path);
    const faults = operation === undefined ? [] : breaches(operation, answer);
    if (faults.length > 0) throw new Error(`The contract is broken:\n${faults.join('\n')}\n${text.slice(0, 2_000)}`);
    return answer;
  };
}

async function readLedger({ embedded }: Service): Promise<readonly unknown[]> {
  const { documents, state } = embedded.executor.tables;
  const items: Record<string, unknown>[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new ScanCommand({ TableName: state, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  const keyOf = ({ pk, sk }: Record<string, unknown>): string => `${String(pk)} ${String(sk)}`;
  return items
    .filter((item) => !/^(LEASE#|CHAIN#|REFUSALS |ACCOUNT CURSOR_KEYS)/.test(keyOf(item)))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
