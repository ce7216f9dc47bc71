import type { ECRClient } from '@aws-sdk/client-ecr';
import type { IAMClient } from '@aws-sdk/client-iam';
import { observeRepository, observeRole } from '../../src/aws/observe.ts';
import { registryLook } from '../../src/aws/registry-look.ts';
import type { Caller } from '../../src/caller/caller.ts';
import { createTokenVerifier } from '../../src/caller/verify-token.ts';
import { newId, pause } from '../../src/clock.ts';
import { awsOptions } from '../../src/connections.ts';
import type { Core } from '../../src/core.ts';
import { createCore } from '../../src/create-core.ts';
import { handleEvent } from '../../src/executor/handle.ts';
import { EXECUTOR_LIMITS, type ExecutorLimits, type ExecutorParts } from '../../src/executor/parts.ts';
import { listRepositories, readDepartment } from '../../src/ledger/read.ts';
import { startEmbedded, type Embedded } from '../../src/local/embedded.ts';
import { PLATFORM_JOB } from '../../src/local/example.ts';
import type { HookAnswer } from '../../src/local/aws/hooks.ts';
import { isWanted } from '../../src/model/pending.ts';
import { desiredRepository, desiredRole } from '../../src/plan/render.ts';
import type { RepositoryResource, Resources, RoleResource } from '../../src/plan/resources.ts';
import { gated, openGate, type Counter, type Gate, type GateRules } from './gate.ts';

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A service on the embedded default whose processes can be started and lost at will. */
export interface FaultWorld {
  readonly embedded: Embedded;
  readonly platform: Caller;
  /** What AWS refuses, by the text that the name of the resource holds. */
  readonly refusals: Map<string, HookAnswer>;
  /** The world's clock; a lease lapses when it is moved. */
  readonly now: () => Date;
  readonly pass: (milliseconds: number) => void;
  readonly startApi: (rules: GateRules, counter: Counter) => { readonly core: Core; readonly gate: Gate };
  readonly startExecutor: (
    rules: GateRules,
    counter: Counter,
  ) => { readonly ring: (department: string) => Promise<unknown>; readonly gate: Gate };
  /** What the ledger says is to stand in AWS. */
  readonly desired: (department: string, access?: 'last-done') => Promise<Resources>;
  /** What stands in AWS under these names. */
  readonly observed: (names: {
    readonly repositories: Iterable<string>;
    readonly roles: Iterable<string>;
  }) => Promise<Resources>;
  readonly close: () => Promise<void>;
}

/** The executor's limits: few attempts and small pages, so that their ends are met. */
export const LIMITS = { ...EXECUTOR_LIMITS, attempts: 4, page: 2 };

/** How a world is started. */
export interface FaultWorldOptions {
  readonly limits?: ExecutorLimits;
  /** Whether its processes really wait where they do; enumerations do not, so that they are quick. */
  readonly waits?: boolean;
  /** How long a mutation waits for AWS, in milliseconds. */
  readonly waitMilliseconds?: number;
}

/** Starts a world. Trust policies are kept small, so that grants overflow into further roles. */
export async function startFaultWorld(options: FaultWorldOptions = {}): Promise<FaultWorld> {
  const { limits = LIMITS, waits = false } = options;
  const refusals = new Map<string, HookAnswer>();
  const embedded = await startEmbedded({
    executor: false,
    env: { ECP_TRUST_POLICY_SIZE: '1024' },
    aws: {
      accounts: ['931827427725', '931827427726', '931827427727'],
      hooks: {
        before: ({ operation, input }) => {
          if (/^(Describe|Get|List)/.test(operation)) return undefined;
          const { repositoryName, RoleName } = input as {
            readonly repositoryName?: string;
            readonly RoleName?: string;
          };
          const name = `${operation} ${repositoryName ?? RoleName ?? ''}`;
          return [...refusals].find(([text]) => name.includes(text))?.[1];
        },
      },
    },
  });
  const { executor, endpoints, jwksFetch } = embedded;
  const { waitMilliseconds = embedded.config.waitMilliseconds } = options;
  const config = { ...embedded.config, waitMilliseconds };
  const verify = createTokenVerifier({ issuers: [config.issuer], audience: config.audience, jwksFetch });
  const token = await embedded.issuer.mintToken({ ...PLATFORM_JOB, audience: config.audience });
  const platform = await verify(`Bearer ${token}`, new Date());
  let offset = 0;
  const now = (): Date => new Date(Date.now() + offset);
  const parts = { now, newId, pause: waits ? pause : async () => undefined, log: SILENT };
  const { serverTime: _serverTime, ...names } = executor.tables;
  const registry = registryLook(awsOptions(config, endpoints));

  const startApi: FaultWorld['startApi'] = (rules, counter) => {
    const gate = openGate(rules, counter);
    const tables = { ...executor.tables, documents: gated(executor.tables.documents, gate, 'api', 'dynamodb') };
    return { core: createCore({ ...parts, tables, registry, config }), gate };
  };
  const startExecutor: FaultWorld['startExecutor'] = (rules, counter) => {
    const gate = openGate(rules, counter);
    const own: ExecutorParts = {
      ...executor,
      ...parts,
      limits,
      // Without the ledger's own clock, so that time passes when the world says so.
      tables: { ...names, documents: gated(executor.tables.documents, gate, 'executor', 'dynamodb') },
      aws: {
        ecr: gated<ECRClient>(executor.aws.ecr, gate, 'executor', 'ecr'),
        iam: gated<IAMClient>(executor.aws.iam, gate, 'executor', 'iam'),
      },
    };
    return { ring: (department) => handleEvent(own, { department }), gate };
  };
  return {
    embedded,
    platform,
    refusals,
    now,
    pass: (milliseconds) => {
      offset += milliseconds;
    },
    startApi,
    startExecutor,
    desired: (department, access) => desiredOf(embedded, department, access),
    observed: async ({ repositories, roles }) => ({
      repositories: new Map(await all(repositories, (name) => observeRepository(executor.aws, name))),
      roles: new Map(await all(roles, (name) => observeRole(executor.aws, name))),
    }),
    close: () => embedded.close(),
  };
}

async function all<T>(names: Iterable<string>, look: (name: string) => Promise<T>): Promise<[string, T][]> {
  return Promise.all([...names].map(async (name): Promise<[string, T]> => [name, await look(name)]));
}

async function desiredOf(
  { executor: { tables, settings } }: Embedded,
  department: string,
  which: 'last-done' | undefined,
): Promise<Resources> {
  const { state } = await readDepartment(tables, department);
  if (state === undefined) return { repositories: new Map(), roles: new Map() };
  const access = which === undefined ? state.access : (state.access.pending?.previous ?? state.access);
  const organisations = state.organisations.filter(isWanted);
  const repositories = new Map<string, RepositoryResource>();
  let after: string | undefined;
  for (;;) {
    const page = await listRepositories(tables, state.department.id, 100, after);
    for (const one of page.filter(isWanted)) repositories.set(one.name, desiredRepository(one, access, settings));
    if (page.length < 100) break;
    after = page.at(-1)?.name;
  }
  const roles = new Map<string, RoleResource>();
  for (const role of state.roles.filter(isWanted)) {
    roles.set(role.name, desiredRole(role, state.grants.filter(isWanted), organisations, state.department, settings));
  }
  return { repositories, roles };
}
