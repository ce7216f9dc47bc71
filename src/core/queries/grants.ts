import { departmentInPath, findGrant, roleOf } from '../look-ups.ts';
import type { Grant } from '../../model/grant.ts';
import { isWanted } from '../../model/pending.ts';
import type { PushRole } from '../../model/push-role.ts';
import { roleArn, type AwsSettings } from '../../model/settings.ts';
import type { DepartmentState } from '../../model/state.ts';
import { grantsOfRole, roomLeft } from '../../policy/role-assignment.ts';
import { grantView, type GrantView } from '../views/grant.ts';
import type { PushRoleView } from '../views/push-role.ts';
import { pageOfAll, pageRequest } from './cursor.ts';
import type { Query } from './query.ts';

export const listGrants: Query<'listGrants'> = {
  name: 'listGrants',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ parts, input, state }) => {
    const request = await pageRequest(parts, input, 'grants');
    return {
      value: pageOfAll(
        state.grants,
        request,
        ({ id }) => id,
        (grant) => viewOf(grant, state, parts.config.aws),
      ),
    };
  },
};

export const getGrant: Query<'getGrant'> = {
  name: 'getGrant',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ parts, input, state }) => {
    const grant = findGrant(state, input.params.id);
    return { value: viewOf(grant, state, parts.config.aws), revision: grant.revision };
  },
};

function viewOf(grant: Grant, state: DepartmentState, settings: AwsSettings): GrantView {
  return grantView(grant, roleOf(state, grant), settings);
}

export const listPushRoles: Query<'listPushRoles'> = {
  name: 'listPushRoles',
  about: 'department',
  departmentOf: departmentInPath,
  answer: async ({ parts, input, state }) => {
    const request = await pageRequest(parts, input, 'push-roles');
    return {
      value: pageOfAll(
        state.roles,
        request,
        ({ name }) => name,
        (role) => roleView(role, state, parts.config.aws),
      ),
    };
  },
};

function roleView(role: PushRole, { grants, organisations }: DepartmentState, settings: AwsSettings): PushRoleView {
  const own = grantsOfRole(role.name, grants);
  const { used, quota, left } = roomLeft(own, organisations.filter(isWanted), settings);
  return {
    name: role.name,
    arn: roleArn(settings, role.path, role.name),
    department: role.department,
    scope: role.scope,
    repositories: role.repositories ?? null,
    grants: own.map(({ id }) => id),
    trustPolicy: { characters: used, quota, room: left },
    sessionsRevokedBefore: role.sessionsRevokedBefore ?? null,
    createdAt: role.createdAt,
    revision: role.revision,
    pendingOperation: role.pending?.operation ?? null,
  };
}
