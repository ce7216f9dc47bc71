import { AwsFault } from '../aws/fault.ts';
import type { AwsCall } from '../model/audit-event.ts';
import type { Operation } from '../model/operation.ts';
import type { Ending } from '../model/settle.ts';
import { takesAccess, wouldReopen } from '../plan/going-back.ts';
import { apply, propose } from './converge.ts';
import { applyToAll } from './fan-out.ts';
import { UnsafePlan } from './guard.ts';
import { CALLS_PER_EVENT, recordProgress, type Failure } from './outcome.ts';
import { NotYet, type ExecutorParts, type Run } from './parts.ts';
import { endsRun, messageOf, mostAttempts, type Refusal } from './refusal.ts';
import { compare, NameTaken, wantedOf, type Aim, type SingleTarget } from './resources.ts';
import { readSituation, situationAfter } from './situation.ts';

/**
 * What becomes of an operation that is refused. AWS is brought back to what it was before, where that gives no access that
 * the operation has closed; else all that it takes away is taken away, and the rest is left to a replay.
 * @throws NotYet while it may be tried again; OutOfTime
 */
export async function takeBack(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  refusal: Refusal,
  calls: AwsCall[],
): Promise<Failure> {
  // A replay goes where the state is already, so that there is no way back from it.
  const isUntouched = operation.attempts === 1 && !calls.some(({ outcome }) => outcome === 'ok');
  if (isUntouched || operation.replays !== undefined) return { status: 'failed', ...refusal, ending: 'undone' };
  const targets = operation.targets.filter((target) => target.kind !== 'repository-policies');
  let aims: Aims | undefined;
  try {
    aims = await readAims(parts, run, operation);
    if (await anyWouldReopen(parts, aims, targets)) {
      await closeTargets(parts, run, aims.after, targets, calls);
      return closed(operation, refusal);
    }
    await goBack(parts, run, aims.before, targets, calls);
    return { status: 'failed', ...refusal, ending: 'undone' };
  } catch (error) {
    // Where AWS can't be looked at, it may be closed already: what would take access away is taken for done.
    const ending = aims !== undefined && anyTakesAccess(parts, aims, targets) ? 'closed' : 'undone';
    return givenUp(parts, operation, { ...refusal, ending }, error, calls);
  }
}

function anyTakesAccess(parts: ExecutorParts, aims: Aims, targets: readonly SingleTarget[]): boolean {
  return targets.some((target) => takesAccess(wayBack(parts, aims, target), parts.settings));
}

/** Where the operation comes from, and where it goes. */
interface Aims {
  readonly before: Aim;
  readonly after: Aim;
}

async function readAims(parts: ExecutorParts, run: Run, operation: Operation): Promise<Aims> {
  const situation = await readSituation(parts, run, operation);
  // What is fresh may have been made by now, so it is looked at, as an attempt after the first does; and it stays fresh,
  // so that what somebody else made under its name is left alone.
  const looking = { operation: operation.id, looksAtFresh: true };
  return {
    before: { ...situationAfter(situation, operation, 'undone'), ...looking },
    after: { ...situation, ...looking },
  };
}

function wayBack(parts: ExecutorParts, { before, after }: Aims, target: SingleTarget) {
  return { before: wantedOf(parts, before, target), after: wantedOf(parts, after, target) };
}

async function anyWouldReopen(parts: ExecutorParts, aims: Aims, targets: readonly SingleTarget[]): Promise<boolean> {
  for (const target of targets) {
    const way = wayBack(parts, aims, target);
    if (!takesAccess(way, parts.settings)) continue;
    const { observed } = await compare(parts, aims.before, target);
    if (wouldReopen({ observed, ...way }, parts.settings)) return true;
  }
  return false;
}

/** Takes away all that the operation takes away, as far as AWS lets it: one resource that refuses keeps no other open. */
async function closeTargets(
  parts: ExecutorParts,
  run: Run,
  after: Aim,
  targets: readonly SingleTarget[],
  calls: AwsCall[],
): Promise<void> {
  for (const target of targets) {
    try {
      const narrowing = await propose(parts, run, after, target, { only: ({ direction }) => direction === 'narrow' });
      await apply(parts, run, narrowing, calls);
    } catch (error) {
      if (endsRun(error)) throw error;
      if (error instanceof AwsFault) calls.push(error.call);
      parts.log.warn({ target, err: error }, 'A resource of a failed operation could not be closed whole');
    }
  }
}

