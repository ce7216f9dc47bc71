import { cloudEventSource } from '../../audit/cloud-event.ts';
import { exportBlocks, exportHead, type ExportFormat } from '../../audit/stream/export.ts';
import { departmentInPath } from '../look-ups.ts';
import type { CoreParts } from '../parts.ts';
import type { QueryResult } from '../core.ts';
import type { InputOf } from '../input.ts';
import { invalidInput } from '../errors.ts';
import type { PresentLife } from '../../model/present-life.ts';
import { matches, periodOf } from './audit-filter.ts';
import type { Query } from './query.ts';

/**
 * How long after its time an event is in the log for certain, in milliseconds: the time is taken just before the transaction, and
 * neither the API nor the executor runs longer than this after it.
 */
const SETTLED_MILLISECONDS = 60_000;

const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
};

/** A department's events as a file, of any size. */
export const exportDepartmentAuditEvents: Query<'exportDepartmentAuditEvents'> = {
  name: 'exportDepartmentAuditEvents',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ parts, input, state, life }) => exported(parts, input, state.department.id, life),
};

/** All events as a file, of any size, for the platform. */
export const exportAuditEvents: Query<'exportAuditEvents'> = {
  name: 'exportAuditEvents',
  about: 'anything',
  answer: async ({ parts, input }) => exported(parts, input, input.query.department, undefined),
};

function exported(
  parts: CoreParts,
  { query }: InputOf<'exportAuditEvents' | 'exportDepartmentAuditEvents'>,
  department: string | undefined,
  life: PresentLife | undefined,
): QueryResult {
  const { format = 'ndjson' } = query;
  const { from, to } = periodOf(query);
  if (to !== undefined) refuseUnsettled(to, parts.now());
  const { exportPageBytes } = parts.config;
  return {
    value: undefined,
    stream: {
      mediaType: MEDIA_TYPES[format],
      fileName: `audit-events${department === undefined ? '' : `-${department}`}.${format}`,
      head: exportHead(format),
      blocks: exportBlocks({
        tables: parts.tables,
        department,
        life,
        from,
        to,
        after: placeOf(query.after),
        wanted: (event) => matches(event, query),
        format,
        source: cloudEventSource(parts.config.aws),
      }),
      ...(exportPageBytes === undefined ? {} : { pageBytes: exportPageBytes }),
    },
  };
}

/** Whoever takes period after period must find in each all that will ever belong to it. */
function refuseUnsettled(to: string, now: Date): void {
  if (Date.parse(to) <= now.getTime() - SETTLED_MILLISECONDS) return;
  const detail =
    'must be at least a minute ago, because events of the last minute may still be on their way into the log; leave it out for all that is there';
  throw invalidInput([{ pointer: '/query/to', detail }]);
}

function placeOf(after: string | undefined): { readonly chain: string; readonly seq: number } | undefined {
  if (after === undefined) return undefined;
  const slash = after.lastIndexOf('/');
  return { chain: after.slice(0, slash), seq: Number(after.slice(slash + 1)) };
}
