import type { InputOf } from '../input.ts';
import type { AuditFacets } from '../../ledger/audit-items.ts';
import type { AuditEvent } from '../../model/audit-event.ts';

/** What a request for audit events says of which ones. */
export type AuditFilter = Pick<
  InputOf<'listDepartmentAuditEvents' | 'exportDepartmentAuditEvents'>['query'],
  'action' | 'outcome' | 'actorRepositoryId' | 'subject' | 'from' | 'to'
>;

/** What a request for audit events filters by. */
export function facetsOf(query: AuditFilter, department: string | undefined): AuditFacets {
  const { action, outcome, actorRepositoryId: actor, subject } = query;
  const facets = { department, action, outcome, actor, subject };
  return Object.fromEntries(Object.entries(facets).filter(([, value]) => value !== undefined));
}

/**
 * The period that is asked for, in the form of the events' own times, so that texts compare as times do. A date without a time is its
 * first moment in UTC.
 */
export function periodOf({ from, to }: AuditFilter): { readonly from?: string; readonly to?: string } {
  return {
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
  };
}

/** Whether an event is one that a request asks for; its department is a matter of which chains are read. */
export function matches(event: AuditEvent, filter: AuditFilter): boolean {
  const { action, outcome, actor, subject } = facetsOf(filter, undefined);
  const { from, to } = periodOf(filter);
  return (
    (action === undefined || event.action === action) &&
    (outcome === undefined || event.outcome === outcome) &&
    (actor === undefined || event.caller?.repositoryId === actor) &&
    (subject === undefined || event.subject?.id === subject) &&
    (from === undefined || event.time >= from) &&
    (to === undefined || event.time < to)
  );
}
