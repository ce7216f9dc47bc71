/**
 * Evaluates policy documents the way AWS does, so that "this workflow can push, that one cannot" can be computed.
 * Where AWS leaves a case open or a document is malformed, the reading taken here is the narrower one: what can't be
 * understood never allows, and a Deny that can't be understood applies.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import { listOf } from './document.ts';
import type { ConditionBlock, OneOrMany, PolicyDocument, PrincipalElement, Statement } from './document.ts';

/** The request's condition keys and their values; keys compare case-insensitively, values as AWS sends them. */
export type ConditionContext = Readonly<Record<string, string | readonly string[]>>;

/** Who makes the request. */
export type RequestPrincipal =
  /** A session of a role: `roleArn` is the IAM role, `sessionArn` the `arn:aws:sts::…:assumed-role/…` of the session. */
  | {
      readonly kind: 'assumed-role';
      readonly accountId: string;
      readonly roleArn: string;
      readonly sessionArn: string;
    }
  /** An account's root: stands for any principal that the account lets. */
  | { readonly kind: 'account'; readonly accountId: string }
  /** The bearer of a web identity token; `provider` is the ARN of the OIDC provider that vouches for it. */
  | { readonly kind: 'federated'; readonly provider: string }
  | { readonly kind: 'anonymous' };

/** One action on one resource by one principal. */
export interface AuthorizationRequest {
  readonly principal: RequestPrincipal;
  /** For example `ecr:PutImage`; compared case-insensitively. */
  readonly action: string;
  /** ARN of the resource, or `*` for actions without one. */
  readonly resource: string;
  readonly context: ConditionContext;
}

/** What a document says about a request: an explicit deny wins over an allow; `none` is silence (an implicit deny). */
export type Decision = 'allow' | 'deny' | 'none';

/** The policies that apply to one request. */
export interface ApplicablePolicies {
  /** Policies of the role. */
  readonly identity: readonly PolicyDocument[];
  /** The role's permissions boundary. */
  readonly boundary?: PolicyDocument;
  /** The resource's own policy. */
  readonly resource?: PolicyDocument;
  /** Account that holds the resource; absent for actions without a resource, which are the principal's own account's. */
  readonly resourceAccountId?: string;
}

/** How a resource policy's statement came to apply to the principal; decides what else has to agree. */
type Via = 'anyone' | 'account' | 'role' | 'session' | 'provider' | 'unstated';

interface Verdict {
  readonly denied: boolean;
  readonly allowedVia: ReadonlySet<Via>;
}

/**
 * What one document says about a request.
 * @param kind `identity` documents (a role's policies, boundaries) have no principals and must name resources;
 *   `resource` documents (repository and trust policies) must name principals and may leave out resources.
 */
export function evaluateDocument(
  document: PolicyDocument,
  request: AuthorizationRequest,
  kind: 'identity' | 'resource',
): Decision {
  const verdict = verdictOf(document, request, kind);
  if (verdict.denied) return 'deny';
  return verdict.allowedVia.size > 0 ? 'allow' : 'none';
}

