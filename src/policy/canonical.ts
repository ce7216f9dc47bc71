import { byCodeUnit } from '../lib/by-code-unit.ts';
import { createHash } from 'node:crypto';
import { canonicalJson, isSameJson } from '../model/canonical-json.ts';
import type { OneOrMany, PolicyDocument, PrincipalElement, Statement } from './document.ts';
import { listOf } from './document.ts';

/** SHA-256 of a value's canonical text, in hex: what the audit trail keeps of a document. */
export function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}

/**
 * Size of a document in characters as IAM and ECR count it against their quotas. IAM does not count whitespace; we
 * count the blanks inside of values all the same, which errs to the safe side.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export function documentSize(document: PolicyDocument): number {
  return JSON.stringify(document).length;
}

/** Texts in a fixed order without repeats. */
export function sortedSet(values: Iterable<string>): readonly string[] {
  return [...new Set(values)].sort(byCodeUnit);
}

/** A list as AWS writes it: a single value alone. */
export function oneOrMany(values: readonly string[]): OneOrMany<string> {
  const [first] = values;
  return values.length === 1 && first !== undefined ? first : values;
}

/**
 * Whether two documents mean the same, whatever the order of statements and values, one value or a list of one,
 * `"AWS": "123456789012"` or the root ARN that AWS rewrites it to. A `Sid` counts: it says whose a statement is.
 * `undefined` stands for no document.
 */
export function isSameDocument(a: PolicyDocument | undefined, b: PolicyDocument | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return isSameJson(normalDocument(a), normalDocument(b));
}

/** The form of a document under which documents that mean the same are equal. */
export function normalDocument(document: PolicyDocument): {
  readonly Version: string;
  readonly Statement: readonly unknown[];
} {
  const statements = listOf<Statement>(document.Statement).map((statement) =>
    canonicalJson(normalStatement(statement)),
  );
  return { Version: document.Version, Statement: sortedSet(statements).map((text) => JSON.parse(text) as unknown) };
}

/** A statement in normal form: lists sorted, actions in lower case (IAM compares them so), principals spelled out. */
export function normalStatement(statement: Statement): unknown {
  return {
    Sid: statement.Sid,
    Effect: statement.Effect,
    Principal: normalPrincipal(statement.Principal),
    NotPrincipal: normalPrincipal(statement.NotPrincipal),
    Action: normalList(statement.Action, (action) => action.toLowerCase()),
    NotAction: normalList(statement.NotAction, (action) => action.toLowerCase()),
    Resource: normalList(statement.Resource),
    NotResource: normalList(statement.NotResource),
    Condition: normalCondition(statement.Condition),
  };
}

function normalList(
  value: OneOrMany<string> | undefined,
  form: (text: string) => string = String,
): readonly string[] | undefined {
  return value === undefined ? undefined : sortedSet(listOf<string>(value).map(form));
}

function normalPrincipal(principal: PrincipalElement | undefined): unknown {
  if (principal === undefined) return undefined;
  if (principal === '*') return { AWS: ['*'] };
  return Object.fromEntries(
    Object.entries(principal).map(([kind, values]: [string, OneOrMany<string>]) => [
      kind,
      normalList(values, kind === 'AWS' ? normalAwsPrincipal : String),
    ]),
  );
}

/**
 * IAM and ECR write a bare account id back as the ARN of the account's root, in the partition they are in. A policy can't
 * name an account of another partition, so the partition tells nothing apart.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
 */
function normalAwsPrincipal(principal: string): string {
  return /^arn:aws(?:-[a-z]+)*:iam::([0-9]{12}):root$/.exec(principal)?.[1] ?? principal;
}

function normalCondition(condition: Statement['Condition']): unknown {
  if (condition === undefined || Object.keys(condition).length === 0) return undefined;
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key.toLowerCase(), normalList(values)])),
    ]),
  );
}
