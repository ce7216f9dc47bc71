import { readAccountQuotas } from '../aws/quotas.ts';
import { withAccountQuotas, writeQuotas } from '../ledger/quotas.ts';
import { listDepartmentIds } from '../ledger/read.ts';
import { isDepartmentId, type DepartmentId } from '../model/ids.ts';
import { execute, type Left } from './execute.ts';
import type { ExecutorParts } from './parts.ts';

/** The little of a DynamoDB stream record that rings. */
export interface StreamRecord {
  readonly dynamodb?: {
    readonly NewImage?: Readonly<Record<string, { readonly S?: string } | undefined>>;
    readonly SequenceNumber?: string;
  };
}

/** What rings the executor: the state table's stream, a schedule, or a replay of one department. */
export type ExecutorEvent =
  | { readonly Records: readonly StreamRecord[] }
  | { readonly source: 'aws.events' | 'aws.scheduler' }
  | { readonly department: string };

/**
 * Handles what rings: works off the pending operations of each department that the event means. What stands in one
 * department's way does not keep the others waiting.
 * @throws Error when something is left that may succeed later, so that the event source delivers the event again
 */
export async function handleEvent(parts: ExecutorParts, event: ExecutorEvent): Promise<void> {
  const began = performance.now();
  if ('source' in event) await refreshQuotas(parts);
  const current = await withQuotas(parts);
  const left: Left[] = [];
  const errors: unknown[] = [];
  for (const department of await departmentsOf(parts, event)) {
    try {
      left.push(await execute(current, department, began));
    } catch (error) {
      parts.log.error({ department, err: error }, 'The operations of a department could not be worked off');
      errors.push(error);
    }
  }
  if (errors.length === 0 && !left.includes('not-yet')) return;
  throw new Error('Operations are left that may succeed later; ring again.', { cause: errors[0] });
}

/** On schedule, the account is asked for its quotas, so that the API knows them too. */
async function refreshQuotas({ aws, tables, log }: ExecutorParts): Promise<void> {
  try {
    const quotas = await readAccountQuotas(aws);
    if (quotas !== undefined) await writeQuotas(tables, quotas);
  } catch (error) {
    log.warn({ err: error }, 'The account does not tell its quotas; those known before stay');
  }
}

async function withQuotas(parts: ExecutorParts): Promise<ExecutorParts> {
  if (!parts.usesAccountQuotas) return parts;
  return { ...parts, settings: await withAccountQuotas(parts.tables, parts.settings) };
}

async function departmentsOf(parts: ExecutorParts, event: ExecutorEvent): Promise<readonly DepartmentId[]> {
  if ('Records' in event) return rungBy(event.Records);
  if ('department' in event) return isDepartmentId(event.department) ? [event.department] : [];
  return allDepartments(parts);
}

/** The departments whose own item has just changed and says that something is pending. */
export function rungBy(records: readonly StreamRecord[]): readonly DepartmentId[] {
  const ids = records.flatMap(({ dynamodb }) => {
    const { pk, sk, hasPending } = dynamodb?.NewImage ?? {};
    const id = pk?.S?.startsWith('DEPARTMENT#') === true ? pk.S.slice('DEPARTMENT#'.length) : '';
    return sk?.S === 'DEPARTMENT' && hasPending?.S === 'yes' && isDepartmentId(id) ? [id] : [];
  });
  return [...new Set(ids)];
}

async function allDepartments(parts: ExecutorParts): Promise<readonly DepartmentId[]> {
  const all: DepartmentId[] = [];
  for (;;) {
    const page = await listDepartmentIds(parts.tables, 100, all.at(-1));
    all.push(...page);
    if (page.length < 100) return all;
  }
}