/**
 * AWS's whole decision for one request: an explicit deny anywhere refuses; in one account the role's policies (within
 * the boundary) or the resource's policy must allow; across accounts both must.
 *
 * A resource policy that names the role's ARN is still limited by the boundary, one that names the session's ARN is not,
 * and one that names the account only delegates: the role's own policies must allow too.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export function authorize(
  policies: ApplicablePolicies,
  request: AuthorizationRequest,
): { allowed: boolean; reason: string } {
  const identity = policies.identity.map((document) => verdictOf(document, request, 'identity'));
  const boundary = policies.boundary && verdictOf(policies.boundary, request, 'identity');
  const resource = policies.resource && verdictOf(policies.resource, request, 'resource');

  if (identity.some(({ denied }) => denied)) return refused('an explicit deny in an identity-based policy');
  if (boundary?.denied) return refused('an explicit deny in the permissions boundary');
  if (resource?.denied) return refused('an explicit deny in the resource-based policy');

  const via = resource?.allowedVia ?? new Set<Via>();
  const { principal } = request;
  if (principal.kind === 'federated' || principal.kind === 'anonymous') {
    return via.size > 0 ? granted('the resource-based policy') : refused('no resource-based policy allows it');
  }

  const sameAccount = policies.resourceAccountId === undefined || policies.resourceAccountId === principal.accountId;
  if (principal.kind === 'account') {
    if (sameAccount) return granted("the account's own root");
    return via.size > 0 ? granted('the resource-based policy') : refused('no resource-based policy allows it');
  }

  const withinBoundary = boundary === undefined || boundary.allowedVia.size > 0;
  const identityAllows = identity.some(({ allowedVia }) => allowedVia.size > 0);
  if (!sameAccount && via.size === 0) return refused('no resource-based policy of the other account allows it');
  if (identityAllows && withinBoundary) return granted('an identity-based policy');
  if (sameAccount && via.has('session')) return granted('the resource-based policy, to the session');
  if (sameAccount && withinBoundary && (via.has('role') || via.has('anyone'))) {
    return granted('the resource-based policy, to the role');
  }
  if (!withinBoundary) return refused('no permissions boundary allows it');
  return refused('no identity-based policy allows it');
}

function granted(by: string): { allowed: boolean; reason: string } {
  return { allowed: true, reason: `allowed by ${by}` };
}

function refused(because: string): { allowed: boolean; reason: string } {
  return { allowed: false, reason: `denied: ${because}` };
}

function verdictOf(document: PolicyDocument, request: AuthorizationRequest, kind: 'identity' | 'resource'): Verdict {
  const scope: Scope = { context: foldKeys(request.context), variables: document.Version === '2012-10-17' };
  const allowedVia = new Set<Via>();
  let denied = false;
  for (const statement of document.Statement) {
    const via = kind === 'identity' ? 'unstated' : principalMatch(statement, request.principal);
    if (via === undefined || !statementApplies(statement, request, kind, scope)) continue;
    if (statement.Effect === 'Deny') denied = true;
    else if (statement.Effect === 'Allow') allowedVia.add(via);
  }
  return { denied, allowedVia };
}

function statementApplies(
  statement: Statement,
  request: AuthorizationRequest,
  kind: 'identity' | 'resource',
  scope: Scope,
): boolean {
  return (
    actionMatches(statement, request.action) &&
    resourceMatches(statement, request.resource, kind, scope) &&
    conditionsHold(statement.Condition ?? {}, scope, statement.Effect === 'Deny')
  );
}

// ---- Principals -----------------------------------------------------------------------------------------------------

function principalMatch(statement: Statement, principal: RequestPrincipal): Via | undefined {
  const isDeny = statement.Effect === 'Deny';
  if (statement.NotPrincipal !== undefined) {
    const listed = strongestMatch(statement.NotPrincipal, principal);
    // A Deny spares only whom it names; naming just the account does not spare the account's roles.
    const spared = isDeny && principal.kind === 'assumed-role' ? listed !== undefined && listed !== 'account' : listed;
    return spared ? undefined : 'anyone';
  }
  if (statement.Principal === undefined) return isDeny ? 'unstated' : undefined;
  return strongestMatch(statement.Principal, principal);
}

const STRENGTH: readonly Via[] = ['session', 'role', 'provider', 'anyone', 'account'];

function strongestMatch(element: PrincipalElement, principal: RequestPrincipal): Via | undefined {
  if (element === '*') return 'anyone';
  const matches = new Set<Via | undefined>([
    ...listOf(element.AWS).map((name) => awsPrincipalMatch(name, principal)),
    ...listOf(element.Federated).map((name) => providerMatch(name, principal)),
  ]);
  return STRENGTH.find((via) => matches.has(via));
}

function awsPrincipalMatch(name: string, principal: RequestPrincipal): Via | undefined {
  if (name === '*') return 'anyone';
  if (principal.kind === 'federated' || principal.kind === 'anonymous') return undefined;
  if (name === principal.accountId || isRootOf(name, principal.accountId)) return 'account';
  if (principal.kind === 'account') return undefined;
  if (name === principal.sessionArn) return 'session';
  return name === principal.roleArn ? 'role' : undefined;
}

function isRootOf(name: string, accountId: string): boolean {
  return /^arn:aws[a-z-]*:iam::(\d{12}):root$/.exec(name)?.[1] === accountId;
}

function providerMatch(name: string, principal: RequestPrincipal): Via | undefined {
  return principal.kind === 'federated' && (name === principal.provider || name === '*') ? 'provider' : undefined;
}

// ---- Actions and resources ------------------------------------------------------------------------------------------

function actionMatches(statement: Statement, action: string): boolean {
  const matches = (pattern: string): boolean => globMatches(pattern.toLowerCase(), action.toLowerCase());
  if (statement.Action !== undefined) return listOf(statement.Action).some(matches);
  if (statement.NotAction !== undefined) return !listOf(statement.NotAction).some(matches);
  return statement.Effect === 'Deny';
}

function resourceMatches(statement: Statement, resource: string, kind: 'identity' | 'resource', scope: Scope): boolean {
  const matches = (pattern: string): boolean => {
    const units = parsePattern(pattern, scope);
    return units !== undefined && unitsMatch(units, Array.from(resource));
  };
  if (statement.Resource !== undefined) return listOf(statement.Resource).some(matches);
  if (statement.NotResource !== undefined) {
    // An unresolved variable in what an Allow spares could spare nothing and so widen it: then it does not apply.
    const patterns = listOf(statement.NotResource);
    const unresolved = patterns.some((pattern) => parsePattern(pattern, scope) === undefined);
    return !patterns.some(matches) && (statement.Effect === 'Deny' || !unresolved);
  }
  return kind === 'resource' || statement.Effect === 'Deny';
}

// ---- Conditions -----------------------------------------------------------------------------------------------------

interface Scope {
  /** Condition keys in lower case. */
  readonly context: ReadonlyMap<string, readonly string[]>;
  /** Whether `${…}` is a policy variable (policy version 2012-10-17) or plain text. */
  readonly variables: boolean;
}

