import { authorize, evaluateDocument } from '../../policy/evaluate.ts';
import type { AuthorizationRequest, RequestPrincipal } from '../../policy/evaluate.ts';
import type { PolicyDocument } from '../../policy/document.ts';
import type { Account, Call, Caller } from './account.ts';
import { accessDenied } from './fault.ts';
import { policyTextsOf } from './iam/attached-policies.ts';
import { policyWithArn } from './iam/find-policy.ts';
import { iamArn } from './identifiers.ts';
import { keptPolicy } from './policy-syntax.ts';
import { permissionsFor } from './permissions.ts';
import type { Permission } from './permissions.ts';
import type { ServiceName } from './actions.ts';

/** Lets a request pass that its caller may make; throws the refusal otherwise. */
export function checkAuthorized(call: Call, service: ServiceName, operation: string, input: object): void {
  const { account, caller } = call;
  for (const permission of permissionsFor(account, service, operation, input)) {
    const { allowed, reason } = decide(account, caller, permission);
    if (!allowed) throw refusal(service, arnOfCaller(account, caller), permission, reason);
  }
}

/** Whether its caller could make a request if a repository's policy were this one. */
export function wouldBeAllowed(
  { account, caller }: Call,
  operation: string,
  repositoryName: string,
  resourcePolicy: PolicyDocument,
): boolean {
  const permissions = permissionsFor(account, 'ecr', operation, { registryId: account.id, repositoryName });
  return permissions.every((permission) => decide(account, caller, { ...permission, resourcePolicy }).allowed);
}

/** Whether the resource's own policy allows all that a request needs: a role's trust policy must, whatever its caller's own policies say. */
export function resourceAllows(
  { account, caller }: Call,
  service: ServiceName,
  operation: string,
  input: object,
): boolean {
  return permissionsFor(account, service, operation, input).every((permission) => {
    const { resourcePolicy } = permission;
    if (resourcePolicy === undefined) return false;
    return evaluateDocument(resourcePolicy, requestOf(account, caller, permission), 'resource') === 'allow';
  });
}

function requestOf(account: Account, caller: Caller, permission: Permission): AuthorizationRequest {
  return {
    principal: principalOf(caller),
    action: permission.action,
    resource: permission.resource,
    context: { ...callerContext(account, caller), ...permission.context },
  };
}

function decide(account: Account, caller: Caller, permission: Permission): { allowed: boolean; reason: string } {
  const request = requestOf(account, caller, permission);
  const session = caller.kind === 'session' ? caller : undefined;
  const decision = authorize(
    {
      identity: (session === undefined ? [] : policyTextsOf(account, session.role)).map((text) =>
        keptPolicy(text, 'identity'),
      ),
      ...boundaryOf(account, session?.role.boundaryArn),
      ...resourcePolicyOf(permission),
      ...(permission.resourceAccountId === undefined ? {} : { resourceAccountId: permission.resourceAccountId }),
    },
    request,
  );
  if (!decision.allowed || session === undefined) return decision;
  return withinSession(session.session.policies, request) ? decision : refusedBySession;
}

/**
 * What a repository's policy and its registry's say together: a request is held to both. Where their versions differ, both are read as the
 * newer: a variable that the older did not mean widens nothing.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html
 */
function resourcePolicyOf({ resourcePolicy, registryPolicy }: Permission): { resource?: PolicyDocument } {
  const documents = [resourcePolicy, registryPolicy].flatMap((document) => document ?? []);
  const [first] = documents;
  if (first === undefined) return {};
  const Version = documents.every((document) => document.Version === first.Version) ? first.Version : '2012-10-17';
  return { resource: { Version, Statement: documents.flatMap(({ Statement }) => Statement) } };
}

const refusedBySession = { allowed: false, reason: 'denied: no session policy allows it' };

function withinSession(policies: readonly string[], request: AuthorizationRequest): boolean {
  const decisions = policies.map((text) => evaluateDocument(keptPolicy(text, 'identity'), request, 'identity'));
  return policies.length === 0 || (decisions.includes('allow') && !decisions.includes('deny'));
}

/** The document of a permissions boundary, as {@link authorize} takes it. */
export function boundaryOf(account: Account, arn: string | undefined): { boundary?: PolicyDocument } {
  if (arn === undefined) return {};
  const policy = policyWithArn(account, arn);
  // A boundary that is gone lets nothing through.
  return { boundary: policy ? keptPolicy(policy.document, 'identity') : { Version: '2012-10-17', Statement: [] } };
}

function principalOf(caller: Caller): RequestPrincipal {
  if (caller.kind === 'unsigned') return { kind: 'anonymous' };
  const { accountId } = caller;
  if (caller.kind === 'root') return { kind: 'account', accountId };
  return { kind: 'assumed-role', accountId, roleArn: caller.role.arn, sessionArn: caller.session.arn };
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
function callerContext(account: Account, caller: Caller): Record<string, string> {
  const now = account.now();
  const context: Record<string, string> = {
    'aws:CurrentTime': now.toISOString(),
    'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
    'aws:RequestedRegion': account.region,
    'aws:SecureTransport': 'true',
    'aws:SourceIp': '127.0.0.1',
  };
  if (caller.kind === 'unsigned') return context;
  context['aws:PrincipalAccount'] = caller.accountId;
  const organisation = account.organisationOf(caller.accountId);
  if (organisation !== undefined) context['aws:PrincipalOrgID'] = organisation;
  if (caller.kind === 'root') {
    return {
      ...context,
      'aws:PrincipalArn': iamArn(account, 'root', caller.accountId),
      'aws:PrincipalType': 'Account',
      ...(caller.session === undefined ? {} : { 'aws:TokenIssueTime': caller.session.issuedAt }),
    };
  }
  const { role, session } = caller;
  for (const [key, value] of Object.entries(role.tags)) context[`aws:PrincipalTag/${key}`] = value;
  return {
    ...context,
    'aws:PrincipalArn': role.arn,
    'aws:PrincipalType': 'AssumedRole',
    'aws:userid': `${role.id}:${session.sessionName}`,
    'aws:TokenIssueTime': session.issuedAt,
    ...(session.providerArn === undefined ? {} : { 'aws:FederatedProvider': session.providerArn }),
  };
}

/** ARN of who signed a request; `anonymous` for nobody. */
export function arnOfCaller(account: Account, caller: Caller): string {
  if (caller.kind === 'unsigned') return 'anonymous';
  return caller.kind === 'session' ? caller.session.arn : iamArn(account, 'root', caller.accountId);
}

function refusal(service: ServiceName, callerArn: string, { action, resource }: Permission, reason: string): Error {
  const why = reason.replace(/^denied: /, '');
  return accessDenied(
    service,
    `User: ${callerArn} is not authorized to perform: ${action} on resource: ${resource} because ${why}`,
  );
}
