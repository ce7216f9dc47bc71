import { AwsFault, isFromOutside } from '../aws/fault.ts';
import type { AwsCall } from '../model/audit-event.ts';
import type { Operation } from '../model/operation.ts';
import { UnsafePlan } from './guard.ts';
import { Superseded, type Failure } from './outcome.ts';
import { NotYet, OutOfTime, type ExecutorParts } from './parts.ts';
import { NameTaken } from './resources.ts';

/** Why an operation is refused; what becomes of the state is decided after it. */
export type Refusal = Pick<Failure, 'code' | 'detail'>;

/** Whether an error ends the run, and means nothing for the operation. */
export function endsRun(error: unknown): error is OutOfTime | NotYet | Superseded {
  return error instanceof OutOfTime || error instanceof NotYet || error instanceof Superseded;
}

/** Whether an exception is none that AWS, the ledger or the network makes: a fault of ours, or an answer that we do not understand. */
export function isUnexpected(error: unknown): boolean {
  const isNamed = error instanceof AwsFault || error instanceof UnsafePlan || error instanceof NameTaken;
  return !isNamed && !endsRun(error) && !isFromOutside(error);
}

/** How often what met this error is tried: what no waiting will cure, only a few times. */
export function mostAttempts({ limits }: ExecutorParts, error: unknown): number {
  return isUnexpected(error) ? Math.min(limits.surprises, limits.attempts) : limits.attempts;
}

/**
 * What an error means for the operation: a refusal that ends it.
 * @throws NotYet for what may succeed later; what ends the run as it is
 */
export function refusalOf(parts: ExecutorParts, operation: Operation, error: unknown, calls: AwsCall[]): Refusal {
  if (endsRun(error)) throw error;
  const { attempts, id } = operation;
  if (error instanceof NameTaken) return { code: 'name-taken', detail: error.message };
  if (error instanceof UnsafePlan) {
    parts.log.error({ operation: id, detail: error.message }, 'A plan was refused by the guard');
    return { code: 'refused-by-aws', detail: `The change was held back by a safety rule. ${error.message}` };
  }
  if (error instanceof AwsFault) {
    calls.push(error.call);
    if (error.kind === 'definitive') return { code: error.code, detail: error.message };
  }
  if (isUnexpected(error))
    parts.log.error({ operation: id, attempts, err: error }, 'An attempt at an operation failed unexpectedly');
  if (attempts < mostAttempts(parts, error)) throw new NotYet(messageOf(error), { cause: error });
  if (error instanceof AwsFault)
    return { code: 'aws-unavailable', detail: `Given up after ${attempts} attempts. ${error.message}` };
  return {
    code: 'internal',
    detail: `Given up after ${attempts} attempts because of something unexpected. Quote ${id} when you ask for help.`,
  };
}

/** What an error says; to callers only what AWS says is told. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
