/**
 * The executor's second look: what is about to be written into AWS is held to every rule once more, on the document
 * itself. Nothing of how it was built is trusted: stored state can be wrong, or have been made so. Each guard lists what
 * may be there and refuses everything else.
 */
import { isAccountId, isGitHubId } from '../model/ids.ts';
import { isGitHubRepositoryName } from '../model/names.ts';
import type { AwsSettings } from '../model/settings.ts';
import { oidcProviderArn } from '../model/settings.ts';
import { ASSUME_ACTION, PULL_ACTIONS, PUSH_ACTIONS } from './actions.ts';
import { isSameJson } from '../model/canonical-json.ts';
import { documentSize } from './canonical.ts';
import type { OneOrMany, PolicyDocument, Statement } from './document.ts';
import { listOf } from './document.ts';
import { isEnvironmentName } from './environment-name.ts';
import type { PushScope } from './push-policy.ts';
import { INLINE_POLICIES_SIZE, pushPolicy, revokeSessionsPolicy } from './push-policy.ts';
import { BRANCHES, isRefPattern, isUnder, refFault, TAGS } from './refs.ts';
import {
  accountRootArn,
  foreignStatements,
  isOwn,
  REPOSITORY_POLICY_SIZE,
  REPOSITORY_SIDS,
} from './repository-policy.ts';
import { denyingTrustPolicy, trustKeys } from './trust-policy.ts';

/** A rule that a document breaks. */
export interface GuardViolation {
  /** JSON pointer into the document. */
  readonly at: string;
  /** Name of the rule, stable, for programs and the audit trail. */
  readonly rule: string;
  readonly detail: string;
}

/** A GitHub owner that the role's department has registered. */
export interface AllowedOwner {
  readonly login: string;
  readonly ownerId: string;
  /** Several departments share it: then a statement must pin repositories by id or exact name. */
  readonly shared?: boolean;
}

type Found = readonly GuardViolation[];
const none: Found = [];

function found(at: string, rule: string, detail: string): Found {
  return [{ at, rule, detail }];
}

// ---- Trust policies -------------------------------------------------------------------------------------------------

/** Every rule of a push role's trust policy; no violation means that it may be written. */
export function guardTrustPolicy(
  document: PolicyDocument,
  settings: AwsSettings,
  allowedOwners: readonly AllowedOwner[],
): Found {
  const shape = guardShape(document);
  if (shape.length > 0) return shape;
  const size = documentSize(document);
  return [
    ...guardFrame(document, ['Version', 'Statement']),
    ...(document.Version === '2012-10-17'
      ? none
      : found('/Version', 'version', 'A trust policy has version 2012-10-17.')),
    ...(JSON.stringify(document).includes('$') ? found('', 'policy-variable', 'A trust policy holds no $.') : none),
    ...(size <= settings.trustPolicySize
      ? none
      : found('', 'size', `${size} characters of ${settings.trustPolicySize}.`)),
    ...(isSameJson(document, denyingTrustPolicy(settings))
      ? none
      : statementsOf(document).flatMap((statement, index) =>
          guardTrustStatement(statement, `/Statement/${index}`, settings, allowedOwners),
        )),
  ];
}

function guardTrustStatement(
  statement: Statement,
  at: string,
  settings: AwsSettings,
  allowedOwners: readonly AllowedOwner[],
): Found {
  return [
    ...guardMembers(statement, at, ['Effect', 'Principal', 'Action', 'Condition']),
    ...(statement.Effect === 'Allow'
      ? none
      : found(`${at}/Effect`, 'effect', 'A statement allows, or the whole document is the one that denies.')),
    ...(isSameJson(statement.Principal, { Federated: oidcProviderArn(settings) })
      ? none
      : found(`${at}/Principal`, 'principal', "The principal is the account's GitHub provider and nobody else.")),
    ...(statement.Action === ASSUME_ACTION
      ? none
      : found(`${at}/Action`, 'action', `The action is ${ASSUME_ACTION} alone.`)),
    ...guardTrustConditions(statement, `${at}/Condition`, settings, allowedOwners),
  ];
}

