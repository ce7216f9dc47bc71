/**
 * The grammar of policy documents, as far as AWS refuses documents over it.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { listOf } from '../../policy/document.ts';
import type { PolicyDocument, PrincipalElement, Statement } from '../../policy/document.ts';

/** Where a document is used: each use has elements of its own. */
export type PolicyUse = 'identity' | 'trust' | 'repository' | 'registry';

/** A document that was read, or why AWS would not take it. */
export type ParsedPolicy =
  | { readonly document: PolicyDocument; readonly fault?: never }
  | { readonly document?: never; readonly fault: string };

const OPERATOR =
  /^(?:(?:ForAnyValue|ForAllValues):)?(?:String(?:Not)?(?:Equals|Like|EqualsIgnoreCase)|StringNotEqualsIgnoreCase|Arn(?:Not)?(?:Equals|Like)|Bool|BinaryEquals|(?:Not)?IpAddress|(?:Numeric|Date)(?:(?:Not)?Equals|(?:LessThan|GreaterThan)(?:Equals)?))(?:IfExists)?$|^Null$/;

const ELEMENTS: readonly string[] = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];

/** Reads a document; a lone statement becomes a list of one. */
export function parsePolicy(text: string, use: PolicyUse): ParsedPolicy {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { fault: 'This policy contains invalid Json' };
  }
  if (!isObject(raw)) return { fault: 'Syntax errors in policy.' };
  const unknown = Object.keys(raw).find((key) => !['Version', 'Id', 'Statement'].includes(key));
  if (unknown !== undefined) return { fault: `Syntax errors in policy: unknown element ${unknown}` };
  const version = raw['Version'] ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17') return { fault: 'The policy has an unknown Version' };
  if (raw['Id'] !== undefined && typeof raw['Id'] !== 'string') return { fault: 'Syntax errors in policy: Id' };
  const statements: unknown[] = Array.isArray(raw['Statement']) ? raw['Statement'] : [raw['Statement']];
  if (statements.length === 0) return { fault: 'Syntax errors in policy: it has no statement' };
  for (const statement of statements) {
    const fault = statementFault(statement, use);
    if (fault !== undefined) return { fault };
  }
  const sids = statements.flatMap((statement) => (statement as Statement).Sid ?? []);
  if (new Set(sids).size !== sids.length) return { fault: 'Statement IDs (SID) in a single policy must be unique.' };
  return { document: { Version: version, Statement: statements as Statement[] } };
}

/** A document that was checked when it was kept. */
export function keptPolicy(text: string, use: PolicyUse): PolicyDocument {
  const { document, fault } = parsePolicy(text, use);
  if (document === undefined) throw new Error(`A kept ${use} policy does not read: ${fault}`);
  return document;
}

function statementFault(statement: unknown, use: PolicyUse): string | undefined {
  if (!isObject(statement)) return 'Syntax errors in policy: a statement is no object';
  const unknown = Object.keys(statement).find((key) => !ELEMENTS.includes(key));
  if (unknown !== undefined) return `Syntax errors in policy: unknown element ${unknown}`;
  const { Sid, Effect } = statement;
  if (Effect !== 'Allow' && Effect !== 'Deny') return 'Syntax errors in policy: Effect is Allow or Deny';
  if (Sid !== undefined && (typeof Sid !== 'string' || !sidPattern(use).test(Sid))) {
    return 'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*';
  }
  return (
    oneOf(statement, 'Action', 'NotAction') ??
    actionsFault(statement, use) ??
    principalsFault(statement, use) ??
    resourcesFault(statement, use) ??
    conditionFault(statement['Condition'])
  );
}

function sidPattern(use: PolicyUse): RegExp {
  return use === 'repository' || use === 'registry' ? /^[0-9A-Za-z _-]*$/ : /^[0-9A-Za-z]*$/;
}

function oneOf(statement: Record<string, unknown>, element: string, negation: string): string | undefined {
  if ((statement[element] === undefined) === (statement[negation] === undefined)) {
    return `Syntax errors in policy: a statement has one of ${element} and ${negation}`;
  }
  return undefined;
}

