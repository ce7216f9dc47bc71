import { checkSubject } from './subject.ts';
import { quoted, TokenRefused } from './token-refused.ts';

/** What a claim's value must be, and how a refusal says so. */
interface ClaimShape {
  /** Completes the sentence "the claim x must be …". */
  readonly description: string;
  readonly accepts: (value: unknown) => boolean;
}

/**
 * One claim of GitHub's token.
 * - `required`: must be there, not empty, and of its shape
 * - `checked`: must be of its shape when it is there; empty means "none", as GitHub sends it for `base_ref`
 * - `ignored`: known, never read
 */
export interface ClaimRow {
  readonly name: string;
  readonly rule: 'required' | 'checked' | 'ignored';
  readonly shape: ClaimShape;
  readonly purpose: string;
}

function matching(description: string, pattern: RegExp): ClaimShape {
  return { description, accepts: (value) => typeof value === 'string' && pattern.test(value) };
}

function text(maxLength: number): ClaimShape {
  return {
    description: `a text of 1 to ${maxLength} characters without control characters`,
    accepts: (value) =>
      typeof value === 'string' &&
      value !== '' &&
      value.length <= maxLength &&
      value.isWellFormed() &&
      !/\p{Cc}/u.test(value),
  };
}

/** GitHub's numeric ids travel as strings. No sign, no leading zero, ASCII digits only: one spelling for one id. */
const id = matching('a decimal number in a string, without leading zeros', /^[1-9][0-9]{0,19}$/);
const count = id;
const sha = matching('a commit SHA in lower-case hexadecimal', /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const login = matching('a GitHub login', /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/);
const repositoryName = matching(
  'OWNER/NAME as GitHub writes it',
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/,
);
/** Git's own rules for a full reference name. @see https://git-scm.com/docs/git-check-ref-format */
const ref = matching(
  'a full Git reference such as refs/heads/main',
  // oxlint-disable-next-line no-control-regex -- control characters are what this pattern keeps out
  /^(?=.{6,512}$)refs(?:\/(?!\.)(?:(?!\.\.|@\{|\.lock(?:\/|$))[^\x00-\x20\x7f~^:?*[\\/])+(?<!\.))+$/u,
);
const time: ClaimShape = {
  description: 'a time in whole seconds since 1970',
  accepts: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
};
const audience: ClaimShape = {
  description: 'one audience: a string, or a list of one string',
  accepts: (value) => typeof (Array.isArray(value) && value.length === 1 ? value[0] : value) === 'string',
};

/**
 * Every claim that GitHub documents for Actions, and what we do with it. A claim without a row is unknown: it is
 * counted, never trusted and never fatal, since GitHub adds claims without notice.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export const claimTable = [
  { name: 'iss', rule: 'required', shape: text(512), purpose: 'selects the trusted issuer, exactly' },
  { name: 'aud', rule: 'required', shape: audience, purpose: 'must be this service and nobody else' },
  {
    name: 'sub',
    rule: 'required',
    shape: text(2048),
    purpose: 'must not contradict the other claims; decides nothing',
  },
  { name: 'exp', rule: 'required', shape: time, purpose: 'end of validity' },
  { name: 'iat', rule: 'required', shape: time, purpose: 'age of the token' },
  { name: 'nbf', rule: 'required', shape: time, purpose: 'start of validity' },
  { name: 'jti', rule: 'checked', shape: text(256), purpose: 'audit' },
  { name: 'repository', rule: 'required', shape: repositoryName, purpose: 'name of the caller, for people' },
  { name: 'repository_id', rule: 'required', shape: id, purpose: 'identity of the caller' },
  { name: 'repository_owner', rule: 'required', shape: login, purpose: 'name of the organisation, for people' },
  { name: 'repository_owner_id', rule: 'required', shape: id, purpose: 'identity of the organisation' },
  {
    name: 'event_name',
    rule: 'required',
    shape: matching('an event name', /^[a-z][a-z0-9_]{0,63}$/),
    purpose: 'which events may change things',
  },
  { name: 'ref', rule: 'checked', shape: ref, purpose: 'manager and platform rules' },
  {
    name: 'ref_type',
    rule: 'checked',
    shape: matching('branch or tag', /^(?:branch|tag)$/),
    purpose: 'must agree with ref',
  },
  { name: 'environment', rule: 'checked', shape: text(255), purpose: 'manager and platform rules' },
  { name: 'enterprise_id', rule: 'checked', shape: id, purpose: 'audit' },
  {
    name: 'repository_visibility',
    rule: 'checked',
    shape: matching('public, private or internal', /^(?:public|private|internal)$/),
    purpose: 'audit',
  },
  { name: 'actor', rule: 'checked', shape: text(256), purpose: 'audit' },
  { name: 'actor_id', rule: 'checked', shape: id, purpose: 'audit' },
  { name: 'workflow', rule: 'checked', shape: text(1024), purpose: 'audit' },
  { name: 'workflow_ref', rule: 'checked', shape: text(1024), purpose: 'audit' },
  { name: 'job_workflow_ref', rule: 'checked', shape: text(1024), purpose: 'audit' },
  { name: 'run_id', rule: 'checked', shape: count, purpose: 'audit' },
  { name: 'run_attempt', rule: 'checked', shape: count, purpose: 'audit' },
  { name: 'sha', rule: 'checked', shape: sha, purpose: 'audit' },
  { name: 'base_ref', rule: 'ignored', shape: text(512), purpose: 'target branch of a pull request' },
  {
    name: 'head_ref',
    rule: 'ignored',
    shape: text(512),
    purpose: 'source branch of a pull request: an outsider chooses it',
  },
  { name: 'check_run_id', rule: 'ignored', shape: id, purpose: 'the job' },
  { name: 'enterprise', rule: 'ignored', shape: text(256), purpose: 'name of the enterprise' },
  { name: 'environment_node_id', rule: 'ignored', shape: text(256), purpose: 'GraphQL id of the environment' },
  { name: 'issuer_scope', rule: 'ignored', shape: text(256), purpose: 'scope of the issuer' },
  { name: 'job_workflow_sha', rule: 'ignored', shape: sha, purpose: 'commit of a reusable workflow' },
  {
    name: 'ref_protected',
    rule: 'ignored',
    shape: matching('true or false', /^(?:true|false)$/),
    purpose: 'whether the ref is protected',
  },
  { name: 'run_number', rule: 'ignored', shape: count, purpose: 'number of the run in its workflow' },
  { name: 'runner_environment', rule: 'ignored', shape: text(64), purpose: 'github-hosted or self-hosted' },
  { name: 'workflow_sha', rule: 'ignored', shape: sha, purpose: 'commit of the workflow file' },
] as const satisfies readonly ClaimRow[];

type Row = (typeof claimTable)[number];
type RequiredClaim = Extract<Row, { readonly rule: 'required' }>['name'];
type CheckedClaim = Extract<Row, { readonly rule: 'checked' }>['name'];
type TimeClaim = 'exp' | 'iat' | 'nbf';

/** The claims that the table lets through, each of its shape. Ignored and unknown ones are not in it. */
export type VerifiedClaims = { readonly [Name in Exclude<RequiredClaim, TimeClaim | 'aud'>]: string } & {
  readonly [Name in TimeClaim]: number;
} & { readonly [Name in CheckedClaim]: string | undefined };

/** Custom properties of a repository, which its organisation names: known as a kind, and ignored. */
const repositoryProperty = /^repo_property_/;

const knownClaims: ReadonlySet<string> = new Set(claimTable.map((row) => row.name));

/** The names of a payload's claims that the table has no row for. */
export function unknownClaims(payload: ReadonlyMap<string, unknown>): readonly string[] {
  return [...payload.keys()].filter((name) => !knownClaims.has(name) && !repositoryProperty.test(name));
}

/**
 * Applies the table to the payload of a token whose signature was verified.
 * @throws TokenRefused `missing-claim`, `invalid-claim` or `inconsistent-claims`, naming the claim
 */
export function checkClaims(payload: ReadonlyMap<string, unknown>): VerifiedClaims {
  const values: Record<string, unknown> = {};
  for (const row of claimTable) {
    if (row.rule !== 'ignored') values[row.name] = checkClaim(row, payload.get(row.name));
  }
  // The loop above has put every row's value in, each of the shape that its type stands for.
  const claims = values as VerifiedClaims;
  checkConsistency(claims);
  return claims;
}

function checkClaim(row: ClaimRow, value: unknown): unknown {
  const absent = value === undefined || (row.rule === 'checked' && value === '');
  if (absent && row.rule === 'checked') return undefined;
  if (absent) {
    throw new TokenRefused('missing-claim', `The token must have the claim ${row.name}; GitHub Actions tokens do.`);
  }
  if (!row.shape.accepts(value)) {
    throw new TokenRefused(
      'invalid-claim',
      `The token's claim ${row.name} must be ${row.shape.description}, not ${quoted(value)}.`,
    );
  }
  return value;
}

function checkConsistency(claims: VerifiedClaims): void {
  const owner = claims.repository.slice(0, claims.repository.indexOf('/'));
  if (owner !== claims.repository_owner) {
    throw new TokenRefused('inconsistent-claims', "The token's repository and repository_owner name different owners.");
  }
  const refType = claims.ref?.startsWith('refs/tags/') ? 'tag' : 'branch';
  if (claims.ref !== undefined && claims.ref_type !== undefined && claims.ref_type !== refType) {
    throw new TokenRefused('inconsistent-claims', "The token's ref and ref_type do not agree.");
  }
  const contradiction = checkSubject(claims);
  if (contradiction !== undefined) {
    throw new TokenRefused('inconsistent-claims', `The token's sub contradicts its other claims: ${contradiction}.`);
  }
}