function guardTrustConditions(
  statement: Statement,
  at: string,
  settings: AwsSettings,
  allowedOwners: readonly AllowedOwner[],
): Found {
  const keys = trustKeys(settings);
  const block = statement.Condition ?? {};
  const equals = block['StringEquals'] ?? {};
  const like = block['StringLike'] ?? {};
  const allowedKeys: Readonly<Record<string, readonly string[]>> = {
    StringEquals: [
      keys.aud,
      ...(settings.stsKeys.repositoryId ? [keys.repositoryId] : []),
      ...(settings.stsKeys.ref ? [keys.ref] : []),
    ],
    StringLike: [keys.sub, ...(settings.stsKeys.ref ? [keys.ref] : [])],
  };
  const strangers = Object.entries(block).flatMap(([operator, lines]) =>
    Object.keys(lines)
      .filter((key) => !(allowedKeys[operator] ?? []).includes(key))
      .map((key) => ({
        at: `${at}/${operator}/${key}`,
        rule: 'condition',
        detail: 'Not one of the conditions that a trust policy of ours has.',
      })),
  );
  const refs = [...textsOf(equals[keys.ref]), ...textsOf(like[keys.ref])];
  return [
    ...strangers,
    ...(equals[keys.aud] === settings.stsAudience
      ? none
      : found(`${at}/StringEquals/${keys.aud}`, 'audience', `aud equals ${settings.stsAudience}, alone.`)),
    ...(keys.repositoryId in equals
      ? guardIds(equals[keys.repositoryId], `${at}/StringEquals/${keys.repositoryId}`)
      : none),
    ...(keys.ref in equals ? guardRefs(equals[keys.ref], `${at}/StringEquals/${keys.ref}`, false) : none),
    ...(keys.ref in like ? guardRefs(like[keys.ref], `${at}/StringLike/${keys.ref}`, true) : none),
    ...guardSubs(like[keys.sub], `${at}/StringLike/${keys.sub}`, {
      settings,
      allowedOwners,
      isPinned: keys.repositoryId in equals,
      refs,
    }),
  ];
}

function guardIds(value: OneOrMany<string> | undefined, at: string): Found {
  const ids = textsOf(value);
  if (ids.length === 0) return found(at, 'repository-id', 'At least one id.');
  return ids.flatMap((id) =>
    isGitHubId(id) ? none : found(at, 'repository-id', `${quoted(id)} is not the id of a repository.`),
  );
}

function guardRefs(value: OneOrMany<string> | undefined, at: string, allowPattern: boolean): Found {
  const refs = textsOf(value);
  if (refs.length === 0) return found(at, 'ref', 'At least one ref.');
  return refs.flatMap((ref) =>
    refFault(ref) === undefined && (allowPattern || !isRefPattern(ref))
      ? none
      : found(at, 'ref', `${quoted(ref)} is not a ref of a grant.`),
  );
}

interface SubScope {
  readonly settings: AwsSettings;
  readonly allowedOwners: readonly AllowedOwner[];
  /** Whether the statement asks for `repository_id`. */
  readonly isPinned: boolean;
  /** Refs that the statement asks for by the key `ref`. */
  readonly refs: readonly string[];
}

function guardSubs(value: OneOrMany<string> | undefined, at: string, scope: SubScope): Found {
  const subs = textsOf(value);
  if (subs.length === 0) return found(at, 'sub', 'A statement always asks for sub.');
  const parsed = subs.map((sub) => ({ sub, parts: parseSub(sub) }));
  const singles = parsed.flatMap(({ sub, parts }) =>
    parts === undefined
      ? found(
          at,
          'sub-form',
          `${quoted(sub)} is not a sub of ours: repo:OWNER/REPOSITORY:CONTEXT, in one of GitHub's two forms.`,
        )
      : guardSub(sub, parts, at, scope),
  );
  return [
    ...singles,
    ...guardBothForms(
      parsed.flatMap(({ parts }) => parts ?? []),
      at,
    ),
  ];
}

/** A `sub` in its parts. */
interface SubParts {
  readonly login: string;
  /** Set in the immutable form. */
  readonly ownerId: string | undefined;
  /** A name, or a pattern with one trailing `*`. */
  readonly repository: string;
  /** Set in the immutable form of an exact name: its id, or `*`. */
  readonly repositoryId: string | undefined;
  readonly context: string;
}

