import type { AuditEvent } from '../model/audit-event.ts';
import type { AwsSettings } from '../model/settings.ts';
import { auditSortKey } from '../ledger/keys.ts';
import { apiActivity, OCSF_VERSION } from './ocsf.ts';

/** `type` of all audit events; a new number when a consumer would have to change. */
export const CLOUD_EVENT_TYPE = 'ecr-control-plane.audit.v1';

/** `source` of a registry's events. */
export function cloudEventSource({ accountId, region }: Pick<AwsSettings, 'accountId' | 'region'>): string {
  return `/ecr-control-plane/${accountId}/${region}`;
}

/**
 * One event as CloudEvents 1.0 in JSON, with OCSF API Activity as its data and the event itself, letter by letter as it was written,
 * under `unmapped`.
 *
 * @param text the event as it is in the audit table
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export function cloudEventLine(
  text: string,
  source: string,
  event: AuditEvent = JSON.parse(text) as AuditEvent,
): string {
  const { subject } = event;
  const envelope = {
    specversion: '1.0',
    id: event.id,
    source,
    type: CLOUD_EVENT_TYPE,
    ...(subject === undefined ? {} : { subject: `${subject.type}/${subject.id}` }),
    time: event.time,
    datacontenttype: 'application/json',
    dataschema: `https://schema.ocsf.io/${OCSF_VERSION}/classes/api_activity`,
    partitionkey: event.chain,
    sequence: auditSortKey(event.seq),
    data: apiActivity(event),
  };
  // The event goes in as text: it is the largest part, and no round trip may change it.
  return `${JSON.stringify(envelope).slice(0, -'}}'.length)},"unmapped":${text}}}`;
}
