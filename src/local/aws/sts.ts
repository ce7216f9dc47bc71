import type {
  AssumeRoleWithWebIdentityRequest,
  AssumeRoleWithWebIdentityResponse,
  GetCallerIdentityResponse,
} from '@aws-sdk/client-sts';
import { evaluateDocument } from '../../policy/evaluate.ts';
import type { Call } from './account.ts';
import type { Role } from './entities.ts';
import { accessDenied } from './fault.ts';
import { iamArn } from './identifiers.ts';
import { keptPolicy } from './policy-syntax.ts';
import { sessionAnswer, sessionPolicies, startSession, visibleRole } from './role-sessions.ts';
import { verifyWebIdentity, webIdentityContext } from './web-identity.ts';
import type { WebIdentity } from './web-identity.ts';

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export async function assumeRoleWithWebIdentity(
  { account }: Call,
  input: AssumeRoleWithWebIdentityRequest,
): Promise<AssumeRoleWithWebIdentityResponse> {
  const { RoleSessionName: sessionName = '', DurationSeconds: seconds = 3600 } = input;
  const policies = sessionPolicies(account, input);
  const identity = await verifyWebIdentity(account, input.WebIdentityToken ?? '');
  const role = visibleRole(account, input.RoleArn);
  // One answer for a role that is not there, not there yet, or not for this token: it must not tell them apart.
  if (role === undefined || !trusts(role, identity, sessionName)) {
    throw accessDenied('sts', 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
  }
  const session = startSession(account, role, { sessionName, seconds, providerArn: identity.provider.arn, policies });
  return {
    ...sessionAnswer(session),
    SubjectFromWebIdentityToken: identity.subject,
    Audience: identity.audience,
    Provider: identity.provider.arn,
  };
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export function getCallerIdentity({ account, caller }: Call): GetCallerIdentityResponse {
  if (caller.kind === 'session') {
    const { role, session, accountId } = caller;
    return { UserId: `${role.id}:${session.sessionName}`, Account: accountId, Arn: session.arn };
  }
  const accountId = caller.kind === 'root' ? caller.accountId : '';
  return { UserId: accountId, Account: accountId, Arn: iamArn(account, 'root', accountId) };
}

function trusts(role: Role, identity: WebIdentity, sessionName: string): boolean {
  const decision = evaluateDocument(
    keptPolicy(role.trustPolicy, 'trust'),
    {
      principal: { kind: 'federated', provider: identity.provider.arn },
      action: 'sts:AssumeRoleWithWebIdentity',
      resource: role.arn,
      context: { ...webIdentityContext(identity), 'sts:RoleSessionName': sessionName },
    },
    'resource',
  );
  return decision === 'allow';
}
