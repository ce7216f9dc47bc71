import { auditCaller } from '../../caller/audit-caller.ts';
import { link } from '../../ledger/chain.ts';
import { auditHead, chainHeadOf } from '../../ledger/head.ts';
import { authorize, type Decision } from '../authorize/authorize.ts';
import { isPlatform } from '../authorize/relation.ts';
import { RULES, type MutationName, type Rule } from '../authorize/rules.ts';
import type { Asker, MutationOptions, MutationResult } from '../core.ts';
import type { CallOf, InputOf } from '../input.ts';
import { ServiceError } from '../errors.ts';
import { commit } from '../../ledger/commit.ts';
import { NEW_HEAD, readDepartment, type DepartmentRead } from '../../ledger/read.ts';
import type { OperationId } from '../../model/ids.ts';
import type { Operation } from '../../model/operation.ts';
import type { DepartmentHead } from '../../model/state.ts';
import { acceptedRecord } from './accepted-record.ts';
import { checkNotPending } from './checks.ts';
import type { Decided } from './command.ts';
import { departmentOfRepeat, findRepeat, idempotencyRecord, repeatable, type Repeatable } from './idempotency.ts';
import type { CoreParts } from '../parts.ts';
import { refuse } from '../refuse.ts';
import { COMMANDS } from './registry.ts';
import { endRecord, supersededBy } from './supersede.ts';
import { mayBeKnown } from '../visibility.ts';
import { waitForOperation } from './wait.ts';

/** How often a mutation is decided again when others were faster, at least; and how often it waits for an operation that is in its way. */
const TRIES = 12;
/** Operations of one department that may wait for AWS at once. */
const MOST_PENDING = 100;

/** One mutation under way. */
interface Run<Name extends MutationName = MutationName> {
  readonly parts: CoreParts;
  readonly name: Name;
  readonly asker: Asker;
  readonly input: InputOf<Name>;
  readonly options: MutationOptions;
  readonly repeat: Repeatable | undefined;
  readonly deadline: number;
}

/**
 * Carries a mutation out: authorise, decide, commit the intent, wait for AWS. Both APIs call this and nothing else.
 * @throws ServiceError
 */
export async function mutate<Name extends MutationName>(
  parts: CoreParts,
  { name, input }: CallOf<Name>,
  asker: Asker,
  options: MutationOptions,
): Promise<MutationResult> {
  const { idempotencyKey, ifMatch, dryRun } = options;
  const repeat = dryRun ? undefined : repeatable(asker.caller.repositoryId, name, idempotencyKey, input, ifMatch);
  const deadline = parts.now().getTime() + parts.config.waitMilliseconds;
  const run: Run<Name> = { parts, name, asker, input, options, repeat, deadline };
  let line: string | undefined;
  for (let waits = 0; waits < TRIES; waits++) {
    try {
      const tried = line === undefined ? await tryOnce(run) : await parts.lines.inTurn(line, () => tryOn(run));
      if (tried.kind === 'dry-run') return tried.result;
      if (tried.kind === 'accepted') return await answer(run, tried.operation);
      if (line !== undefined) break;
      // It lost a race. Those of this process stand in line from here on, so that they do not race each other.
      line = tried.department;
    } catch (error) {
      await waitInstead(run, error);
    }
  }
  throw new ServiceError(
    'contended',
    'This department is being changed too often right now. Nothing was written; try again.',
    {
      retryAfterSeconds: 2,
    },
  );
}

/** What one try came to. */
type Tried =
  | { readonly kind: 'dry-run'; readonly result: MutationResult }
  | { readonly kind: 'accepted'; readonly operation: string }
  /** Somebody else was faster; nothing was written. */
  | Conflict;

interface Conflict {
  readonly kind: 'conflict';
  readonly department: string;
  /** The department's counters, as they were read. */
  readonly read: string;
}

/** Tries again while the others get on and the caller waits: against the executor, and against other processes. */
async function tryOn<Name extends MutationName>(run: Run<Name>): Promise<Tried> {
  const { parts, deadline } = run;
  let read: string | undefined;
  for (let attempt = 1; ; attempt++) {
    const tried = await tryOnce(run);
    if (tried.kind !== 'conflict') return tried;
    const isStuck = tried.read === read;
    if (attempt >= TRIES && (isStuck || parts.now().getTime() >= deadline)) return tried;
    read = tried.read;
    // Full jitter: those who collided do not collide again together.
    await parts.pause(Math.random() * Math.min(15 * 2 ** attempt, 500));
  }
}

async function tryOnce<Name extends MutationName>(run: Run<Name>): Promise<Tried> {
  const { parts, repeat } = run;
  const situation = await authorised(run);
  if (repeat !== undefined) {
    const { read, role } = situation;
    const life = role === 'platform' ? undefined : read.head?.life;
    const first = await findRepeat(parts.tables, repeat, parts.now(), life);
    if (first !== undefined) return { kind: 'accepted', operation: first };
  }
  return decideAndCommit(run, situation);
}

