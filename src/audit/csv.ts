import type { AuditEvent } from '../model/audit-event.ts';

/** Columns of the CSV, the event's id first so that a reader knows from the last line where it is. */
const COLUMNS: Readonly<Record<string, (event: AuditEvent) => unknown>> = {
  id: (event) => event.id,
  time: (event) => event.time,
  department: (event) => event.department,
  action: (event) => event.action,
  outcome: (event) => event.outcome,
  subject_type: (event) => event.subject?.type,
  subject_id: (event) => event.subject?.id,
  operation: (event) => event.operation,
  version: (event) => event.version,
  actor: (event) => event.caller?.actor,
  actor_id: (event) => event.caller?.actorId,
  repository: (event) => event.caller?.repository,
  repository_id: (event) => event.caller?.repositoryId,
  repository_owner: (event) => event.caller?.repositoryOwner,
  repository_owner_id: (event) => event.caller?.repositoryOwnerId,
  ref: (event) => event.caller?.ref,
  environment: (event) => event.caller?.environment,
  event_name: (event) => event.caller?.eventName,
  workflow_ref: (event) => event.caller?.workflowRef,
  run_id: (event) => event.caller?.runId,
  run_attempt: (event) => event.caller?.runAttempt,
  sha: (event) => event.caller?.sha,
  jti: (event) => event.caller?.jti,
  token_sha256: (event) => event.caller?.tokenSha256,
  address: (event) => event.source?.address,
  user_agent: (event) => event.source?.userAgent,
  request_id: (event) => event.source?.requestId,
  idempotency_key: (event) => event.source?.idempotencyKey,
  reason_code: (event) => event.reason?.code,
  reason_detail: (event) => event.reason?.detail,
  plan: (event) => event.plan,
  aws_calls: (event) => event.awsCalls,
  heads: (event) => event.heads,
  manifest: (event) => event.manifest,
  prev: (event) => event.prev,
  hash: (event) => event.hash,
};

const LINE_END = '\r\n';

/** The line of column names. */
export const CSV_HEADER = `${Object.keys(COLUMNS).join(',')}${LINE_END}`;

/**
 * One event as one line: no field holds a line break, so that a line is an event whatever reads it.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function csvLine(event: AuditEvent): string {
  return `${Object.values(COLUMNS)
    .map((column) => csvField(column(event)))
    .join(',')}${LINE_END}`;
}

/**
 * A field that no spreadsheet takes for a formula: what begins like one gets an apostrophe, which spreadsheets show as text.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvField(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  const safe = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[",']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