function actionsFault(statement: Record<string, unknown>, use: PolicyUse): string | undefined {
  const actions = strings(statement['Action'] ?? statement['NotAction']);
  if (actions === undefined || actions.length === 0)
    return 'Syntax errors in policy: Action is a string or a list of them';
  for (const action of actions) {
    if (action === '*' && use !== 'trust') continue;
    const vendor = /^([a-z0-9-]+):[A-Za-z0-9*?]+$/i.exec(action)?.[1]?.toLowerCase();
    if (vendor === undefined) return 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.';
    if (use === 'trust' && vendor !== 'sts') return 'AssumeRole policy may only specify STS AssumeRole actions.';
    if (use === 'registry' && vendor !== 'ecr') return `Invalid action ${action}`;
    if (use === 'repository' && (vendor !== 'ecr' || isOfRegistry(action))) return `Invalid action ${action}`;
  }
  return undefined;
}

/**
 * An action on no repository, which ECR refuses in a repository's policy. Seen publicly of `GetAuthorizationToken`; the
 * others act on no repository either.
 * @see https://github.com/cloudposse/terraform-aws-ecr/issues/67
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 */
function isOfRegistry(action: string): boolean {
  return /^ecr:(?:GetAuthorizationToken|(?:Get|Put|Delete)RegistryPolicy|DescribeRegistry|PutReplicationConfiguration|(?:Get|Put)RegistryScanningConfiguration)$/i.test(
    action,
  );
}

function principalsFault(statement: Record<string, unknown>, use: PolicyUse): string | undefined {
  const { Principal, NotPrincipal } = statement;
  if (use === 'identity') {
    return Principal === undefined && NotPrincipal === undefined
      ? undefined
      : 'Policy document should not specify a principal.';
  }
  const missing = oneOf(statement, 'Principal', 'NotPrincipal');
  if (missing !== undefined) return missing;
  const element = Principal ?? NotPrincipal;
  if (element === '*') return undefined;
  if (!isObject(element) || Object.keys(element).length === 0) return 'Invalid principal in policy';
  for (const [type, names] of Object.entries(element)) {
    if (!['AWS', 'Federated', 'Service'].includes(type)) return `Invalid principal type in policy: ${type}`;
    const list = strings(names);
    if (list === undefined || list.length === 0) return `Invalid principal in policy: "${type}"`;
  }
  return undefined;
}

/**
 * Of a registry's resources ECR looks at the beginning only: it took one without its service.
 * @see https://github.com/aws/containers-roadmap/issues/2675
 */
function resourcesFault(statement: Record<string, unknown>, use: PolicyUse): string | undefined {
  const { Resource, NotResource } = statement;
  if (use === 'trust' || use === 'repository') {
    return Resource === undefined && NotResource === undefined ? undefined : 'Has prohibited field Resource';
  }
  const missing = oneOf(statement, 'Resource', 'NotResource');
  if (missing !== undefined) return 'Policy statement must contain resources.';
  const resources = strings(Resource ?? NotResource);
  if (resources === undefined || resources.length === 0) return 'Policy statement must contain resources.';
  const arn = use === 'registry' ? /^arn:./ : /^arn:[^:]*:[^:]*:[^:]*:[^:]*:./;
  const wrong = resources.find((resource) => resource !== '*' && !arn.test(resource));
  return wrong === undefined ? undefined : `Resource ${wrong} must be in ARN format or "*".`;
}

function conditionFault(condition: unknown): string | undefined {
  if (condition === undefined) return undefined;
  if (!isObject(condition)) return 'Syntax errors in policy: Condition is an object';
  for (const [operator, keys] of Object.entries(condition)) {
    if (!OPERATOR.test(operator)) return `Invalid Condition type : ${operator}.`;
    if (!isObject(keys)) return `Syntax errors in policy: ${operator} is an object`;
    for (const [key, values] of Object.entries(keys)) {
      const list: unknown[] = Array.isArray(values) ? values : [values];
      if (!list.every((value) => ['string', 'number', 'boolean'].includes(typeof value))) {
        return `Syntax errors in policy: the values of ${key}`;
      }
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function strings(value: unknown): readonly string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.every((item) => typeof item === 'string') ? list : undefined;
}

/** Every `AWS` principal that a document names. */
export function awsPrincipals(document: PolicyDocument): readonly string[] {
  return document.Statement.flatMap((statement) =>
    [statement.Principal, statement.NotPrincipal].flatMap((element: PrincipalElement | undefined) =>
      element === undefined || element === '*' ? [] : listOf(element.AWS),
    ),
  );
}
