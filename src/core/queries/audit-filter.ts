import type { Input } from '../core.ts';
import type { AuditFacets } from '../../ledger/audit-items.ts';
import type { AuditEvent } from '../../model/audit-event.ts';

/** What a request for audit events filters by. */
export function facetsOf({ query }: Input, department: string | undefined): AuditFacets {
  const { action, outcome, actorRepositoryId: actor, subject } = query;
  const facets = { department, action, outcome, actor, subject };
  return Object.fromEntries(Object.entries(facets).filter(([, value]) => value !== undefined));
}

/**
 * The period that is asked for, in the form of the events' own times, so that texts compare as times do. A date without a time is its
 * first moment in UTC.
 */
export function periodOf({ query }: Input): { readonly from?: string; readonly to?: string } {
  const { from, to } = query;
  return {
    ...(typeof from === 'string' ? { from: new Date(from).toISOString() } : {}),
    ...(typeof to === 'string' ? { to: new Date(to).toISOString() } : {}),
  };
}

/** Whether an event is one that a request asks for; its department is a matter of which chains are read. */
export function matches(event: AuditEvent, input: Input): boolean {
  const { action, outcome, actor, subject } = facetsOf(input, undefined);
  const { from, to } = periodOf(input);
  return (
    (action === undefined || event.action === action) &&
    (outcome === undefined || event.outcome === outcome) &&
    (actor === undefined || event.caller?.repositoryId === actor) &&
    (subject === undefined || event.subject?.id === subject) &&
    (from === undefined || event.time >= from) &&
    (to === undefined || event.time < to)
  );
}
