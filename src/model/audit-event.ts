import type { EntityChange } from './entity-change.ts';
import type { Subject } from './operation.ts';
import type { Plan } from './plan.ts';

/** Who asked, as the audit trail keeps it: verified claims, and the token by its SHA-256, never the token. */
export interface AuditCaller {
  readonly issuer: string;
  readonly subject: string;
  readonly repository: string;
  readonly repositoryId: string;
  readonly repositoryOwner: string;
  readonly repositoryOwnerId: string;
  readonly ref?: string;
  readonly environment?: string;
  readonly eventName: string;
  readonly workflow?: string;
  readonly workflowRef?: string;
  readonly jobWorkflowRef?: string;
  readonly runId?: string;
  readonly runAttempt?: string;
  readonly sha?: string;
  readonly actor?: string;
  readonly actorId?: string;
  readonly jti?: string;
  readonly tokenSha256: string;
}

/** Where a request came from. */
export interface AuditSource {
  readonly address?: string;
  readonly userAgent?: string;
  readonly requestId: string;
  readonly idempotencyKey?: string;
}

/**
 * What was asked for, of a request that the contract let through: parameters and body, no header and no token. A member that is long may
 * be there as {@link CutValue}.
 */
export interface AuditInput {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** The beginning of a value that is too long to be kept. */
export interface CutValue {
  /** The first characters of its JSON. */
  readonly cut: string;
  /** How many bytes its canonical JSON has. */
  readonly bytes: number;
}

/** One call that the executor made on AWS. */
export interface AwsCall {
  readonly action: string;
  readonly resource: string;
  readonly outcome: 'ok' | 'error';
  /** The exception's name. */
  readonly error?: string;
  /** What AWS said with it, up to 500 characters. */
  readonly detail?: string;
  readonly awsRequestId?: string;
  readonly durationMs: number;
  /** SHA-256 of the document that was written, in canonical form. */
  readonly digest?: string;
}

/** What an event says happened; `progressed` holds AWS calls of a long operation that is still on its way. */
export type AuditOutcome = 'accepted' | 'progressed' | 'succeeded' | 'failed' | 'denied';

/** What happened, before it is linked into a chain. */
export interface AuditRecord {
  readonly time: string;
  /** The department that it concerns; absent for the platform's own events. */
  readonly department?: string;
  /** The command's name, such as `createGrant`. */
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly subject?: Subject;
  readonly caller?: AuditCaller;
  readonly source?: AuditSource;
  readonly operation?: string;
  readonly version?: number;
  /** How it moved the desired state; absent when it did not. */
  readonly change?: readonly EntityChange[];
  /** Its `change` is what there is, and not what is new; in parts, of which the first leaves nothing of what was told before. */
  readonly snapshot?: { readonly part: number; readonly isLast: boolean };
  /** For `accepted` and `denied`: what was asked for, as far as it is not too long. */
  readonly input?: AuditInput;
  /** For `accepted`: the words by which the caller said that a wide effect is meant. */
  readonly acknowledged?: readonly string[];
  /** For `accepted`: what the change reaches, as the caller was shown it. */
  readonly blastRadius?: Readonly<Record<string, unknown>>;
  readonly plan?: Plan;
  readonly awsCalls?: readonly AwsCall[];
  readonly reason?: { readonly code: string; readonly detail: string };
  /** For a refusal that stands for several: see {@link JoinedRefusals}. */
  readonly joined?: JoinedRefusals;
  /** For the platform's `anchorChains`, `beginAuditLogExport` and `exportAuditLog`: where all chains stood. */
  readonly heads?: readonly ChainHeadRecord[];
  /** For `beginAuditLogExport` and `exportAuditLog`: the export's number. */
  readonly exportNumber?: number;
  /** For `exportAuditLog`: the manifest that was written. */
  readonly manifest?: { readonly key: string; readonly sha256: string };
}

/**
 * Refusals of one caller with one command and one code that share an event. All else in the event is of the last of them.
 */
export interface JoinedRefusals {
  /** How many, this one included; 1 for one that could be written only later. */
  readonly count: number;
  /** When the first and the last of them were. */
  readonly first: string;
  readonly last: string;
}

/** Where a chain stood, as an anchor or a manifest says it. */
export interface ChainHeadRecord {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
}

/** The version of the events that are written now. */
export const EVENT_SCHEMA_VERSION = 2;

/** One link of a chain: a record, its place, and the hash over it and the link before. */
export interface AuditEvent extends AuditRecord {
  /** Which members an event may have: {@link EVENT_SCHEMA_VERSION}; absent for version 1, which told no `change`. */
  readonly schemaVersion?: number;
  /** Id of the event: chain and sequence number, such as `koa/17`. */
  readonly id: string;
  readonly chain: string;
  readonly seq: number;
  /** Hash of the event before; 64 zeros for the first. */
  readonly prev: string;
  /** `SHA-256(prev ‖ canonical JSON of this event without hash)`, in hex (RFC 8785 canonical form). */
  readonly hash: string;
}

/** The action of the events that say what there is. */
export const SNAPSHOT_ACTION = 'snapshotDepartment';
