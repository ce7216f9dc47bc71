import type {
  ContextEntry,
  EvaluationResult,
  SimulatePrincipalPolicyRequest,
  SimulatePolicyResponse,
} from '@aws-sdk/client-iam';
import type { PolicyDocument } from '../../../policy/document.ts';
import { authorize } from '../../../policy/evaluate.ts';
import type { ApplicablePolicies, AuthorizationRequest, ConditionContext } from '../../../policy/evaluate.ts';
import type { Account, Call } from '../account.ts';
import { boundaryOf } from '../authorization.ts';
import type { Role } from '../entities.ts';
import { AwsFault, iamFault } from '../fault.ts';
import { sessionArn } from '../identifiers.ts';
import { pageOf, readToken } from '../paging.ts';
import { keptPolicy, parsePolicy } from '../policy-syntax.ts';
import { policyTextsOf } from './attached-policies.ts';

/**
 * What a role's policies, within its boundary, would say to requests that nobody makes. As in AWS, a condition sees only the context
 * that the caller gives, and a resource's policy cannot be simulated for a role.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export function simulatePrincipalPolicy(
  { account }: Call,
  input: SimulatePrincipalPolicyRequest,
): SimulatePolicyResponse {
  const role = roleWithArn(account, input.PolicySourceArn ?? '');
  const policies = policiesOf(account, role, input);
  const after = readToken(input.Marker, () => new AwsFault('ValidationError', 400, 'Invalid Marker.'));
  const context = contextOf(input.ContextEntries ?? []);
  const principal = {
    kind: 'assumed-role',
    accountId: account.id,
    roleArn: role.arn,
    sessionArn: sessionArn(account, role.name, 'simulation'),
  } as const;
  const results = (input.ActionNames ?? []).flatMap((action) =>
    (input.ResourceArns ?? ['*']).map((resource, index) => ({
      key: `${action} ${resource} ${index}`,
      result: resultOf(policies, { principal, action, resource, context }),
    })),
  );
  const sorted = results.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const { items, next } = pageOf(sorted, ({ key }) => key, after, input.MaxItems ?? 100);
  return { EvaluationResults: items.map(({ result }) => result), IsTruncated: next !== undefined, Marker: next };
}

function roleWithArn(account: Account, arn: string): Role {
  const role = account.store.get('role', arn.split('/').at(-1)?.toLowerCase() ?? '');
  if (role?.arn === arn) return role;
  throw iamFault('NoSuchEntityException', `The role with ARN ${arn} cannot be found.`);
}

function policiesOf(account: Account, role: Role, input: SimulatePrincipalPolicyRequest): ApplicablePolicies {
  if (input.ResourcePolicy !== undefined) {
    throw iamFault('InvalidInputException', 'Simulation of resource-based policies is not supported for IAM roles.');
  }
  const given = (input.PolicyInputList ?? []).map((text) => read(text));
  const kept = policyTextsOf(account, role).map((text) => keptPolicy(text, 'identity'));
  const [boundary] = input.PermissionsBoundaryPolicyInputList ?? [];
  return {
    identity: [...kept, ...given],
    ...(boundary === undefined ? boundaryOf(account, role.boundaryArn) : { boundary: read(boundary) }),
  };
}

function read(text: string): PolicyDocument {
  const { document, fault } = parsePolicy(text, 'identity');
  if (document === undefined) throw iamFault('InvalidInputException', fault);
  return document;
}

function contextOf(entries: readonly ContextEntry[]): ConditionContext {
  return Object.fromEntries(
    entries.map(({ ContextKeyName: name = '', ContextKeyValues: values = [], ContextKeyType: type = '' }) => [
      name,
      type.endsWith('List') ? values : (values[0] ?? ''),
    ]),
  );
}

function resultOf(policies: ApplicablePolicies, request: AuthorizationRequest): EvaluationResult {
  const { allowed, reason } = authorize(policies, request);
  const isExplicit = reason.includes('explicit deny');
  return {
    EvalActionName: request.action,
    EvalResourceName: request.resource,
    EvalDecision: allowed ? 'allowed' : isExplicit ? 'explicitDeny' : 'implicitDeny',
    MatchedStatements: [],
    MissingContextValues: [],
  };
}
