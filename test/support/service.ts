import type { FastifyInstance, InjectOptions } from 'fastify';
import type { Test } from 'tap';
import { composeApi } from '../../src/compose/compose-api.ts';
import { loadContracts } from '../../src/contract/contract-source.ts';
import { startEmbedded, type Embedded, type EmbeddedOptions } from '../../src/local/embedded.ts';
import { KOA_JOB, PLATFORM_JOB } from '../../src/local/example.ts';
import { idOfName, type Job } from '../../src/local/github/job.ts';
import { loadOrMakeSigningKey, type SigningKey } from '../../src/local/github/signing-key.ts';
import { PATIENT_LIMITS, PATIENT_WAIT } from './patience.ts';

/** A service on the embedded default, and the hands of those who use it. */
export interface Service {
  readonly app: FastifyInstance;
  readonly embedded: Embedded;
  /** A token for the service; the job as GitHub's runner would have it. */
  readonly token: (job: Job, audience?: string) => Promise<string>;
  /** Asks the REST face as a job does. */
  readonly ask: (job: Job | undefined, request: Ask) => Promise<Answer>;
  /** Asks the GraphQL face as a job does. */
  readonly graphql: (
    job: Job | undefined,
    query: string,
    variables?: Readonly<Record<string, unknown>>,
  ) => Promise<Answer>;
}

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  // Tests look into answers of every shape.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export const PLATFORM: Job = PLATFORM_JOB;
export const KOA: Job = KOA_JOB;
/** A workflow of another department. */
export const POL: Job = { repository: 'JPPOL-POL/Website', ref: 'refs/heads/main' };
/** A workflow of nobody that the platform knows. */
export const STRANGER: Job = { repository: 'somebody-else/app', ref: 'refs/heads/main' };

/** The numeric id that the embedded issuer gives to an owner or an `owner/repository`. */
export const idOf = idOfName;

let signingKey: SigningKey | undefined;

/** The embedded default, with the patience that tests need; a wait that a test sets itself is kept. */
async function startPatient(options: EmbeddedOptions = {}): Promise<Embedded> {
  signingKey ??= await loadOrMakeSigningKey(undefined);
  const embedded = await startEmbedded({ limits: PATIENT_LIMITS, signingKey, ...options });
  if (options.env?.['ECP_WAIT_MILLISECONDS'] !== undefined) return embedded;
  return { ...embedded, config: { ...embedded.config, waitMilliseconds: PATIENT_WAIT } };
}

/** Starts a service for a test and ends it with the test. */
export async function startService(t: Test, options: EmbeddedOptions = {}): Promise<Service> {
  const { service, close } = await openService(options);
  t.teardown(close);
  return service;
}

/** The same for whoever ends it by itself. */
export async function openService(
  options: EmbeddedOptions = {},
): Promise<{ readonly service: Service; readonly close: () => Promise<void> }> {
  const embedded = await startPatient(options);
  const { config, endpoints, jwksFetch } = embedded;
  const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch });
  const close = async (): Promise<void> => {
    await app.close();
    await embedded.close();
  };
  const token = (job: Job, audience = config.audience): Promise<string> =>
    embedded.issuer.mintToken({ ...job, audience });
  const ask = async (job: Job | undefined, { method = 'GET', path, body, headers = {} }: Ask): Promise<Answer> => {
    const authorization = job === undefined ? {} : { authorization: `Bearer ${await token(job)}` };
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return answerOf(
      await app.inject({
        method,
        url: path,
        headers: { ...type, ...authorization, ...headers },
        ...payload,
      } as InjectOptions),
    );
  };
  const service: Service = {
    app,
    embedded,
    token,
    ask,
    graphql: (job, query, variables = {}) =>
      ask(job, {
        method: 'POST',
        path: '/graphql',
        body: { query, variables },
        headers: { accept: 'application/graphql-response+json' },
      }),
  };
  return { service, close };
}

function answerOf(response: Awaited<ReturnType<FastifyInstance['inject']>>): Answer {
  const text = response.body;
  const type = response.headers['content-type'] ?? '';
  return {
    status: response.statusCode,
    headers: response.headers as Answer['headers'],
    text,
    body: /\bjson\b/.test(type) && text !== '' ? JSON.parse(text) : undefined,
  };
}

/** Onboards a department as the platform team does: itself, its organisation, its accounts, one manager. */
export async function onboard(
  { ask }: Service,
  {
    id,
    organisation,
    manager,
    namespace,
    accounts = ['931827427725'],
  }: {
    readonly id: string;
    readonly organisation: string;
    readonly manager: Job;
    readonly namespace?: string;
    readonly accounts?: readonly string[];
  },
): Promise<void> {
  const managers = [
    { repositoryId: idOf(manager.repository), repository: manager.repository, ref: manager.ref ?? 'refs/heads/main' },
  ];
  const list = accounts.map((accountId) => ({ description: `aws-${id}`, accountId, canWrite: false }));
  const steps: readonly Ask[] = [
    {
      method: 'POST',
      path: '/v1/departments',
      body: { id, displayName: id.toUpperCase(), managers, ...(namespace === undefined ? {} : { namespace }) },
    },
    {
      method: 'PUT',
      path: `/v1/departments/${id}/organisations/${organisation}`,
      body: { ownerId: idOf(organisation) },
    },
    {
      method: 'PUT',
      path: `/v1/departments/${id}/account-access`,
      body: { accounts: list },
      headers: { 'if-match': '*' },
    },
  ];
  for (const step of steps) {
    const answer = await ask(PLATFORM, step);
    if (answer.status >= 300)
      throw new Error(`Onboarding ${id}: ${step.path} answered ${answer.status}: ${answer.text}`);
  }
}

/** The two departments that most tests are about: KOA without a namespace, POL with one. */
export async function onboardKoaAndPol(service: Service): Promise<void> {
  await onboard(service, { id: 'koa', organisation: 'JPPOL-KOA', manager: KOA });
  await onboard(service, { id: 'pol', organisation: 'JPPOL-POL', manager: POL, namespace: 'pol' });
}
