import { AwsFault } from '../aws/fault.ts';
import { listRepositories } from '../ledger/read.ts';
import type { AccountAccess } from '../model/account-access.ts';
import type { AwsCall } from '../model/audit-event.ts';
import type { RepositoryName } from '../model/names.ts';
import type { Operation } from '../model/operation.ts';
import type { Change } from '../model/plan.ts';
import type { AccessInPlace, Repository } from '../model/repository.ts';
import { asOf } from '../model/settle.ts';
import type { DepartmentState } from '../model/state.ts';
import type { RepositoryResource } from '../plan/resources.ts';
import { accessGivenBy, foreignStatements, type PullAccess } from '../policy/repository-policy.ts';
import { markAccessInPlace } from './access-in-place.ts';
import { apply, proposeFrom } from './converge.ts';
import { UnsafePlan } from './guard.ts';
import { recordProgress, type Failure, type Outcome } from './outcome.ts';
import { NotYet, type ExecutorParts, type Run } from './parts.ts';
import { endsRun, isUnexpected, messageOf, mostAttempts } from './refusal.ts';
import { compare, type Aim } from './resources.ts';

/** Refused repositories that are named; the others are counted. */
const MOST_NAMED = 20;
/** Characters of a foreign statement's `Sid` that are told. */
const LONGEST_SID = 100;
/** Of those, the ones whose reason is part of the operation's own error. */
const MOST_TOLD = 3;

/** A fan-out under way. */
interface FanOut {
  /** The operation with how far it came. */
  operation: Operation;
  /** Whether a repository has the new policy already: from then on nothing is taken back. */
  applied: boolean;
  readonly calls: AwsCall[];
  /** Repositories whose policy is, or is no longer, another than the department's account access means; to be recorded. */
  readonly inPlace: Map<string, AccessInPlace | undefined>;
}

/**
 * Writes the policy of each of the department's repositories, in the order of their names, from where an earlier run
 * came to. The first one is tried alone: what AWS refuses there is refused before anything is changed. After that the
 * new state stays, whatever happens: half a list is worse than a whole one with known exceptions.
 *
 * Where the operation is being taken back, the first one is no test: each repository is brought to the state, and what
 * refuses is told.
 * @throws AwsFault, UnsafePlan when it is refused before anything is changed; OutOfTime
 */
export async function applyToAll(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  state: DepartmentState,
  calls: AwsCall[],
): Promise<Outcome> {
  // How far it came says nothing of it: what it came past may be made by a later operation.
  const applied = operation.applied === true || operation.undoing !== undefined;
  const fanOut: FanOut = { operation, applied, calls, inPlace: new Map() };
  try {
    await writeAll(parts, run, fanOut, state);
  } catch (error) {
    if (endsRun(error) && fanOut.operation === operation) throw error;
    if (fanOut.operation !== operation) {
      await record(parts, run, fanOut);
      if (endsRun(error)) throw error;
      // As long as it comes on, it is not given up.
      throw new NotYet(messageOf(error), { cause: error });
    }
    const isGivenUp = operation.attempts >= mostAttempts(parts, error);
    if (!isGivenUp || !fanOut.applied) throw error;
    if (isUnexpected(error)) parts.log.error({ operation: operation.id, err: error }, 'A fan-out failed unexpectedly');
    return leftUnreached(parts, run, fanOut, state, error);
  }
  const { refused, completed } = fanOut.operation;
  if (refused === undefined) return { status: 'succeeded' };
  const { count, first } = refused;
  const more = count > first.length ? ` and ${count - first.length} more` : '';
  const names = first.map(({ repository }) => repository).join(', ');
  const reasons = first.slice(0, MOST_TOLD).map(({ repository, detail }) => `${repository}: ${detail}`);
  return stays(
    completed - count,
    'refused-by-aws',
    `The policy of ${names}${more} could not be written; all others have it. ${reasons.join(' ')}`,
    refused,
  );
}

function stays(completed: number, code: Failure['code'], detail: string, refused?: Operation['refused']): Failure {
  const told = refused === undefined ? {} : { refused };
  return { status: 'failed', code, detail, ending: 'done', isDeadLetter: true, completed, ...told };
}

/** It can't go on: of those that were not come to, what they have is what they had. */
async function leftUnreached(
  parts: ExecutorParts,
  run: Run,
  fanOut: FanOut,
  state: DepartmentState,
  error: unknown,
): Promise<Outcome> {
  const { operation } = fanOut;
  const given = state.access.pending?.previous ?? state.access;
  const detail = `Not reached by ${operation.id}, which was given up.`;
  for await (const page of pagesOf(parts, run, operation.cursor)) {
    for (const { name } of page) fanOut.inPlace.set(name, inPlaceOf(operation, given, detail));
    await record(parts, run, fanOut);
  }
  const { attempts, completed, total } = operation;
  const cause = error instanceof AwsFault ? error.message : 'Something unexpected.';
  return stays(
    completed,
    error instanceof AwsFault ? 'aws-unavailable' : 'internal',
    `Given up after ${attempts} attempts with ${completed} of ${total} repositories done. ${cause}`,
  );
}

async function writeAll(parts: ExecutorParts, run: Run, fanOut: FanOut, state: DepartmentState): Promise<void> {
  for await (const page of pagesOf(parts, run, fanOut.operation.cursor)) {
    for (const repository of page) {
      run.checkTime();
      const refusal = await refusalAt(parts, run, fanOut, state, repository);
      fanOut.operation = passed(fanOut, repository.name, refusal);
    }
    const isLast = page.length < parts.limits.page;
    if (!isLast || fanOut.inPlace.size > 0) await record(parts, run, fanOut);
  }
}

