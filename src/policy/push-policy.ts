import type { PushRole } from '../model/push-role.ts';
import type { AwsSettings } from '../model/settings.ts';
import { repositoryArn } from '../model/settings.ts';
import { LOGIN_ACTION, PUSH_ACTIONS } from './actions.ts';
import { oneOrMany, sortedSet } from './canonical.ts';
import type { OneOrMany, PolicyDocument, Statement } from './document.ts';
import { DEPARTMENT_TAG } from './tags.ts';

/** Condition key of a resource's department. */
const RESOURCE_DEPARTMENT = `aws:ResourceTag/${DEPARTMENT_TAG}`;
/** Policy variable that stands for the department of the role that asks. */
const PRINCIPAL_DEPARTMENT = `\${aws:PrincipalTag/${DEPARTMENT_TAG}}`;

/** What a push policy follows from. */
export type PushScope = Pick<PushRole, 'department' | 'scope' | 'repositories'>;

/** Quota of a role's inline policies together: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const INLINE_POLICIES_SIZE = 10_240;

const login: Statement = { Sid: 'EcpLogin', Effect: 'Allow', Action: LOGIN_ACTION, Resource: '*' };

/**
 * The push policy of a role: login to the registry, and pushing to the department's repositories. A role for all of
 * them reaches them by their tag, so that adding one changes no document; a role for named ones lists their ARNs, and
 * asks for the tag as well, so that a deleted name that another department made again is out of reach.
 */
export function pushPolicy(role: PushScope, settings: AwsSettings): PolicyDocument {
  const resources = pushResources(role, settings);
  return {
    Version: '2012-10-17',
    Statement: resources === undefined ? [login] : [login, pushStatement('EcpPush', resources, role.department)],
  };
}

/**
 * The permissions boundary of every push role: the wall between departments. Whatever a role's own policies say, image
 * actions reach only repositories whose department is the role's. A role or repository without the tag reaches nothing:
 * a policy variable without a value matches nothing.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export function permissionsBoundary(settings: AwsSettings): PolicyDocument {
  const push = pushStatement('EcpOwnDepartment', repositoryArn(settings, '*'), PRINCIPAL_DEPARTMENT);
  return { Version: '2012-10-17', Statement: [login, push] };
}

/**
 * The policy that ends a role's living sessions: denies everything to sessions whose token was issued before a time.
 * @param before ISO 8601 time in UTC.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
 */
export function revokeSessionsPolicy(before: string): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'EcpRevokeSessions',
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { DateLessThan: { 'aws:TokenIssueTime': before } },
      },
    ],
  };
}

/** ARNs of what the role pushes to; `undefined` when that is nothing, for which IAM has no list. */
function pushResources(role: PushScope, settings: AwsSettings): OneOrMany<string> | undefined {
  if (role.scope === 'department') return repositoryArn(settings, '*');
  const arns = sortedSet((role.repositories ?? []).map((name) => repositoryArn(settings, name)));
  return arns.length === 0 ? undefined : oneOrMany(arns);
}

function pushStatement(sid: string, resources: OneOrMany<string>, department: string): Statement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: PUSH_ACTIONS,
    Resource: resources,
    Condition: { StringEquals: { [RESOURCE_DEPARTMENT]: department } },
  };
}
