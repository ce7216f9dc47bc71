import type { ECRClient } from '@aws-sdk/client-ecr';
import type { IAMClient } from '@aws-sdk/client-iam';
import { observeRepository, observeRole } from '../../src/aws/observe.ts';
import { registryLook } from '../../src/aws/registry-look.ts';
import type { Caller } from '../../src/caller/caller.ts';
import { createTokenVerifier } from '../../src/caller/verify-token.ts';
import { newId } from '../../src/lib/new-id.ts';
import { pause } from '../../src/lib/pause.ts';
import { awsOptions } from '../../src/compose/connections.ts';
import type { Core } from '../../src/core/core.ts';
import { createCore } from '../../src/core/create-core.ts';
import { handleEvent } from '../../src/executor/handle.ts';
import { EXECUTOR_LIMITS, type ExecutorLimits, type ExecutorParts } from '../../src/executor/parts.ts';
import { listRepositories, readDepartment } from '../../src/ledger/read.ts';
import { createPolls } from '../../src/core/queries/polls.ts';
import { startEmbedded, type Embedded } from '../../src/local/embedded.ts';
import { PLATFORM_JOB } from '../../src/local/example.ts';
import type { EmbeddedAwsRequest, HookAnswer } from '../../src/local/aws/hooks.ts';
import type { DepartmentId } from '../../src/model/ids.ts';
import type { Repository } from '../../src/model/repository.ts';
import type { Resources } from '../../src/plan/resources.ts';
import { followCommits, type Commits } from './commits.ts';
import { gated, openGate, type Counter, type Gate, type GateRules } from './gate.ts';
import { desiredInTurn, NOTHING } from './turns.ts';

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A write that had its effect in AWS. */
export interface Effect {
  /** Such as `SetRepositoryPolicy`. */
  readonly operation: string;
  /** What was written to. */
  readonly kind: 'repositories' | 'roles';
  readonly name: string;
}

/** A service on the embedded default whose processes can be started and lost at will. */
export interface FaultWorld {
  readonly embedded: Embedded;
  readonly platform: Caller;
  /** The executor's. */
  readonly limits: ExecutorLimits;
  /** What AWS refuses, by the text that the name of the resource holds. */
  readonly refusals: Map<string, HookAnswer>;
  /** How many of the next writes to AWS are throttled. */
  readonly throttling: { left: number };
  /** The world's clock; a lease lapses when it is moved. */
  readonly now: () => Date;
  readonly pass: (milliseconds: number) => void;
  readonly startApi: (rules: GateRules, counter: Counter) => { readonly core: Core; readonly gate: Gate };
  readonly startExecutor: (
    rules: GateRules,
    counter: Counter,
  ) => { readonly ring: (department: string) => Promise<unknown>; readonly gate: Gate };
  /** What the ledger says is to stand in AWS. */
  readonly desired: (department: string) => Promise<Resources>;
  /** What the ledger has said, transaction by transaction. */
  readonly commits: Commits;
  /**
   * Who is told of each write that had its effect in AWS, by department. AWS tells it, before it answers: whoever wrote, and
   * whether or not the answer ever comes.
   */
  readonly onEffect: Map<string, (effect: Effect) => Promise<void>>;
  /** What stands in AWS under these names. */
  readonly observed: (names: {
    readonly repositories: Iterable<string>;
    readonly roles: Iterable<string>;
  }) => Promise<Resources>;
  readonly close: () => Promise<void>;
}

/** The executor's limits: few attempts and small pages, so that their ends are met. */
export const LIMITS = { ...EXECUTOR_LIMITS, attempts: 4, page: 2 };

const READS = /^(Describe|Get|List)/;

const THROTTLED: HookAnswer = { kind: 'fault', code: 'ThrottlingException', status: 400, message: 'Rate exceeded' };

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
  const throttling = { left: 0 };
  const onEffect: FaultWorld['onEffect'] = new Map();
  const embedded = await startEmbedded({
    executor: false,
    env: { ECP_TRUST_POLICY_SIZE: '1024' },
    aws: {
      accounts: ['931827427725', '931827427726', '931827427727'],
      hooks: {
        before: ({ operation, input }) => {
          if (READS.test(operation)) return undefined;
          if (throttling.left > 0 && throttling.left-- > 0) return THROTTLED;
          const name = `${operation} ${resourceOf(input).name}`;
          return [...refusals].find(([text]) => name.includes(text))?.[1];
        },
        after: async (request) => {
          if (READS.test(request.operation)) return;
          const effect = { operation: request.operation, ...resourceOf(request.input) };
          await onEffect.get(departmentOf(effect.name))?.(effect);
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
  const parts = { now, newId, pause: waits ? pause : async () => undefined, polls: createPolls(0, pause), log: SILENT };
  const { serverTime: _serverTime, ...names } = executor.tables;
  const commits = await followCommits(embedded);
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
    limits,
    refusals,
    throttling,
    now,
    pass: (milliseconds) => {
      offset += milliseconds;
    },
    startApi,
    startExecutor,
    desired: async (department) => {
      const { state } = await readDepartment(executor.tables, department);
      const repositories = state === undefined ? [] : await allRepositories(embedded, state.department.id);
      return desiredInTurn(state, repositories, executor.settings).at(-1) ?? NOTHING;
    },
    commits,
    onEffect,
    observed: async ({ repositories, roles }) => ({
      repositories: new Map(await all(repositories, (name) => observeRepository(executor.aws, name))),
      roles: new Map(await all(roles, (name) => observeRole(executor.aws, name))),
    }),
    close: async () => {
      commits.close();
      await embedded.close();
    },
  };
}

/** What a call on ECR or IAM is about. */
export function resourceOf(input: EmbeddedAwsRequest['input']): Pick<Effect, 'kind' | 'name'> {
  const { repositoryName, RoleName } = input as { readonly repositoryName?: string; readonly RoleName?: string };
  return repositoryName === undefined
    ? { kind: 'roles', name: RoleName ?? '' }
    : { kind: 'repositories', name: repositoryName };
}

/** Repositories and roles begin with their department's id, which has neither a slash nor a dash here. */
function departmentOf(name: string): string {
  return name.split(/[/-]/, 1)[0] ?? '';
}

async function all<T>(names: Iterable<string>, look: (name: string) => Promise<T>): Promise<[string, T][]> {
  return Promise.all([...names].map(async (name): Promise<[string, T]> => [name, await look(name)]));
}

async function allRepositories({ executor: { tables } }: Embedded, id: DepartmentId): Promise<readonly Repository[]> {
  const repositories: Repository[] = [];
  for (;;) {
    const page = await listRepositories(tables, id, 100, repositories.at(-1)?.name);
    repositories.push(...page);
    if (page.length < 100) return repositories;
  }
}