function closed({ id }: Operation, { code, detail }: Refusal): Failure {
  return {
    status: 'failed',
    code,
    detail: `${detail} What it takes away stays taken away, because going back would open it again; the rest is not applied. The platform team can replay ${id}.`,
    ending: 'closed',
    isDeadLetter: true,
  };
}

/** Brings AWS back to what it was before the operation, where some of it is applied already. */
async function goBack(
  parts: ExecutorParts,
  run: Run,
  before: Aim,
  targets: readonly SingleTarget[],
  calls: AwsCall[],
): Promise<void> {
  for (const target of targets) {
    try {
      await apply(parts, run, await propose(parts, run, before, target), calls);
    } catch (error) {
      if (!(error instanceof UnsafePlan) && !(error instanceof NameTaken)) throw error;
      // It is not the department's, or not this operation's: whatever stands there is not its doing.
      parts.log.warn({ target, detail: error.message }, 'Nothing to undo on a resource that is not ours');
    }
  }
}

/**
 * The end of an operation that AWS can't be brought back from: a dead letter, so that it does not stand in the way of all
 * that comes after. What may succeed later is tried as often again as the operation itself.
 * @throws NotYet while it may be tried again; OutOfTime
 */
function givenUp(
  parts: ExecutorParts,
  operation: Operation,
  refusal: Refusal & { readonly ending: Ending },
  error: unknown,
  calls: AwsCall[],
): Failure {
  if (endsRun(error)) throw error;
  if (error instanceof AwsFault) calls.push(error.call);
  const isFinal = error instanceof AwsFault && error.kind === 'definitive';
  if (!isFinal && operation.attempts < 2 * mostAttempts(parts, error))
    throw new NotYet(messageOf(error), { cause: error });
  parts.log.error(
    { operation: operation.id, err: error },
    'A refused operation could not be undone: it is a dead letter',
  );
  const cause = error instanceof AwsFault ? error.message : 'something unexpected.';
  return {
    status: 'failed',
    ...refusal,
    detail: `${refusal.detail} What was begun could not be undone: ${cause} The platform team can replay ${operation.id}.`,
    isDeadLetter: true,
  };
}

// ---- Fan-outs -------------------------------------------------------------------------------------------------------

/** Whether repositories may hold the policy of a fan-out, or of the one whose place it took, although it is refused now. */
export function mustCloseEverywhere({ targets, attempts, supersedes, replays }: Operation): boolean {
  const isFanOut = targets.some(({ kind }) => kind === 'repository-policies');
  return isFanOut && replays === undefined && (attempts > 1 || supersedes !== undefined);
}

/** From here on the fan-out goes the other way; that it does is recorded first, so that it survives a crash. */
export async function beginClosing(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  { code, detail }: Refusal,
  calls: AwsCall[],
): Promise<Failure> {
  const { cursor: _cursor, refused: _refused, applied: _applied, ...rest } = operation;
  const undoing: Operation = { ...rest, undoing: { code, detail }, completed: 0, attempts: 1 };
  await recordProgress(parts, run, undoing, calls.splice(0).slice(-CALLS_PER_EVENT));
  return closeEverywhere(parts, run, undoing, { code, detail }, calls);
}

/**
 * Writes to each repository what both the list before and the refused one allow: nothing of the new list is given, and
 * nothing that it takes away, on some repositories already, is given again.
 */
export async function closeEverywhere(
  parts: ExecutorParts,
  run: Run,
  operation: Operation,
  error: NonNullable<Operation['undoing']>,
  calls: AwsCall[],
): Promise<Failure> {
  const refusal: Failure = { status: 'failed', ...error, ending: 'closed', completed: 0 };
  try {
    const situation = await readSituation(parts, run, operation);
    const { state } = situationAfter(situation, operation, 'closed');
    const outcome = await applyToAll(parts, run, operation, state, calls);
    if (outcome.status === 'succeeded') return refusal;
    return {
      ...refusal,
      ...(outcome.refused === undefined ? {} : { refused: outcome.refused }),
      detail: `${refusal.detail} Not all of it could be undone: ${outcome.detail}`,
      isDeadLetter: true,
    };
  } catch (problem) {
    return givenUp(parts, operation, { ...error, ending: 'closed' }, problem, calls);
  }
}
