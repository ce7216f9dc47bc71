import type { ClaimKey, Entity } from '../model/state.ts';

/** Primary key of an item of the state table. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** Partition of a department and all that belongs to it, except its repositories. */
export function departmentPartition(department: string): string {
  return `DEPARTMENT#${department}`;
}

/** Partition of a department's repositories, sorted by name. */
export function repositoriesPartition(department: string): string {
  return `REPOSITORIES#${department}`;
}

/** Partition that lists all departments, sorted by id. */
export const DIRECTORY_PARTITION = 'DEPARTMENTS';

/** Sort key of the department's own item, which carries its counters. */
export const DEPARTMENT_SORT_KEY = 'DEPARTMENT';

/** Key of an entity. Logins and role names are folded: they are the same in any case. */
export function entityKey(entity: Entity): Key {
  const { department } = entity.type === 'department' ? { department: entity.value.id } : entity.value;
  const pk = departmentPartition(department);
  switch (entity.type) {
    case 'department':
      return { pk, sk: DEPARTMENT_SORT_KEY };
    case 'organisation':
      return { pk, sk: `ORGANISATION#${entity.value.login.toLowerCase()}` };
    case 'account-access':
      return { pk, sk: 'ACCOUNT_ACCESS' };
    case 'repository':
      return { pk: repositoriesPartition(department), sk: entity.value.name };
    case 'grant':
      return { pk, sk: `GRANT#${entity.value.id}` };
    case 'push-role':
      return { pk, sk: `PUSH_ROLE#${entity.value.name.toLowerCase()}` };
  }
}

/** Key of a name that is unique in the account. */
export function claimKey(key: ClaimKey): Key {
  const name = key.kind === 'role-name' ? key.name.toLowerCase() : key.name;
  return { pk: `CLAIM#${key.kind}#${name}`, sk: 'CLAIM' };
}

/** Key of an operation, by its id alone. */
export function operationKey(id: string): Key {
  return { pk: `OPERATION#${id}`, sk: 'OPERATION' };
}

/** Key of what tells whose an operation is: small, so that a caller without access is told apart without reading the operation. */
export function operationDepartmentKey(id: string): Key {
  return { pk: `OPERATION#${id}`, sk: 'DEPARTMENT' };
}

/** Partition of the refusals that were counted and are in no event of the audit log yet. */
export const REFUSALS_PARTITION = 'REFUSALS';

/** Key of counted refusals that have these in common. */
export function refusalsKey(same: readonly string[]): Key {
  return { pk: REFUSALS_PARTITION, sk: same.join('#') };
}

/** Key of a department's lease: whose executor may write to AWS for it. */
export function leaseKey(department: string): Key {
  return { pk: `LEASE#${department}`, sk: 'LEASE' };
}

/** Partition of the operations that ended without AWS being as the ledger says. */
export const DEAD_LETTERS_PARTITION = 'DEAD_LETTERS';

/** Key of an operation's dead letter. */
export function deadLetterKey(operation: string): Key {
  return { pk: DEAD_LETTERS_PARTITION, sk: operation };
}

/** Key of an idempotency record, scoped to the caller's repository and the command. */
export function idempotencyKey(callerRepositoryId: string, command: string, keyDigest: string): Key {
  return { pk: `IDEMPOTENCY#${callerRepositoryId}#${command}#${keyDigest}`, sk: 'IDEMPOTENCY' };
}

/** Key of the head of an audit chain that is no department's own, such as a chain of refusals. */
export function chainHeadKey(chain: string): Key {
  return { pk: `CHAIN#${chain}`, sk: 'HEAD' };
}

/** Partition of the audit table that lists all chains, also those of departments that are gone. */
export const CHAINS_PARTITION = 'CHAINS#';

/** Key of a chain's entry in the list of chains. */
export function chainKey(chain: string): Key {
  return { pk: CHAINS_PARTITION, sk: chain };
}

/** Key of what the bulk export of the audit log has done, and is doing. */
export const EXPORT_KEY: Key = { pk: 'AUDIT_EXPORT', sk: 'AUDIT_EXPORT' };

/** Sort key of an event within its chain; padded so that order as text is order as number. */
export function auditSortKey(seq: number): string {
  return String(seq).padStart(12, '0');
}