/** What somebody else is changing may be done in a moment: wait for it, as long as the caller would be waited for. */
async function waitInstead({ parts, deadline, options }: Run, error: unknown): Promise<void> {
  if (!(error instanceof ServiceError) || error.code !== 'in-progress' || error.extras.operation === undefined)
    throw error;
  if (options.respondAsync || options.dryRun) throw error;
  const operation = await waitForOperation(parts, error.extras.operation, deadline);
  if (operation.status === 'pending') throw error;
}

/** What was read, and in which role the caller is allowed. */
interface Authorised {
  readonly read: DepartmentRead;
  readonly facts: unknown;
  readonly role: Extract<Decision, { readonly kind: 'allowed' }>['role'];
}

/**
 * Nothing of the department is read before it is known that the caller may know of it, and nothing else before it is known that
 * the caller may do this at all.
 */
async function authorised<Name extends MutationName>(run: Run<Name>): Promise<Authorised> {
  const { parts, name, asker, input, options } = run;
  const command = COMMANDS[name];
  const rule: Rule = RULES[name];
  const finding = findDepartment(run);
  if (rule.aboutNone === true) await allowed(run, NOTHING, await finding, false);
  else if (!(await mayBeKnown(parts, asker.caller, finding)))
    throw await refusal(run, { kind: 'unknown' }, await finding);
  const department = await finding;
  const read = department === undefined ? NOTHING : await readDepartment(parts.tables, department);
  const first = await allowed(run, read, department, command.onlyItself !== undefined);
  const facts: unknown = await command.look(input, parts, read.state, { dryRun: options.dryRun });
  if (first !== 'self' || read.state === undefined) return { read, facts, role: first };
  const onlyItself = command.onlyItself?.(input, asker.caller, facts, read.state) === true;
  return { read, facts, role: await allowed(run, read, department, onlyItself) };
}

const NOTHING: DepartmentRead = { head: undefined, state: undefined };

/** The department in question. Of a repeat the first request knows best: what it deleted is no longer found by its name. */
async function findDepartment<Name extends MutationName>({
  parts,
  name,
  asker,
  input,
  repeat,
}: Run<Name>): Promise<string | undefined> {
  const [asked, repeated] = await Promise.all([
    COMMANDS[name].departmentOf(input, parts),
    repeat === undefined
      ? undefined
      : departmentOfRepeat(parts.tables, repeat, parts.now(), isPlatform(asker.caller, parts.config)),
  ]);
  return repeated ?? asked;
}

/** The role in which the caller may do this. */
async function allowed(
  run: Run,
  { state }: DepartmentRead,
  department: string | undefined,
  onlyItself: boolean,
): Promise<Authorised['role']> {
  const { parts, name, asker, options } = run;
  const decision = authorize({
    command: name,
    caller: asker.caller,
    platformCallers: parts.config.platformCallers,
    mutationEvents: parts.config.mutationEvents,
    dryRun: options.dryRun,
    department: state?.department,
    organisations: state?.organisations,
    onlyItself,
  });
  if (decision.kind === 'allowed') return decision.role;
  throw await refusal(run, decision, department);
}

function refusal(
  { parts, name, asker, input }: Run,
  decision: Exclude<Decision, { readonly kind: 'allowed' }>,
  department: string | undefined,
): Promise<ServiceError> {
  return refuse(parts, asker, decision, { name, department, input });
}

async function decideAndCommit<Name extends MutationName>(
  run: Run<Name>,
  { read, facts, role }: Authorised,
): Promise<Tried> {
  const { parts, name, asker, input, options } = run;
  // A department that is being made may fail to be, and one that is on its way out takes all that is its own with it.
  if (read.state !== undefined) checkNotPending(read.state.department, `Department ${read.state.department.id}`);
  const now = parts.now();
  const operationId = `op-${parts.newId()}` as OperationId;
  const decided = COMMANDS[name].decide({
    input,
    head: read.head,
    state: read.state,
    facts,
    caller: asker.caller,
    role,
    config: parts.config,
    ifMatch: options.ifMatch,
    dryRun: options.dryRun,
    operation: operationId,
    newId: parts.newId(),
    now: now.toISOString(),
  });
  if (options.dryRun) return { kind: 'dry-run', result: dryRunResult(decided) };
  const head = read.head ?? NEW_HEAD;
  // What is ours alone waits for nothing: in a flood of operations, its managers can still be taken from a department.
  if (decided.targets.length > 0 && head.pendingOperations.length >= MOST_PENDING) {
    throw new ServiceError(
      'too-many-requests',
      `${MOST_PENDING} operations of this department are already in progress.`,
      { retryAfterSeconds: 10 },
    );
  }
  const operation = operationOf(run, decided, operationId, head, now);
  const committed = await commitIntent(run, read, decided, operation, now);
  if (committed === 'committed') return { kind: 'accepted', operation: operation.id };
  return { kind: 'conflict', department: operation.department, read: `${head.version}/${head.auditSeq}` };
}

