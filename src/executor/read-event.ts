import { isDepartmentId } from '../model/ids.ts';
import type { ExecutorEvent, StreamRecord } from './handle.ts';

/** What `infra/`'s daily rule sends. */
export interface DriftEvent {
  readonly look: 'drift';
}

const KNOWN = [
  'records of the state table\'s stream ({"Records": […]})',
  'a schedule ({"source": "aws.events"} or {"source": "aws.scheduler"})',
  'one department ({"department": "koa"})',
  'and the look for drift ({"look": "drift"})',
].join(', ');

/** Characters of an unknown event that are told. */
const MOST_SHOWN = 200;

/**
 * Reads what the executor's Lambda was sent. Whatever is not known is refused: a rule that asks in other words must not be
 * taken for one that was answered.
 * @throws Error that says what was sent, and what can be
 */
export function readEvent(event: unknown): ExecutorEvent | DriftEvent {
  if (isObject(event)) {
    const { Records, source, department, look } = event;
    const said = [Records, source, department, look].filter((one) => one !== undefined);
    if (said.length === 1) {
      if (Array.isArray(Records) && Records.every(isRecord)) return { Records };
      if (source === 'aws.events' || source === 'aws.scheduler') return { source };
      if (typeof department === 'string' && isDepartmentId(department)) return { department };
      if (look === 'drift') return { look };
    }
  }
  const sent = (JSON.stringify(event) ?? 'nothing').slice(0, MOST_SHOWN);
  throw new Error(`The executor does not know the event ${sent}. It takes ${KNOWN}.`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** What a record must have more than that is read where it rings; AWS makes them. */
function isRecord(value: unknown): value is StreamRecord {
  return isObject(value);
}