/** No `*` before the organisation is complete, and one at most, at the end of the repository. */
const subPattern = /^repo:([A-Za-z0-9-]+)(?:@([0-9]+))?\/([A-Za-z0-9._-]*\*?)(?:@([0-9]+|\*))?:([^*?]*\*?)$/;

function parseSub(sub: string): SubParts | undefined {
  const match = subPattern.exec(sub);
  if (match === null) return undefined;
  const [, login = '', ownerId, repository = '', repositoryId, context = ''] = match;
  return { login, ownerId, repository, repositoryId, context };
}

function guardSub(sub: string, parts: SubParts, at: string, scope: SubScope): Found {
  const { login, ownerId, repository, repositoryId, context } = parts;
  const owner = scope.allowedOwners.find((each) => each.login === login);
  const isWideRepository = repository.endsWith('*');
  const isRepositoryFormed = isWideRepository
    ? repositoryId === undefined && (repository === '*' || isGitHubRepositoryName(repository.slice(0, -1)))
    : isGitHubRepositoryName(repository) && (ownerId === undefined) === (repositoryId === undefined);
  return [
    ...(owner !== undefined && (ownerId === undefined || ownerId === owner.ownerId)
      ? none
      : found(at, 'owner', `The owner of ${quoted(sub)} is not registered for the department.`)),
    ...(isRepositoryFormed ? none : found(at, 'sub-repository', `The repository of ${quoted(sub)} is malformed.`)),
    ...(owner?.shared === true && isWideRepository && !scope.isPinned
      ? found(at, 'shared-organisation', `${quoted(sub)} reaches into an organisation that others share.`)
      : none),
    ...(isContext(context, scope)
      ? none
      : found(at, 'sub-context', `The context of ${quoted(sub)} is not one that a grant can have.`)),
  ];
}

function isContext(context: string, { settings, refs }: SubScope): boolean {
  if (context === 'environment:*') return true;
  if (context.startsWith('environment:')) return isEnvironmentName(context.slice('environment:'.length));
  if (context === 'pull_request') return refs.length === 0;
  if (!context.startsWith('ref:')) return false;
  const ref = context.slice('ref:'.length);
  // Where the key `ref` narrows, the context must be able to carry one of its values.
  if (ref === `${BRANCHES}*` || ref === `${TAGS}*`)
    return refs.length === 0 || refs.some((each) => isUnder(each, ref.slice(0, -1)));
  return !settings.stsKeys.ref && refFault(ref) === undefined;
}

/** GitHub's two forms go together: each pattern in the one has its twin in the other. */
function guardBothForms(parts: readonly SubParts[], at: string): Found {
  const keyOf = ({ login, repository, context }: SubParts): string => `${login}/${repository}:${context}`;
  const classic = new Set(parts.filter(({ ownerId }) => ownerId === undefined).map(keyOf));
  const immutable = new Set(parts.filter(({ ownerId }) => ownerId !== undefined).map(keyOf));
  return [...classic, ...immutable]
    .filter((key) => !classic.has(key) || !immutable.has(key))
    .flatMap((key) => found(at, 'sub-both-forms', `repo:${key} is there in one of GitHub's two forms only.`));
}

// ---- Repository policies --------------------------------------------------------------------------------------------

/** Every rule of a repository policy; `foreign` is the policy that stands there, whose foreign statements must stay. */
export function guardRepositoryPolicy(
  document: PolicyDocument,
  settings: AwsSettings,
  { foreign }: { readonly foreign?: PolicyDocument | undefined } = {},
): Found {
  const shape = guardShape(document);
  if (shape.length > 0) return shape;
  const kept = foreignStatements(foreign);
  const size = documentSize(document);
  const version = kept.length > 0 ? foreign?.Version : '2012-10-17';
  return [
    ...guardFrame(document, ['Version', 'Id', 'Statement']),
    ...(document.Version === version ? none : found('/Version', 'version', `The version is ${version}.`)),
    ...(size <= REPOSITORY_POLICY_SIZE ? none : found('', 'size', `${size} characters of ${REPOSITORY_POLICY_SIZE}.`)),
    ...(isSameJson(foreignStatements(document), kept)
      ? none
      : found('/Statement', 'foreign-statements', 'Foreign statements stay exactly as they are, and none is added.')),
    ...statementsOf(document).flatMap((statement, index) =>
      isOwn(statement) ? guardOwnStatement(statement, `/Statement/${index}`, settings) : none,
    ),
    ...guardSidsOnce(document),
  ];
}

