/**
 * Whether one document allows no more than another, and what two documents both allow. Both err to the safe side: what
 * is not understood is within nothing but itself, and in common with nothing.
 */
import { isSameJson } from '../model/canonical-json.ts';
import { normalStatement, oneOrMany, sortedSet } from './canonical.ts';
import type { OneOrMany, PolicyDocument, Statement } from './document.ts';
import { listOf } from './document.ts';
import { globMatches } from './evaluate.ts';

/** How a document's replacement moves access. */
export type Movement = 'same' | 'narrower' | 'wider' | 'both';

/** How access moves from one document to the next; `undefined` stands for no document, which allows nothing. */
export function movementOf(before: PolicyDocument | undefined, after: PolicyDocument | undefined): Movement {
  const narrows = isWithin(after, before);
  const widens = isWithin(before, after);
  if (narrows && widens) return 'same';
  if (narrows) return 'narrower';
  return widens ? 'wider' : 'both';
}

/** Whether `part` certainly allows nothing that `whole` does not. */
export function isWithin(part: PolicyDocument | undefined, whole: PolicyDocument | undefined): boolean {
  const ofPart = part?.Statement ?? [];
  const ofWhole = whole?.Statement ?? [];
  if (!hasEveryDeny(ofPart, ofWhole)) return false;
  const allowsOfWhole = ofWhole.filter(isAllow);
  return ofPart.filter(isAllow).every((statement) => isStatementWithin(statement, allowsOfWhole));
}

/** Whether each Deny of `others` stands in `statements` too. */
function hasEveryDeny(statements: readonly Statement[], others: readonly Statement[]): boolean {
  const denies = statements.filter((statement) => !isAllow(statement));
  return others.filter((other) => !isAllow(other)).every((other) => denies.some((deny) => isDenyWithin(other, deny)));
}

/** A dated Deny takes in the same one of an earlier date. */
function isDenyWithin(part: Statement, whole: Statement): boolean {
  const [partDate, wholeDate] = [issuedBefore(part), issuedBefore(whole)];
  if (partDate === undefined || wholeDate === undefined) return isSameStatement(part, whole);
  const undated = (statement: Statement): Statement => ({ ...statement, Condition: {} });
  return partDate <= wholeDate && isSameStatement(undated(part), undated(whole));
}

function issuedBefore(statement: Statement): number | undefined {
  const date = statement.Condition?.['DateLessThan']?.['aws:TokenIssueTime'];
  const isOnly = isSameJson(statement.Condition, { DateLessThan: { 'aws:TokenIssueTime': date ?? null } });
  const time = typeof date === 'string' && isOnly ? Date.parse(date) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function isStatementWithin(statement: Statement, others: readonly Statement[]): boolean {
  if (others.some((other) => isSameStatement(statement, other))) return true;
  if (!isPlain(statement)) return false;
  const candidates = others.filter((other) => isPlain(other) && conditionsInclude(statement, other)).map(unfolded);
  const { principals, actions, resources } = unfolded(statement);
  return [...principals].every((principal) => {
    const reaching = candidates.filter((other) => other.principals.has(principal) || other.principals.has('AWS:*'));
    return actions.every((action) =>
      resources.every((resource) =>
        reaching.some((other) => coversOne(other.actions, action) && coversOne(other.resources, resource)),
      ),
    );
  });
}

/** A statement's lists, made once for many comparisons: a repository policy may name hundreds of accounts. */
function unfolded(statement: Statement) {
  return {
    principals: new Set(principalsOf(statement)),
    actions: textsOf(statement.Action).map((action) => action.toLowerCase()),
    resources: textsOf(statement.Resource),
  };
}

function coversOne(patterns: readonly string[], part: string): boolean {
  return patterns.some((pattern) => patternCovers(pattern, part));
}

/** What two identity policies both allow, as one that allows exactly parts of either; `undefined` when that is nothing. */
export function commonPolicy(
  before: PolicyDocument | undefined,
  after: PolicyDocument | undefined,
): PolicyDocument | undefined {
  const denies = [...(before?.Statement ?? []), ...(after?.Statement ?? [])].filter((statement) => !isAllow(statement));
  const allows = (after?.Statement ?? [])
    .filter(isAllow)
    .flatMap((statement) =>
      (before?.Statement ?? []).filter(isAllow).flatMap((other) => commonStatement(other, statement)),
    );
  if (allows.length === 0) return undefined;
  return { Version: '2012-10-17', Statement: [...allows, ...denies] };
}

function commonStatement(before: Statement, after: Statement): readonly Statement[] {
  if (isSameStatement(before, after)) return [after];
  if (!isPlain(before) || !isPlain(after) || before.Principal !== undefined || after.Principal !== undefined) return [];
  if (!conditionsInclude(before, after) || !conditionsInclude(after, before)) return [];
  const actions = commonPatterns(textsOf(before.Action), textsOf(after.Action));
  const resources = commonPatterns(textsOf(before.Resource), textsOf(after.Resource));
  if (actions.length === 0 || resources.length === 0) return [];
  return [{ ...after, Action: oneOrMany(actions), Resource: oneOrMany(resources) }];
}

/** The patterns of either list that one of the other list takes in whole. */
export function commonPatterns(a: readonly string[], b: readonly string[]): readonly string[] {
  return sortedSet([
    ...a.filter((text) => b.some((other) => patternCovers(other, text))),
    ...b.filter((text) => a.some((other) => patternCovers(other, text))),
  ]);
}

/** Whether a pattern matches all that another matches. */
export function patternCovers(pattern: string, part: string): boolean {
  if (pattern === part) return true;
  // Read as a text, `part`'s `*` is matched by a `*` only, which takes in whatever it stands for; a `?` would take it too.
  return !(pattern.includes('?') && part.includes('*')) && globMatches(pattern, part);
}

/** Whether whatever `b` asks for, `a` asks for too. */
function conditionsInclude(a: Statement, b: Statement): boolean {
  if (b.Condition === undefined) return true;
  const bare = (statement: Statement): unknown =>
    normalStatement({
      Effect: 'Allow',
      ...(statement.Condition === undefined ? {} : { Condition: statement.Condition }),
    });
  return isSameJson(bare(a), bare(b));
}

function isSameStatement(a: Statement, b: Statement): boolean {
  const bare = (statement: Statement): object => ({ ...(normalStatement(statement) as object), Sid: '' });
  return isSameJson(bare(a), bare(b));
}

function isAllow(statement: Statement): boolean {
  return statement.Effect === 'Allow';
}

/** Whether a statement says what it means without "not". */
function isPlain(statement: Statement): boolean {
  return (
    statement.NotAction === undefined && statement.NotResource === undefined && statement.NotPrincipal === undefined
  );
}

/** Values of a list; one empty text for an absent one, so that absent is within absent. */
function textsOf(value: OneOrMany<string> | undefined): readonly string[] {
  return value === undefined ? [''] : listOf<string>(value);
}

function principalsOf({ Principal: principal }: Statement): readonly string[] {
  if (principal === undefined) return [''];
  if (principal === '*') return ['AWS:*'];
  return Object.entries(principal).flatMap(([kind, values]) =>
    listOf<string>(values).map((value) => `${kind}:${value}`),
  );
}