function dryRunResult({
  plan,
  answer: { entityName, entity, revision, created, blastRadius, sessionsValidUntil },
}: Decided): MutationResult {
  return {
    state: 'dry-run',
    plan,
    entityName,
    entity,
    created,
    ...(revision === undefined ? {} : { revision }),
    ...(blastRadius === undefined ? {} : { blastRadius }),
    ...(sessionsValidUntil === undefined ? {} : { sessionsValidUntil }),
  };
}

function operationOf(
  { name, asker }: Run,
  decided: Decided,
  id: OperationId,
  head: DepartmentHead,
  now: Date,
): Operation {
  const waits = decided.targets.length > 0;
  return {
    id,
    department: decided.department.id,
    version: head.version + 1,
    command: name,
    subject: decided.subject,
    status: waits ? 'pending' : 'succeeded',
    plan: decided.plan,
    targets: decided.targets,
    completed: 0,
    total: decided.total,
    attempts: 0,
    answer: decided.answer,
    requestId: asker.source.requestId,
    asked: { caller: auditCaller(asker.caller), source: asker.source },
    callerRepositoryId: asker.caller.repositoryId,
    createdAt: now.toISOString(),
    ...(decided.replays === undefined ? {} : { replays: decided.replays }),
    ...(decided.supersedes === undefined ? {} : { supersedes: decided.supersedes.id }),
    ...(waits ? {} : { finishedAt: now.toISOString() }),
  };
}

/**
 * The line of pending operations with an accepted one: at its end, or in the place of the one that it supersedes. Behind those
 * that wait already, each of them would be carried out with what stood before the superseded one, and give again what that
 * had closed.
 */
function pendingAfter(
  pending: DepartmentHead['pendingOperations'],
  { id, status, supersedes }: Operation,
): DepartmentHead['pendingOperations'] {
  if (status !== 'pending') return pending;
  return supersedes !== undefined && pending.includes(supersedes)
    ? pending.map((one) => (one === supersedes ? id : one))
    : [...pending, id];
}

/** One transaction: the new state, the operation and the audit intent; for a change that is ours alone, its outcome too. */
async function commitIntent(
  run: Run,
  { head: was, state }: DepartmentRead,
  decided: Decided,
  operation: Operation,
  now: Date,
): Promise<'committed' | 'conflict'> {
  const { parts, repeat } = run;
  const head = was ?? NEW_HEAD;
  const ended = decided.supersedes === undefined ? [] : [supersededBy(decided.supersedes, operation)];
  const accepted = acceptedRecord(run, state, decided, operation);
  const records = [
    ...ended.map(endRecord),
    accepted,
    ...(operation.status === 'succeeded' ? [endRecord(operation)] : []),
  ];
  const events = link(decided.department.id, chainHeadOf(head), records);
  const life = decided.life ?? head.life;
  // The chain of a department that is made tells all of it from its first event on.
  const toldFrom = state === undefined ? head.auditSeq + 1 : head.toldFrom;
  const becomes: DepartmentHead = {
    version: operation.version,
    ...auditHead(head, events),
    pendingOperations: pendingAfter(head.pendingOperations, operation),
    deleted: false,
    ...(life === undefined ? {} : { life }),
    ...(toldFrom === undefined ? {} : { toldFrom }),
  };
  return commit(parts.tables, {
    department: decided.department,
    ...(was === undefined ? {} : { was }),
    becomes,
    writes: decided.writes,
    claims: decided.claims,
    operations: [...ended, operation],
    accepted: operation.id,
    events,
    ...(repeat === undefined ? {} : { idempotency: idempotencyRecord(repeat, operation, now) }),
    now: now.toISOString(),
  });
}

/** Waits for the operation as long as the caller wants, and answers from the operation itself. */
async function answer({ parts, options, deadline }: Run, id: string): Promise<MutationResult> {
  const operation = await waitForOperation(parts, id, options.respondAsync ? 0 : deadline);
  if (operation.status === 'failed') throw failure(operation);
  const { entity, ...rest } = operation.answer;
  const pending = operation.status === 'pending';
  return {
    state: pending ? 'accepted' : 'done',
    operation,
    plan: operation.plan,
    ...rest,
    entity: pending ? waiting(entity, operation.id) : entity,
  };
}

/** An entity names the operation that it waits for; what is none of the state's, such as another operation, waits for nothing. */
function waiting(entity: unknown, operation: OperationId): unknown {
  if (typeof entity !== 'object' || entity === null || !('pendingOperation' in entity)) return entity;
  return { ...entity, pendingOperation: operation };
}

function failure({ id, error }: Operation): ServiceError {
  const { code, detail } = error ?? { code: 'internal', detail: 'The operation failed.' };
  return new ServiceError(code, detail, { operation: id });
}