function foldKeys(context: ConditionContext): ReadonlyMap<string, readonly string[]> {
  const folded = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(context)) folded.set(key.toLowerCase(), listOf(value));
  return folded;
}

function conditionsHold(block: ConditionBlock, scope: Scope, isDeny: boolean): boolean {
  return Object.entries(block).every(([name, keys]) => {
    const operator = parseOperator(name);
    // A condition that is not understood never lets an Allow through and never holds a Deny back.
    if (operator === undefined) return isDeny;
    return Object.entries(keys).every(([key, values]) => conditionHolds(operator, key, values, scope));
  });
}

interface Operator {
  readonly test: ValueTest;
  readonly negated: boolean;
  readonly ifExists: boolean;
  readonly set: 'ForAnyValue' | 'ForAllValues' | undefined;
  readonly isNull: boolean;
}

/** Whether one value of the request matches one value of the policy. */
type ValueTest = (actual: string, expected: string, scope: Scope) => boolean;

function parseOperator(name: string): Operator | undefined {
  const parts = /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?$/.exec(name);
  const base = parts?.[2] ?? '';
  const found = Object.hasOwn(OPERATORS, base) ? OPERATORS[base] : undefined;
  if (parts === null || found === undefined) return undefined;
  return {
    test: found.test,
    negated: found.negated ?? false,
    isNull: base === 'Null',
    ifExists: parts[3] !== undefined,
    set: parts[1] as Operator['set'],
  };
}

