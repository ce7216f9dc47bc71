import type { Caller } from './caller.ts';
import type { AuditCaller } from '../model/audit-event.ts';

/** What the audit trail keeps of a caller. */
export function auditCaller(caller: Caller): AuditCaller {
  const { issuer, subject, repository, repositoryId, repositoryOwner, repositoryOwnerId, eventName, tokenSha256 } =
    caller;
  const { ref, environment, workflow, workflowRef, jobWorkflowRef, runId, runAttempt, sha, actor, actorId, jti } =
    caller;
  const optional = {
    ref,
    environment,
    workflow,
    workflowRef,
    jobWorkflowRef,
    runId,
    runAttempt,
    sha,
    actor,
    actorId,
    jti,
  };
  return {
    issuer,
    subject,
    repository,
    repositoryId,
    repositoryOwner,
    repositoryOwnerId,
    eventName,
    tokenSha256,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}
