import type { DepartmentId, GrantId } from '../../model/ids.ts';
import type { RepositoryName } from '../../model/names.ts';

/** A push role as both APIs show it. */
export interface PushRoleView {
  readonly name: string;
  readonly arn: string;
  readonly department: DepartmentId;
  readonly scope: 'department' | 'named';
  readonly repositories: readonly RepositoryName[] | null;
  /** Ids of the grants whose workflows assume the role. */
  readonly grants: readonly GrantId[];
  /** The trust policy's size, as IAM counts it: characters without whitespace. */
  readonly trustPolicy: { readonly characters: number; readonly quota: number; readonly room: number };
  readonly sessionsRevokedBefore: string | null;
  readonly createdAt: string;
  readonly revision: number;
  readonly pendingOperation: string | null;
}
