import { PLATFORM_CHAIN } from './chain.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { auditSortKey, type Key } from './keys.ts';

/**
 * The indexes of the audit table. Each is sorted by time, and holds of an event only its key and what is filtered by, so that a
 * page costs what it holds and not what the log holds.
 */
export const AUDIT_INDEXES = {
  'by-time': 'log',
  'by-department': 'department',
  'by-action': 'action',
  'by-outcome': 'outcome',
  'by-actor': 'actor',
  'by-subject': 'subject',
  'by-department-and-action': 'departmentAction',
  'by-department-and-outcome': 'departmentOutcome',
  'by-department-and-actor': 'departmentActor',
  'by-department-and-subject': 'departmentSubject',
} as const satisfies Readonly<Record<string, string>>;

/** Name of an index of the audit table. */
export type AuditIndex = keyof typeof AUDIT_INDEXES;

/** Sort key of all indexes. */
export const AUDIT_TIME_KEY = 'at';

/** What an index holds of an event beside its keys: that by which a query may filter. */
export const AUDIT_FILTERS = ['department', 'action', 'outcome', 'actor', 'subject'] as const;

/** What is filtered by. */
export type AuditFacets = { readonly [Name in (typeof AUDIT_FILTERS)[number]]?: string };

/** The partition of `by-time`: one, because chains serialise their writers long before a partition is at its limit. */
export const WHOLE_LOG = 'all';

/** An event as an item of the audit table: the event itself as text, and the attributes by which it is found. */
export function auditItem(event: AuditEvent): Key & Record<string, string> {
  const facets = facetsOf(event);
  const { department, action, outcome, actor, subject } = facets;
  return {
    pk: event.chain,
    sk: auditSortKey(event.seq),
    [AUDIT_TIME_KEY]: timeKeyOf(event),
    log: WHOLE_LOG,
    ...facets,
    departmentAction: `${department}#${action}`,
    departmentOutcome: `${department}#${outcome}`,
    ...(actor === undefined ? {} : { departmentActor: `${department}#${actor}` }),
    ...(subject === undefined ? {} : { departmentSubject: `${department}#${subject}` }),
    event: JSON.stringify(event),
  };
}

function facetsOf({
  department,
  action,
  outcome,
  caller,
  subject,
}: AuditEvent): AuditFacets & Required<Pick<AuditFacets, 'department' | 'action' | 'outcome'>> {
  return {
    department: department ?? PLATFORM_CHAIN,
    action,
    outcome,
    ...(caller === undefined ? {} : { actor: caller.repositoryId }),
    ...(subject === undefined ? {} : { subject: subject.id }),
  };
}

/** An event's place in the order of time: unique, and sorted as text. */
export function timeKeyOf({ time, chain, seq }: Pick<AuditEvent, 'time' | 'chain' | 'seq'>): string {
  return `${time}#${chain}#${auditSortKey(seq)}`;
}
