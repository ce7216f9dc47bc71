import { auditCaller } from '../../caller/audit-caller.ts';
import { acknowledgedBy, auditInput } from '../audit-input.ts';
import type { Asker } from '../core.ts';
import type { InputOf } from '../input.ts';
import type { MutationName } from '../authorize/rules.ts';
import { ServiceError } from '../errors.ts';
import type { AuditRecord } from '../../model/audit-event.ts';
import { changesOf, changing } from '../../model/entity-change.ts';
import type { Operation } from '../../model/operation.ts';
import { isWanted } from '../../model/pending.ts';
import type { DepartmentState } from '../../model/state.ts';
import type { Decided } from './command.ts';

/**
 * Bytes of JSON that an event may have. DynamoDB takes an item of 400 KB with its keys and the attributes that its indexes have, and a
 * transaction of 4 MB.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
export const MOST_EVENT_BYTES = 380_000;

/**
 * The audit intent: who asked for what, what changes in the state and in AWS, and what it reaches.
 * @throws ServiceError `quota-exceeded` for a change that one event can't hold: what can't be recorded is not done
 */
export function acceptedRecord(
  { asker, input }: { readonly asker: Asker; readonly input: InputOf<MutationName> },
  state: DepartmentState | undefined,
  { department, writes, repository, answer }: Decided,
  operation: Operation,
): AuditRecord {
  const found = { state, repositories: repository === undefined ? [] : [repository] };
  const change = changesOf(found, { department: isWanted(department) ? department : undefined, writes });
  const record: AuditRecord = {
    time: operation.createdAt,
    department: department.id,
    action: operation.command,
    outcome: 'accepted',
    subject: operation.subject,
    caller: auditCaller(asker.caller),
    source: asker.source,
    operation: operation.id,
    version: operation.version,
    ...auditInput(input),
    ...acknowledgedBy(input),
    ...(answer.blastRadius === undefined ? {} : { blastRadius: { ...answer.blastRadius } }),
    ...changing(change),
    plan: operation.plan,
  };
  const bytes = Buffer.byteLength(JSON.stringify(record));
  if (bytes <= MOST_EVENT_BYTES) return record;
  throw new ServiceError(
    'quota-exceeded',
    `The audit event of this change would have ${bytes} bytes; ${MOST_EVENT_BYTES} are the most. Make it in smaller steps, such as fewer grants or organisations at once.`,
  );
}
