import type { Grant } from '../../model/grant.ts';
import type { DepartmentId, GrantId } from '../../model/ids.ts';
import type { RepositoryName } from '../../model/names.ts';
import type { PushRole } from '../../model/push-role.ts';
import { roleArn, type AwsSettings } from '../../model/settings.ts';

/** A grant as both APIs show it. */
export interface GrantView {
  readonly id: GrantId;
  readonly department: DepartmentId;
  readonly organisation: string;
  readonly repository: string;
  readonly repositoryId: string | null;
  /** `null` for all of the department's repositories. */
  readonly repositories: readonly RepositoryName[] | null;
  /** `null` for all branches and tags. */
  readonly refs: readonly string[] | null;
  readonly environment: string | null;
  readonly pullRequests: boolean;
  readonly pushRole: string;
  readonly pushRoleArn: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  readonly revision: number;
  readonly pendingOperation: string | null;
}

export function grantView(grant: Grant, role: Pick<PushRole, 'name' | 'path'>, settings: AwsSettings): GrantView {
  return {
    id: grant.id,
    department: grant.department,
    organisation: grant.organisation,
    repository: grant.repository,
    repositoryId: grant.repositoryId ?? null,
    repositories: grant.repositories ?? null,
    refs: grant.refs ?? null,
    environment: grant.environment ?? null,
    pullRequests: grant.pullRequests,
    pushRole: role.name,
    pushRoleArn: roleArn(settings, role.path, role.name),
    createdAt: grant.createdAt,
    createdBy: grant.createdBy,
    updatedAt: grant.updatedAt,
    revision: grant.revision,
    pendingOperation: grant.pending?.operation ?? null,
  };
}