/**
 * Whether one line of a condition holds. A key that the request lacks makes a positive operator false and a negated one
 * true; `ForAllValues` is true and `ForAnyValue` false without values.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
function conditionHolds(operator: Operator, key: string, expected: OneOrMany<string>, scope: Scope): boolean {
  const actual = scope.context.get(key.toLowerCase()) ?? [];
  const wanted = listOf(expected as OneOrMany<string | object>).map(String);
  if (operator.isNull) return wanted.some((value) => (value.toLowerCase() === 'true') === (actual.length === 0));
  if (actual.length === 0) {
    if (operator.ifExists || operator.set === 'ForAllValues') return true;
    return operator.negated && operator.set === undefined;
  }
  const matchesAny = (value: string): boolean => wanted.some((want) => operator.test(value, want, scope));
  const holds = (value: string): boolean => matchesAny(value) !== operator.negated;
  const all = operator.set === 'ForAllValues' || (operator.set === undefined && operator.negated);
  return all ? actual.every(holds) : actual.some(holds);
}

const stringEquals: ValueTest = (actual, expected, scope) => literalOf(expected, scope) === actual;
const stringEqualsIgnoreCase: ValueTest = (actual, expected, scope) =>
  literalOf(expected, scope)?.toLowerCase() === actual.toLowerCase();
const stringLike: ValueTest = (actual, expected, scope) => {
  const units = parsePattern(expected, scope);
  return units !== undefined && unitsMatch(units, Array.from(actual));
};
const bool: ValueTest = (actual, expected, scope) => stringEqualsIgnoreCase(actual, expected, scope);

/** Both ARN operators match each of the six colon-separated parts on its own, wildcards allowed. */
const arnLike: ValueTest = (actual, expected, scope) => {
  const units = parsePattern(expected, scope);
  const patternParts = units && splitArn(units);
  const valueParts = splitArn(Array.from(actual));
  if (patternParts === undefined || valueParts === undefined) return false;
  return patternParts.every((part, index) => unitsMatch(part, (valueParts[index] ?? []) as readonly string[]));
};

function splitArn(units: readonly Unit[]): readonly (readonly Unit[])[] | undefined {
  const parts: Unit[][] = [[]];
  for (const unit of units) {
    if (unit === ':' && parts.length < 6) parts.push([]);
    else parts.at(-1)?.push(unit);
  }
  return parts.length === 6 ? parts : undefined;
}

function comparing(
  parse: (text: string) => number | undefined,
  compare: (actual: number, expected: number) => boolean,
): ValueTest {
  return (actual, expected, scope) => {
    const left = parse(actual);
    const right = parse(literalOf(expected, scope) ?? '');
    return left !== undefined && right !== undefined && compare(left, right);
  };
}