function guardSidsOnce(document: PolicyDocument): Found {
  const sids = statementsOf(document)
    .filter(isOwn)
    .map((statement) => statement.Sid);
  return new Set(sids).size === sids.length ? none : found('/Statement', 'sid', 'Each of our statements appears once.');
}

type StatementGuard = (statement: Statement, at: string, settings: AwsSettings) => Found;

/** What each of our statements may be, by its `Sid`. */
const OWN_STATEMENTS: ReadonlyMap<string, StatementGuard> = new Map<string, StatementGuard>([
  [REPOSITORY_SIDS.pull, (...its) => [...guardAccounts(...its), ...guardActions(its[0], its[1], PULL_ACTIONS)]],
  [REPOSITORY_SIDS.push, (...its) => [...guardAccounts(...its), ...guardActions(its[0], its[1], PUSH_ACTIONS)]],
  [
    REPOSITORY_SIDS.organisation,
    (...its) => [...guardOrganisation(...its), ...guardActions(its[0], its[1], PULL_ACTIONS)],
  ],
]);

function guardOwnStatement(statement: Statement, at: string, settings: AwsSettings): Found {
  const guard = OWN_STATEMENTS.get(statement.Sid ?? '');
  if (guard === undefined)
    return found(`${at}/Sid`, 'sid', `${quoted(statement.Sid ?? '')} is not a statement of ours.`);
  return [
    ...(statement.Effect === 'Allow' ? none : found(`${at}/Effect`, 'effect', 'Our statements allow.')),
    ...guard(statement, at, settings),
  ];
}

function guardAccounts(statement: Statement, at: string, settings: AwsSettings): Found {
  const { Principal: principal } = statement;
  const roots = principal === undefined || principal === '*' ? [] : textsOf(principal.AWS);
  const areRoots = roots.length > 0 && roots.every((arn) => isRootArn(arn, settings));
  const isOnlyAws = typeof principal === 'object' && Object.keys(principal).length === 1;
  return [
    ...guardMembers(statement, at, ['Sid', 'Effect', 'Principal', 'Action']),
    ...(areRoots && isOnlyAws
      ? none
      : found(`${at}/Principal`, 'principal', 'The principals are roots of AWS accounts.')),
  ];
}

function isRootArn(arn: string, settings: AwsSettings): boolean {
  const account = arn.split(':')[4] ?? '';
  return isAccountId(account) && arn === accountRootArn(account, settings);
}

/** `Principal: *` stands only together with the AWS organisation of the configuration. */
function guardOrganisation(statement: Statement, at: string, settings: AwsSettings): Found {
  const { organisationId } = settings;
  const isNarrowed =
    organisationId !== undefined &&
    isSameJson(statement.Condition, { StringEquals: { 'aws:PrincipalOrgID': organisationId } });
  return [
    ...guardMembers(statement, at, ['Sid', 'Effect', 'Principal', 'Action', 'Condition']),
    ...(statement.Principal === '*' ? none : found(`${at}/Principal`, 'principal', 'The principal is *.')),
    ...(isNarrowed
      ? none
      : found(`${at}/Condition`, 'organisation', 'aws:PrincipalOrgID equals the configured AWS organisation.')),
  ];
}

function guardActions(statement: Statement, at: string, allowed: readonly string[]): Found {
  const actions = textsOf(statement.Action);
  if (actions.length > 0 && actions.every((action) => allowed.includes(action))) return none;
  return found(`${at}/Action`, 'action', `The actions are among ${allowed.join(', ')}.`);
}

// ---- Inline policies ------------------------------------------------------------------------------------------------

