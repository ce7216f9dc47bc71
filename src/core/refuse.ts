import { auditCaller } from '../caller/audit-caller.ts';
import type { Caller } from '../caller/caller.ts';
import { refusalChain } from '../ledger/chain.ts';
import { auditInput } from './audit-input.ts';
import type { Decision } from './authorize/authorize.ts';
import type { CommandName } from './authorize/rules.ts';
import type { Asker } from './core.ts';
import { notFound, ServiceError } from './errors.ts';
import { readClaim } from '../ledger/read.ts';
import type { AuditRecord } from '../model/audit-event.ts';
import type { GitHubId } from '../model/ids.ts';
import { embeddedMetric } from '../metrics/metrics.ts';
import type { InputOf } from './input.ts';
import { askedSubject } from './asked-subject.ts';
import type { CoreParts } from './parts.ts';
import { recordRefusal } from './record-refusal.ts';

/** What the caller asked for, for the one who reads of the refusal. */
export interface RefusedRequest<Name extends CommandName> {
  readonly name: Name;
  /** The department in question, where there is one. */
  readonly department: string | undefined;
  readonly input: InputOf<Name>;
}

/**
 * Records a denial and gives the error that the caller is told: the rule that was missed, or for what the caller may
 * not know of the constant "not found".
 */
export async function refuse<Name extends CommandName>(
  parts: CoreParts,
  asker: Asker,
  decision: Exclude<Decision, { readonly kind: 'allowed' }>,
  asked: RefusedRequest<Name>,
): Promise<ServiceError> {
  const error = errorOf(decision);
  // A stranger's attempts go to the platform's chain: no flood of them reaches a department's own.
  const department = decision.kind === 'denied' ? decision.department : undefined;
  const subject = askedSubject(asked.name, asked.input);
  const record: AuditRecord = {
    time: parts.now().toISOString(),
    ...(department === undefined ? {} : { department }),
    action: asked.name,
    outcome: 'denied',
    ...(subject === undefined ? {} : { subject }),
    caller: auditCaller(asker.caller),
    source: asker.source,
    ...auditInput(asked.input),
    reason: { code: error.code, detail: reasonOf(decision, asked) },
  };
  const as = department === undefined && (await isStranger(parts, asker.caller)) ? 'joined' : 'alone';
  await recordRefusal(parts, { chain: refusalChain(department), record }, as);
  const measured = embeddedMetric({ kind: 'denial', reason: error.code }, parts.tables.state, parts.now());
  parts.log.info({ ...measured, action: asked.name, requestId: asker.source.requestId }, 'A caller was refused');
  return error;
}

function errorOf(decision: Exclude<Decision, { readonly kind: 'allowed' }>): ServiceError {
  if (decision.kind === 'unknown') return notFound();
  const { missed, nearest } = decision;
  return new ServiceError('forbidden', `${missed} ${nearest}`, { missed, nearest });
}

function reasonOf(
  decision: Exclude<Decision, { readonly kind: 'allowed' }>,
  { department, input }: RefusedRequest<CommandName>,
): string {
  if (decision.kind === 'denied') return decision.missed;
  const named = department ?? (Object.values(input.params).join(' ') || 'it');
  return `The caller has no access to ${named}, or it does not exist.`.slice(0, 512);
}

/** Whether the caller is nobody's: of no repository of the platform's, and of an owner that no department has registered. */
async function isStranger({ tables, config }: CoreParts, caller: Caller): Promise<boolean> {
  if (config.platformCallers.some(({ repositoryId }) => repositoryId === caller.repositoryId)) return false;
  const claim = await readClaim(tables, { kind: 'owner', name: caller.repositoryOwnerId as GitHubId });
  return claim === undefined || claim.departments.length === 0;
}