function parseNumber(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** W3C ISO 8601 or epoch seconds, in milliseconds. */
function parseDate(text: string): number | undefined {
  const seconds = parseNumber(text);
  if (seconds !== undefined && !/^\d{4}$/.test(text)) return seconds * 1000;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

type Comparison = (actual: number, expected: number) => boolean;
const equal: Comparison = (actual, expected) => actual === expected;
const less: Comparison = (actual, expected) => actual < expected;
const lessOrEqual: Comparison = (actual, expected) => actual <= expected;
const greater: Comparison = (actual, expected) => actual > expected;
const greaterOrEqual: Comparison = (actual, expected) => actual >= expected;

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS: Readonly<Record<string, { readonly test: ValueTest; readonly negated?: true }>> = {
  StringEquals: { test: stringEquals },
  StringNotEquals: { test: stringEquals, negated: true },
  StringEqualsIgnoreCase: { test: stringEqualsIgnoreCase },
  StringNotEqualsIgnoreCase: { test: stringEqualsIgnoreCase, negated: true },
  StringLike: { test: stringLike },
  StringNotLike: { test: stringLike, negated: true },
  ArnEquals: { test: arnLike },
  ArnLike: { test: arnLike },
  ArnNotEquals: { test: arnLike, negated: true },
  ArnNotLike: { test: arnLike, negated: true },
  Bool: { test: bool },
  Null: { test: bool },
  NumericEquals: { test: comparing(parseNumber, equal) },
  NumericNotEquals: { test: comparing(parseNumber, equal), negated: true },
  NumericLessThan: { test: comparing(parseNumber, less) },
  NumericLessThanEquals: { test: comparing(parseNumber, lessOrEqual) },
  NumericGreaterThan: { test: comparing(parseNumber, greater) },
  NumericGreaterThanEquals: { test: comparing(parseNumber, greaterOrEqual) },
  DateEquals: { test: comparing(parseDate, equal) },
  DateNotEquals: { test: comparing(parseDate, equal), negated: true },
  DateLessThan: { test: comparing(parseDate, less) },
  DateLessThanEquals: { test: comparing(parseDate, lessOrEqual) },
  DateGreaterThan: { test: comparing(parseDate, greater) },
  DateGreaterThanEquals: { test: comparing(parseDate, greaterOrEqual) },
};

// ---- Patterns -------------------------------------------------------------------------------------------------------

const ANY = Symbol('*');
const ONE = Symbol('?');
/** One position of a pattern: a character that must stand there, or a wildcard. */
type Unit = string | typeof ANY | typeof ONE;

/** A policy variable: `${key}`, `${key, 'default'}`, or an escaped character `${*}`, `${?}`, `${$}`. */
const VARIABLE = /\$\{([^}]*)\}/g;

/** Text with its policy variables filled in, wildcards left as text; `undefined` if a variable has no single value. */
function literalOf(text: string, scope: Scope): string | undefined {
  if (!scope.variables) return text;
  let resolved = true;
  const literal = text.replace(VARIABLE, (_, inner: string) => {
    const value = variableValue(inner, scope);
    if (value === undefined) resolved = false;
    return value ?? '';
  });
  return resolved ? literal : undefined;
}

/** A pattern's units; what a variable brings in is plain text, never a wildcard. `undefined` if one has no value. */
function parsePattern(pattern: string, scope: Scope): readonly Unit[] | undefined {
  if (!scope.variables) return unitsOf(pattern);
  const units: Unit[] = [];
  let from = 0;
  for (const found of pattern.matchAll(VARIABLE)) {
    const value = variableValue(found[1] ?? '', scope);
    if (value === undefined) return undefined;
    units.push(...unitsOf(pattern.slice(from, found.index)), ...Array.from(value));
    from = found.index + found[0].length;
  }
  units.push(...unitsOf(pattern.slice(from)));
  return units;
}

function unitsOf(pattern: string): Unit[] {
  return Array.from(pattern, (character) => (character === '*' ? ANY : character === '?' ? ONE : character));
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html */
function variableValue(inner: string, scope: Scope): string | undefined {
  if (inner === '*' || inner === '?' || inner === '$') return inner;
  const parts = /^\s*([^,\s][^,]*?)\s*(?:,\s*'([^']*)'\s*)?$/.exec(inner);
  const values = scope.context.get((parts?.[1] ?? '').toLowerCase()) ?? [];
  // A key with several values is no policy variable.
  return values.length === 1 ? values[0] : values.length === 0 ? parts?.[2] : undefined;
}

/**
 * Whether a value matches an AWS pattern: `*` is any run of characters (`:` and `/` too, and none at all), `?` is exactly
 * one. Costs at most |pattern| × |value| steps whatever the pattern.
 */
export function globMatches(pattern: string, value: string): boolean {
  return unitsMatch(unitsOf(pattern), Array.from(value));
}

function unitsMatch(pattern: readonly Unit[], value: readonly string[]): boolean {
  let at = 0;
  let read = 0;
  let star = -1;
  let retryFrom = 0;
  while (read < value.length) {
    const unit = pattern[at];
    if (unit === ANY) {
      star = at++;
      retryFrom = read;
    } else if (unit === ONE || (unit !== undefined && unit === value[read])) {
      at++;
      read++;
    } else if (star >= 0) {
      // Only the latest star ever needs to take more: an earlier one can't do better than it already did.
      at = star + 1;
      read = ++retryFrom;
    } else {
      return false;
    }
  }
  while (pattern[at] === ANY) at++;
  return at === pattern.length;
}
