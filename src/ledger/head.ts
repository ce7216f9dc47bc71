import type { AuditEvent } from '../model/audit-event.ts';
import type { DepartmentHead } from '../model/state.ts';
import type { ChainHead } from './chain.ts';

/** Where a department's chain stands, by its counters. */
export function chainHeadOf({ auditSeq: seq, auditHash: hash, auditTime: time }: DepartmentHead): ChainHead {
  return { seq, hash, ...(time === undefined ? {} : { time }) };
}

/** The chain's counters after its next events. */
export function auditHead(
  head: DepartmentHead,
  events: readonly AuditEvent[],
): Pick<DepartmentHead, 'auditSeq' | 'auditHash' | 'auditTime'> {
  const last = events.at(-1);
  if (last === undefined) {
    const { auditSeq, auditHash, auditTime } = head;
    return { auditSeq, auditHash, ...(auditTime === undefined ? {} : { auditTime }) };
  }
  return { auditSeq: last.seq, auditHash: last.hash, auditTime: last.time };
}
