import type { AssumeRoleRequest, AssumeRoleResponse } from '@aws-sdk/client-sts';
import type { Account } from './account.ts';
import type { Role, Session } from './entities.ts';
import { AwsFault, stsFault } from './fault.ts';
import { policyWithArn } from './iam/find-policy.ts';
import { sessionArn } from './identifiers.ts';
import { parsePolicy } from './policy-syntax.ts';
import { keysAnswer, temporaryKeys } from './temporary-keys.ts';

/** A role that STS knows of already: a fresh one may take its time. `undefined` for any other ARN. */
export function visibleRole(account: Account, arn: string | undefined): Role | undefined {
  const role = account.store.list('role').find((one) => one.arn === arn);
  if (role === undefined) return undefined;
  const visibleAt = Date.parse(role.createdAt) + account.roleVisibleAfterSeconds * 1000;
  return account.now().getTime() >= visibleAt ? role : undefined;
}

/** Policies that the caller limits the session with, as texts. @throws AwsFault for one that is none */
export function sessionPolicies(
  account: Account,
  { Policy, PolicyArns }: Pick<AssumeRoleRequest, 'Policy' | 'PolicyArns'>,
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

/** What a session is issued for. */
export interface SessionTerms {
  readonly sessionName: string;
  readonly seconds: number;
  /** Of a session for a web identity. */
  readonly providerArn?: string;
  readonly policies: readonly string[];
}

/** Issues a session of a role, and keeps it. @throws AwsFault for longer than the role allows */
export function startSession(account: Account, role: Role, terms: SessionTerms): Session {
  if (terms.seconds > role.maxSessionDuration)
    throw new AwsFault(
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  const session: Session = {
    ...temporaryKeys(account, terms.seconds),
    roleId: role.id,
    roleName: role.name,
    roleArn: role.arn,
    sessionName: terms.sessionName,
    arn: sessionArn(account, role.name, terms.sessionName),
    ...(terms.providerArn === undefined ? {} : { providerArn: terms.providerArn }),
    policies: terms.policies,
  };
  account.store.change({ kind: 'session', id: session.accessKeyId, value: session });
  return session;
}

/** A session as STS hands it out. */
export function sessionAnswer(session: Session): Pick<AssumeRoleResponse, 'Credentials' | 'AssumedRoleUser'> {
  return {
    Credentials: keysAnswer(session),
    AssumedRoleUser: { AssumedRoleId: `${session.roleId}:${session.sessionName}`, Arn: session.arn },
  };
}
