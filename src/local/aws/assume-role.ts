import type { AssumeRoleRequest, AssumeRoleResponse } from '@aws-sdk/client-sts';
import type { Call } from './account.ts';
import { arnOfCaller, resourceAllows } from './authorization.ts';
import { accessDenied, AwsFault } from './fault.ts';
import { sessionAnswer, sessionPolicies, startSession, visibleRole } from './role-sessions.ts';

/** Longest session of a role that another role's session assumes: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const MAX_CHAINED_SECONDS = 3600;

/**
 * One role's session becomes another's, where its own policies and the other's trust policy agree. As in AWS, no root of an account may.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function assumeRole(call: Call, input: AssumeRoleRequest): AssumeRoleResponse {
  const { account, caller } = call;
  if (caller.kind !== 'session') throw accessDenied('sts', 'Roles may not be assumed by root accounts.');
  const { RoleSessionName: sessionName = '', DurationSeconds: seconds = MAX_CHAINED_SECONDS } = input;
  const policies = sessionPolicies(account, input);
  const role = visibleRole(account, input.RoleArn);
  if (role === undefined || !resourceAllows(call, 'sts', 'AssumeRole', input))
    throw accessDenied(
      'sts',
      `User: ${arnOfCaller(account, caller)} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`,
    );
  if (seconds > MAX_CHAINED_SECONDS)
    throw new AwsFault(
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    );
  return sessionAnswer(startSession(account, role, { sessionName, seconds, policies }));
}
