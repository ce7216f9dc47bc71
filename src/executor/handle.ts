import { readAccountQuotas } from '../aws/quotas.ts';
import { withAccountQuotas, writeQuotas } from '../ledger/quotas.ts';
import { allDepartmentIds } from '../ledger/read.ts';
import { isDepartmentId, type DepartmentId } from '../model/ids.ts';
import { execute, type Left } from './execute.ts';
import type { ExecutorParts } from './parts.ts';
import { sweep } from './sweep.ts';

/** Departments that are worked on at once: one that takes its time does not keep the others waiting. */
const AT_ONCE = 8;

/**
 * What a delivery of stream records leaves to be delivered again: from the first of these records on.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

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
 * @returns for stream records: those of departments with something left that may succeed later, to be delivered again
 * @throws Error for other events, when something is left
 */
export async function handleEvent(parts: ExecutorParts, event: ExecutorEvent): Promise<BatchResponse> {
  const began = parts.monotonic();
  if ('source' in event) await refreshQuotas(parts);
  const current = await withQuotas(parts);
  const departments = await departmentsOf(parts, event);
  const waiting = [...departments];
  const unfinished: DepartmentId[] = [];
  const lane = async (): Promise<void> => {
    for (let department = waiting.shift(); department !== undefined; department = waiting.shift()) {
      if ((await workOff(current, department, began)) === 'not-yet') unfinished.push(department);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  if ('source' in event) await sweep(current, departments);
  if (unfinished.length === 0) return { batchItemFailures: [] };
  if ('Records' in event) return { batchItemFailures: failuresIn(event.Records, unfinished) };
  throw new Error(`Operations are left that may succeed later, of ${unfinished.join(', ')}; ring again.`);
}

/** Works a department off; whatever goes wrong with it is its own affair. */
async function workOff(parts: ExecutorParts, department: DepartmentId, began: number): Promise<Left> {
  try {
    return await execute(parts, department, began);
  } catch (error) {
    parts.log.error({ department, err: error }, 'The operations of a department could not be worked off');
    return 'not-yet';
  }
}

function failuresIn(
  records: readonly StreamRecord[],
  departments: readonly DepartmentId[],
): BatchResponse['batchItemFailures'] {
  const failed = records.filter((record) => rungBy([record]).some((department) => departments.includes(department)));
  return failed.map(({ dynamodb }) => {
    if (dynamodb?.SequenceNumber === undefined) throw new Error('A stream record has no sequence number.');
    return { itemIdentifier: dynamodb.SequenceNumber };
  });
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

async function allDepartments({ tables }: ExecutorParts): Promise<readonly DepartmentId[]> {
  const all: DepartmentId[] = [];
  for await (const department of allDepartmentIds(tables)) all.push(department);
  return all;
}