/**
 * A push role's push policy must be the very one that its scope means; or, on the way there, one that allows a part of it.
 */
export function guardPushPolicy(document: PolicyDocument, role: PushScope, settings: AwsSettings): Found {
  const shape = guardShape(document);
  if (shape.length > 0) return shape;
  const size = documentSize(document);
  const wanted = pushPolicy(role, settings);
  return [
    ...guardFrame(document, ['Version', 'Statement']),
    ...(document.Version === '2012-10-17'
      ? none
      : found('/Version', 'version', 'A push policy has version 2012-10-17.')),
    ...(size <= INLINE_POLICIES_SIZE ? none : found('', 'size', `${size} characters of ${INLINE_POLICIES_SIZE}.`)),
    ...statementsOf(document).flatMap((statement, index) =>
      wanted.Statement.some((each) => isPartOf(statement, each))
        ? none
        : found(`/Statement/${index}`, 'push-scope', 'Allows more than pushing to the repositories of the role.'),
    ),
  ];
}

/** Whether a statement is another with fewer actions or resources. */
function isPartOf(statement: Statement, whole: Statement): boolean {
  const isSubset = (part: OneOrMany<string> | undefined, of: OneOrMany<string> | undefined): boolean =>
    textsOf(part).length > 0 && textsOf(part).every((text) => textsOf(of).includes(text));
  const { Action: action, Resource: resource, ...rest } = statement;
  const { Action: wholeAction, Resource: wholeResource, ...wholeRest } = whole;
  return (
    isSubset(action, wholeAction) &&
    isSubset(resource, wholeResource) &&
    isSameJson({ ...rest, Sid: '' }, { ...wholeRest, Sid: '' })
  );
}

/** The policy that ends living sessions must be exactly that: a Deny of everything, dated. */
export function guardRevokeSessionsPolicy(document: PolicyDocument): Found {
  const before = issuedBefore(document);
  const isDated = typeof before === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(before);
  return isDated && isSameJson(document, revokeSessionsPolicy(before))
    ? none
    : found('', 'revoke-sessions', 'Denies everything to sessions from before a time, and nothing else.');
}

function issuedBefore(document: PolicyDocument): unknown {
  const [statement] = guardShape(document).length > 0 ? [] : statementsOf(document);
  return statement?.Condition?.['DateLessThan']?.['aws:TokenIssueTime'];
}

// ---- Frames ---------------------------------------------------------------------------------------------------------

function statementsOf(document: PolicyDocument): readonly Statement[] {
  return Array.isArray(document.Statement) ? document.Statement : [];
}

/** Whether stored JSON has the shape that the other rules read; what has not is not read further. */
function guardShape(document: unknown): Found {
  const isShaped =
    isRecord(document) &&
    Array.isArray(document['Statement']) &&
    document['Statement'].every(
      (statement) =>
        isRecord(statement) &&
        isSid(statement['Sid']) &&
        isPrincipal(statement['Principal']) &&
        isConditionBlock(statement['Condition']),
    );
  return isShaped ? none : found('', 'shape', 'Not a policy document.');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSid(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isPrincipal(value: unknown): boolean {
  return value === undefined || value === '*' || isRecord(value);
}

function isConditionBlock(value: unknown): boolean {
  return value === undefined || (isRecord(value) && Object.values(value).every(isRecord));
}

function guardFrame(document: PolicyDocument, members: readonly string[]): Found {
  return [
    ...guardMembers(document, '', members),
    ...(statementsOf(document).length > 0
      ? none
      : found('/Statement', 'statements', 'A list of at least one statement.')),
  ];
}

function guardMembers(value: object, at: string, members: readonly string[]): Found {
  return Object.keys(value)
    .filter((key) => !members.includes(key))
    .map((key) => ({ at: `${at}/${key}`, rule: 'member', detail: `${quoted(key)} has no place here.` }));
}

/** The values of a list, whatever stored JSON says; one that is no text becomes one that no rule accepts. */
function textsOf(value: OneOrMany<string> | undefined): readonly string[] {
  return listOf<string>(value).map((text: unknown) => (typeof text === 'string' ? text : '\u0000'));
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