async function* pagesOf(
  { tables, limits }: ExecutorParts,
  { department }: Run,
  cursor: string | undefined,
): AsyncGenerator<readonly Repository[]> {
  let after = cursor;
  for (;;) {
    const page = await listRepositories(tables, department, limits.page, after);
    yield page;
    if (page.length < limits.page) return;
    after = page.at(-1)?.name;
  }
}

/**
 * Records how far it came, its calls, and which repositories do not have what the department's account access says. What could
 * not be recorded is kept for the next record.
 */
async function record(parts: ExecutorParts, run: Run, { operation, calls, inPlace }: FanOut): Promise<void> {
  const [made, marks] = [[...calls], new Map(inPlace)];
  await recordProgress(parts, run, operation, made, (state) => markAccessInPlace(parts, state, run.department, marks));
  calls.splice(0, made.length);
  for (const name of marks.keys()) inPlace.delete(name);
}

/** An operation that came past a repository. As long as it comes on, it is not given up. */
function passed({ operation, applied }: FanOut, name: RepositoryName, refusal: string | undefined): Operation {
  const { completed, refused = { count: 0, first: [] } } = operation;
  const next = { ...operation, completed: completed + 1, cursor: name, attempts: 1, applied };
  if (refusal === undefined) return next;
  const first = [...refused.first, { repository: name, detail: refusal }].slice(0, MOST_NAMED);
  return { ...next, refused: { count: refused.count + 1, first } };
}

/**
 * Writes one policy. Once others have it, a refusal of this one is told at the end.
 * @returns why it could not be written
 */
async function refusalAt(
  parts: ExecutorParts,
  run: Run,
  fanOut: FanOut,
  state: DepartmentState,
  stored: Repository,
): Promise<string | undefined> {
  const { operation, calls, inPlace } = fanOut;
  // A repository that a later operation makes gets its policy from that.
  const repository = asOf(stored, operation.id);
  if (repository === undefined) return undefined;
  const refused = (given: PullAccess, detail: string): string => {
    inPlace.set(stored.name, inPlaceOf(operation, described(given, state.access), detail));
    return detail;
  };
  const aim: Aim = { state, repository, operation: operation.id, looksAtFresh: true };
  const target = { kind: 'repository', name: repository.name } as const;
  let observed: RepositoryResource | undefined;
  try {
    const comparison = await compare(parts, aim, target);
    observed = comparison.observed.repositories.get(repository.name);
    if (observed === undefined) return refused(NOBODY, 'There is no such repository in ECR.');
    const proposal = proposeFrom(parts, run, aim, target, comparison, { only: isOfPolicy, maxDeletions: 0 });
    await apply(parts, run, proposal, calls);
    // What stands already at a later attempt was written by an earlier one.
    if (proposal.plan.length > 0 || operation.attempts > 1) fanOut.applied = true;
    if (stored.accessInPlace !== undefined) inPlace.set(stored.name, undefined);
    return undefined;
  } catch (error) {
    if (!fanOut.applied || !isRefusal(parts, operation, error)) throw error;
    // What we do not understand is not read any further.
    const had = state.access.pending?.previous ?? NOBODY;
    const given = observed === undefined || isUnexpected(error) ? had : accessGivenBy(observed.policy);
    return refused(given, told(parts, operation, error, observed, calls));
  }
}

const NOBODY: PullAccess = { accounts: [], organisationPull: false };

function isOfPolicy({ action }: Change): boolean {
  return action === 'ecr:SetRepositoryPolicy' || action === 'ecr:DeleteRepositoryPolicy';
}

/** Whether an error is one that another attempt would meet again, so that the others need not wait. */
function isRefusal(parts: ExecutorParts, { attempts }: Operation, error: unknown): boolean {
  if (error instanceof UnsafePlan) return true;
  if (error instanceof AwsFault) return error.kind === 'definitive';
  return isUnexpected(error) && attempts >= mostAttempts(parts, error);
}

/** What is told of a refusal: AWS's own words, and what may be behind them. */
function told(
  parts: ExecutorParts,
  { id }: Operation,
  error: unknown,
  observed: RepositoryResource | undefined,
  calls: AwsCall[],
): string {
  if (error instanceof UnsafePlan) return error.message;
  if (!(error instanceof AwsFault)) {
    parts.log.error({ operation: id, err: error }, 'A repository of a fan-out failed unexpectedly');
    return `Something unexpected. Quote ${id} when you ask for help.`;
  }
  calls.push(error.call);
  const foreign = foreignStatements(observed?.policy).map(({ Sid: sid }, index) => sid ?? `number ${index + 1}`);
  if (foreign.length === 0) return error.message;
  const some = foreign
    .slice(0, 5)
    .map((name) => name.slice(0, LONGEST_SID))
    .join(', ');
  return `${error.message} The policy keeps ${foreign.length} foreign statement(s) (${some}), which ECR may no longer accept, such as one whose principal was deleted. Take that away in ECR, then replay ${id}.`;
}

function inPlaceOf({ id }: Operation, { accounts, organisationPull }: PullAccess, detail: string): AccessInPlace {
  return { operation: id, accounts, organisationPull, detail };
}

/** The accounts with the descriptions that the department gave them, now or before. */
function described({ accounts, organisationPull }: PullAccess, access: AccountAccess): PullAccess {
  const known = [...access.accounts, ...(access.pending?.previous?.accounts ?? [])];
  return {
    accounts: accounts.map((account) => {
      const description = known.find(({ accountId }) => accountId === account.accountId)?.description;
      return { ...account, description: description ?? account.description };
    }),
    organisationPull,
  };
}
