/** The same questions as for other documents, asked of trust policies, whose conditions hold the patterns. */
import type { AwsSettings } from '../model/settings.ts';
import { isSameDocument } from './canonical.ts';
import type { OneOrMany, PolicyDocument, Statement } from './document.ts';
import { listOf } from './document.ts';
import { commonPatterns, patternCovers } from './narrowing.ts';
import type { Movement } from './narrowing.ts';
import { BRANCHES, isUnder, TAGS } from './refs.ts';
import type { TrustConditions } from './trust-policy.ts';
import { denyingTrustPolicy, mergeConditions, trustDocument, trustKeys } from './trust-policy.ts';

/** How access moves from one trust policy to the next. A document of another shape than ours compares with nothing. */
export function trustMovement(before: PolicyDocument, after: PolicyDocument, settings: AwsSettings): Movement {
  if (isSameDocument(before, after)) return 'same';
  const [from, to] = [parseTrustPolicy(before, settings), parseTrustPolicy(after, settings)];
  if (to?.length === 0) return 'narrower';
  if (from === undefined || to === undefined) return 'both';
  const [narrows, widens] = [isTrustWithin(to, from), isTrustWithin(from, to)];
  if (narrows) return 'narrower';
  return widens ? 'wider' : 'both';
}

/** A trust policy that allows only what both allow; it denies when that is nothing or can't be told. */
export function commonTrustPolicy(
  before: PolicyDocument,
  after: PolicyDocument,
  settings: AwsSettings,
): PolicyDocument {
  const [from, to] = [parseTrustPolicy(before, settings), parseTrustPolicy(after, settings)];
  if (from === undefined || to === undefined) return denyingTrustPolicy(settings);
  const common = to.flatMap((each) => from.flatMap((other) => commonConditions(other, each)));
  const essential = mergeConditions(common).filter(
    (each, index, all) =>
      !all.some(
        (other, at) =>
          at !== index && isTrustWithin([each], [other]) && (at < index || !isTrustWithin([other], [each])),
      ),
  );
  return trustDocument(essential, settings);
}

/** The conditions of a trust policy of our shape; none for one that denies; `undefined` for any other document. */
export function parseTrustPolicy(
  document: PolicyDocument,
  settings: AwsSettings,
): readonly TrustConditions[] | undefined {
  if (isSameDocument(document, denyingTrustPolicy(settings))) return [];
  const parsed = document.Statement.map((statement) => parseStatement(statement, settings));
  return parsed.every((each) => each !== undefined) ? parsed : undefined;
}

function parseStatement(statement: Statement, settings: AwsSettings): TrustConditions | undefined {
  const keys = trustKeys(settings);
  const { Sid: _, ...unnamed } = statement;
  const equals = statement.Condition?.['StringEquals'] ?? {};
  const like = statement.Condition?.['StringLike'] ?? {};
  const parsed: TrustConditions = {
    subs: textsOf(like[keys.sub]),
    repositoryIds: textsOf(equals[keys.repositoryId]),
    refs: textsOf(equals[keys.ref] ?? like[keys.ref]),
  };
  // Whatever was not read would be lost: the statement must be the very one that these conditions make.
  const again = trustDocument([parsed], settings);
  const isWhole = isSameDocument(again, { Version: '2012-10-17', Statement: [unnamed] });
  return parsed.subs.length > 0 && isWhole ? parsed : undefined;
}

function textsOf(value: OneOrMany<string> | undefined): readonly string[] {
  return listOf<string>(value);
}

/** Whether every set of claims that `part` takes is one that a single statement of `whole` takes. */
export function isTrustWithin(part: readonly TrustConditions[], whole: readonly TrustConditions[]): boolean {
  return part.every(({ subs, repositoryIds, refs }) =>
    subs.every((sub) =>
      orAny(repositoryIds).every((id) =>
        orAny(refs).every((ref) =>
          whole.some(
            (other) =>
              other.subs.some((each) => patternCovers(each, sub)) &&
              (other.repositoryIds.length === 0 || (id !== undefined && other.repositoryIds.includes(id))) &&
              (other.refs.length === 0 || (ref !== undefined && other.refs.some((each) => patternCovers(each, ref)))),
          ),
        ),
      ),
    ),
  );
}

/** A key that is not asked, as one value that stands for any. */
function orAny(values: readonly string[]): readonly (string | undefined)[] {
  return values.length === 0 ? [undefined] : values;
}

function commonConditions(before: TrustConditions, after: TrustConditions): readonly TrustConditions[] {
  const repositoryIds = commonValues(before.repositoryIds, after.repositoryIds);
  const refs = commonValues(before.refs, after.refs);
  if (repositoryIds === undefined || refs === undefined) return [];
  const subs = withBothForms(commonPatterns(before.subs, after.subs)).filter((sub) => canCarry(sub, refs));
  return subs.length === 0 ? [] : [{ subs, repositoryIds, refs }];
}

/** Whether a job whose `sub` has this form can have one of the refs; a statement that nobody meets is not written. */
function canCarry(sub: string, refs: readonly string[]): boolean {
  const kind = [BRANCHES, TAGS].find((each) => sub.endsWith(`:ref:${each}*`));
  return refs.length === 0 || kind === undefined || refs.some((ref) => isUnder(ref, kind));
}

/** What two lists have in common, where an empty one asks nothing; `undefined` when they have nothing. */
function commonValues(a: readonly string[], b: readonly string[]): readonly string[] | undefined {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const common = commonPatterns(a, b);
  return common.length === 0 ? undefined : common;
}

/** The patterns whose twin in GitHub's other form is there too; a document that we write has both. */
function withBothForms(subs: readonly string[]): readonly string[] {
  const isImmutable = (sub: string): boolean => /^repo:[^/:]*@/.test(sub);
  const named = (sub: string): string =>
    sub.replace(/^repo:([^@/]*)(?:@\d+)?\/([^@:]*)(?:@(?:\d+|\*))?:/, 'repo:$1/$2:');
  return subs.filter((sub) =>
    subs.some((other) => isImmutable(other) !== isImmutable(sub) && named(other) === named(sub)),
  );
}
