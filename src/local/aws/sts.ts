import { randomBytes } from 'node:crypto';
import type {
  AssumeRoleWithWebIdentityRequest,
  AssumeRoleWithWebIdentityResponse,
  GetCallerIdentityResponse,
} from '@aws-sdk/client-sts';
import { evaluateDocument } from '../../policy/evaluate.ts';
import type { Account, Call } from './account.ts';
import type { Role, Session } from './entities.ts';
import { accessDenied, AwsFault, stsFault } from './fault.ts';
import { iamArn, sessionArn, uniqueId } from './identifiers.ts';
import { keptPolicy, parsePolicy } from './policy-syntax.ts';
import { verifyWebIdentity, webIdentityContext } from './web-identity.ts';
import { policyWithArn } from './iam/find-policy.ts';
import type { WebIdentity } from './web-identity.ts';

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export async function assumeRoleWithWebIdentity(
  { account }: Call,
  input: AssumeRoleWithWebIdentityRequest,
): Promise<AssumeRoleWithWebIdentityResponse> {
  const { RoleSessionName: sessionName = '', DurationSeconds: seconds = 3600 } = input;
  const policies = sessionPolicies(account, input);
  const identity = await verifyWebIdentity(account, input.WebIdentityToken ?? '');
  const role = account.store.list('role').find(({ arn }) => arn === input.RoleArn);
  // One answer for a role that is not there, not there yet, or not for this token: it must not tell them apart.
  if (role === undefined || !isVisible(account, role) || !trusts(role, identity, sessionName)) {
    throw accessDenied('sts', 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
  }
  if (seconds > role.maxSessionDuration) {
    throw new AwsFault(
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  }
  const session = newSession(account, role, { sessionName, seconds, providerArn: identity.provider.arn, policies });
  account.store.change({ kind: 'session', id: session.accessKeyId, value: session });
  return {
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: new Date(session.expiresAt),
    },
    AssumedRoleUser: { AssumedRoleId: `${role.id}:${sessionName}`, Arn: session.arn },
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

function isVisible(account: Account, role: Role): boolean {
  return account.now().getTime() >= Date.parse(role.createdAt) + account.roleVisibleAfterSeconds * 1000;
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

/** Policies that the caller limits the session with, as texts. */
function sessionPolicies(
  account: Account,
  { Policy, PolicyArns }: AssumeRoleWithWebIdentityRequest,
): readonly string[] {
  const managed = (PolicyArns ?? []).map(({ arn = '' }) => {
    const policy = policyWithArn(account, arn);
    if (policy === undefined) throw stsFault('MalformedPolicyDocumentException', `Policy ${arn} does not exist`);
    return policy.document;
  });
  if (Policy === undefined) return managed;
  const { fault } = parsePolicy(Policy, 'identity');
  if (fault !== undefined) throw stsFault('MalformedPolicyDocumentException', fault);
  return [...managed, Policy];
}

interface SessionTerms {
  readonly sessionName: string;
  readonly seconds: number;
  readonly providerArn: string;
  readonly policies: readonly string[];
}

function newSession(account: Account, role: Role, terms: SessionTerms): Session {
  const issuedAt = account.now();
  return {
    accessKeyId: uniqueId('ASIA'),
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(96).toString('base64'),
    roleId: role.id,
    roleName: role.name,
    roleArn: role.arn,
    sessionName: terms.sessionName,
    arn: sessionArn(account, role.name, terms.sessionName),
    providerArn: terms.providerArn,
    issuedAt: issuedAt.toISOString(),
    expiresAt: new Date(issuedAt.getTime() + terms.seconds * 1000).toISOString(),
    policies: terms.policies,
  };
}
