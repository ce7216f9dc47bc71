import { isIP } from 'node:net';
import type { AuditCaller, AuditEvent, AuditOutcome } from '../model/audit-event.ts';

/** The version of OCSF that events are given in. */
export const OCSF_VERSION = '1.8.0';

const CATEGORY_APPLICATION = 6;
const CLASS_API_ACTIVITY = 6003;

/** Name of the service, as the product and as the API's service. */
const SERVICE = 'ecr-control-plane';

/** OCSF's activities of the class, by the first word of a command's name. */
const ACTIVITIES: Readonly<Record<string, readonly [number, string]>> = {
  create: [1, 'Create'],
  get: [2, 'Read'],
  list: [2, 'Read'],
  export: [2, 'Read'],
  whoami: [2, 'Read'],
  put: [3, 'Update'],
  update: [3, 'Update'],
  delete: [4, 'Delete'],
  revoke: [4, 'Delete'],
};

const OTHER = 99;

const STATUSES: Readonly<Record<AuditOutcome, readonly [number, string]>> = {
  accepted: [OTHER, 'accepted'],
  progressed: [OTHER, 'progressed'],
  succeeded: [1, 'Success'],
  failed: [2, 'Failure'],
  denied: [2, 'Failure'],
};

const SEVERITIES: Readonly<Record<AuditOutcome, readonly [number, string]>> = {
  accepted: [1, 'Informational'],
  progressed: [1, 'Informational'],
  succeeded: [1, 'Informational'],
  failed: [2, 'Low'],
  denied: [3, 'Medium'],
};

/**
 * An event in OCSF's words: class 6003, API Activity, without `unmapped`, under which the event itself goes. docs/audit.md maps each
 * field.
 * @see https://schema.ocsf.io/1.8.0/classes/api_activity
 */
export function apiActivity(event: AuditEvent): Readonly<Record<string, unknown>> {
  const [activity, activityName] = activityOf(event.action);
  const [status, statusName] = STATUSES[event.outcome];
  const [severity, severityName] = SEVERITIES[event.outcome];
  const { caller, source, subject, reason, operation, department, joined } = event;
  return {
    category_uid: CATEGORY_APPLICATION,
    category_name: 'Application Activity',
    class_uid: CLASS_API_ACTIVITY,
    class_name: 'API Activity',
    activity_id: activity,
    activity_name: activityName,
    type_uid: CLASS_API_ACTIVITY * 100 + activity,
    type_name: `API Activity: ${activity === OTHER ? 'Other' : activityName}`,
    time: Date.parse(event.time),
    ...(joined === undefined
      ? {}
      : { count: joined.count, start_time: Date.parse(joined.first), end_time: Date.parse(joined.last) }),
    severity_id: severity,
    severity: severityName,
    status_id: status,
    status: statusName,
    ...(reason === undefined ? {} : { status_code: reason.code, status_detail: reason.detail }),
    metadata: {
      version: OCSF_VERSION,
      product: { name: SERVICE, vendor_name: SERVICE },
      uid: event.id,
      log_name: event.chain,
      sequence: event.seq,
      ...(operation === undefined ? {} : { correlation_uid: operation }),
      ...(department === undefined ? {} : { tenant_uid: department }),
    },
    actor: actorOf(caller),
    api: {
      operation: event.action,
      service: { name: SERVICE },
      ...(source === undefined ? {} : { request: { uid: source.requestId } }),
      ...(reason === undefined ? {} : { response: { error: reason.code, error_message: reason.detail } }),
    },
    src_endpoint: endpointOf(source?.address),
    ...(source?.userAgent === undefined
      ? {}
      : { http_request: { uid: source.requestId, user_agent: source.userAgent } }),
    ...(subject === undefined
      ? {}
      : {
          resources: [
            {
              type: subject.type,
              uid: subject.id,
              name: subject.id,
              ...(department === undefined ? {} : { group: { name: department } }),
            },
          ],
        }),
  };
}

function activityOf(action: string): readonly [number, string] {
  const verb = /^[a-z]+/.exec(action)?.[0] ?? '';
  return ACTIVITIES[verb] ?? [OTHER, action];
}

/** Who did it: the workflow as the application, whoever set it off as the user, its run as the session. */
function actorOf(caller: AuditCaller | undefined): Readonly<Record<string, unknown>> {
  if (caller === undefined) return { app_name: SERVICE };
  const { actor, actorId, repositoryOwner, repositoryOwnerId, repository, repositoryId, runId, jti, issuer } = caller;
  const user = { ...(actor === undefined ? {} : { name: actor }), ...(actorId === undefined ? {} : { uid: actorId }) };
  return {
    app_name: repository,
    app_uid: repositoryId,
    idp: { name: 'GitHub Actions', uid: issuer },
    ...(Object.keys(user).length === 0
      ? {}
      : { user: { ...user, org: { name: repositoryOwner, uid: repositoryOwnerId } } }),
    session: {
      issuer,
      ...(runId === undefined ? {} : { uid: runId }),
      ...(jti === undefined ? {} : { credential_uid: jti }),
    },
  };
}

/** From where; what the service does by itself comes from the service. */
function endpointOf(address: string | undefined): Readonly<Record<string, unknown>> {
  if (address === undefined) return { name: SERVICE };
  return isIP(address) === 0 || address.length > IP_LENGTH ? { name: address } : { ip: address };
}

/** OCSF's longest `ip_t`; an IPv6 address that spells its last part as IPv4 can be longer. */
const IP_LENGTH = 40;
