import type { AccountAccess } from '../../src/model/account-access.ts';
import type { Department } from '../../src/model/department.ts';
import type { Grant } from '../../src/model/grant.ts';
import type { Organisation } from '../../src/model/organisation.ts';
import type { PushRole } from '../../src/model/push-role.ts';
import type { Repository } from '../../src/model/repository.ts';
import type { AwsSettings } from '../../src/model/settings.ts';

/** What could be forged, by whom, and what stops it. */
export interface Forgery {
  readonly who: string;
  readonly stops: string;
  /** A value that must not reach AWS; tried where it is given. */
  readonly forged?: unknown;
  /** Whether the operation goes on as if nothing was forged; else it fails. */
  readonly isIgnored?: true;
}

/** One row for each field: a field that is added to a type and has no row is a type error. */
type RowsOf<T> = { readonly [Field in keyof T]-?: Forgery };

const TABLE = 'who writes to the state table';
const DEPLOYER = 'who deploys';

const stopped = (stops: string, forged?: unknown): Forgery =>
  forged === undefined ? { who: TABLE, stops } : { who: TABLE, stops, forged };
const configured = (forged: unknown): Forgery => ({
  who: DEPLOYER,
  stops: 'comes from the configuration alone; what is stored under this name is not read',
  forged,
});

const OWNER = 'the guard: the department is the one whose lease is held';
const UNUSED = 'no document has it';
const BOOKKEEPING = 'no document has it; revisions and times decide nothing in AWS';
const PENDING = 'the operation’s targets are looked at and guarded as any others';
const NOT_STOPPED = 'nothing, where it obeys the rules: see “What a break-in could do”';

/** The deployment's settings, and what the item of the account's quotas must not override. */
export const SETTINGS = {
  accountId: configured('111122223333'),
  region: configured('us-east-1'),
  partition: configured('aws-cn'),
  rolePath: configured('/'),
  boundaryArn: configured('arn:aws:iam::111122223333:policy/none'),
  oidcProvider: configured('evil.example'),
  stsAudience: configured('evil'),
  organisationId: configured('o-evil000000'),
  stsKeys: configured({ repositoryId: false, ref: false }),
  trustPolicySize: { who: TABLE, stops: 'a whole number from 2,048 to 8,192, or it is not read', forged: 1_000_000 },
} satisfies RowsOf<AwsSettings>;

/** What is stored of each noun, and what of it must not reach AWS. */
export const STORED = {
  'push-role': {
    name: stopped('the guard: a grant’s role is stored; its tags in IAM', 'another-role'),
    department: stopped(OWNER, 'pol'),
    path: stopped('the guard: the configured path', '/'),
    scope: stopped('the guard: no more repositories than the role’s grants name', 'department'),
    repositories: stopped('the guard: no more repositories than the role’s grants name', ['*']),
    sessionsRevokedBefore: stopped('the guard: the policy only denies', '2020-01-01T00:00:00Z"},"x":{"y":"'),
    createdAt: stopped(BOOKKEEPING),
    updatedAt: stopped(BOOKKEEPING),
    revision: stopped(BOOKKEEPING),
    pending: stopped(PENDING),
  } satisfies RowsOf<PushRole>,
  repository: {
    name: { ...stopped('not read: a repository is the one under whose name it is stored', 'another'), isIgnored: true },
    department: stopped(OWNER, 'pol'),
    imageTagMutability: stopped('the guard: one of ECR’s four', 'ANYTHING'),
    imageTagMutabilityExclusionFilters: stopped('the guard: at most five filters on tags', ['${x}']),
    scanOnPush: stopped('either is harmless'),
    lifecyclePolicy: stopped('the guard: the rules of lifecycle policies', '{"rules":[{"rulePriority":0}]}'),
    encryption: stopped('the guard: a key of the account and region', {
      encryptionType: 'KMS',
      kmsKey: 'arn:aws:kms:eu-west-1:111122223333:key/1234',
    }),
    createdBy: stopped(NOT_STOPPED),
    accessInPlace: stopped('only shown; documents come from the account access'),
    createdAt: stopped(BOOKKEEPING),
    updatedAt: stopped(BOOKKEEPING),
    revision: stopped(BOOKKEEPING),
    pending: stopped(PENDING),
  } satisfies RowsOf<Repository>,
  grant: {
    id: stopped(UNUSED),
    department: stopped(OWNER, 'pol'),
    organisation: stopped('the guard: a registered organisation of the department', 'evil'),
    repository: stopped('the guard: no policy variable, no pattern that begins too early', '${aws:PrincipalTag/x}'),
    repositoryId: stopped('the guard: digits', '*'),
    repositories: stopped('the guard: the role’s repositories', ['another']),
    refs: stopped('the guard: the rules of refs', ['*']),
    environment: stopped('the guard: the rules of environments', '*'),
    pullRequests: stopped(NOT_STOPPED),
    pushRole: stopped('the guard: a role that is stored for the department', 'another-role'),
    createdAt: stopped(BOOKKEEPING),
    createdBy: stopped(UNUSED),
    updatedAt: stopped(BOOKKEEPING),
    revision: stopped(BOOKKEEPING),
    pending: stopped(PENDING),
  } satisfies RowsOf<Grant>,
  organisation: {
    department: stopped(OWNER, 'pol'),
    login: stopped(NOT_STOPPED),
    ownerId: stopped(NOT_STOPPED),
    shared: stopped(NOT_STOPPED),
    createdAt: stopped(BOOKKEEPING),
    updatedAt: stopped(BOOKKEEPING),
    revision: stopped(BOOKKEEPING),
    pending: stopped(PENDING),
  } satisfies RowsOf<Organisation>,
  'account-access': {
    department: stopped(OWNER, 'pol'),
    accounts: stopped('the guard: accounts by twelve digits, never everybody; which ones is not stopped', [
      { description: 'x', accountId: '*', canWrite: true },
    ]),
    organisationPull: stopped('the guard: only the configured AWS organisation'),
    updatedAt: stopped(BOOKKEEPING),
    revision: stopped(BOOKKEEPING),
    pending: stopped(PENDING),
  } satisfies RowsOf<AccountAccess>,
  department: {
    id: stopped(OWNER, 'pol'),
    displayName: stopped(UNUSED),
    namespace: stopped('the registry’s tags: what is another’s is not touched'),
    roleName: stopped('the tags in IAM: what is another’s is not touched'),
    managers: stopped(NOT_STOPPED),
    selfService: stopped(NOT_STOPPED),
    createdAt: stopped(BOOKKEEPING),
    updatedAt: stopped(BOOKKEEPING),
    revision: stopped(BOOKKEEPING),
    pending: stopped(PENDING),
  } satisfies RowsOf<Department>,
} as const;

/** The rows as the table of docs/security-model.md. */
export function forgeryTable(): string {
  const rows = Object.entries({ setting: SETTINGS, ...STORED }).flatMap(([noun, fields]) =>
    Object.entries(fields as Readonly<Record<string, Forgery>>).map(
      ([field, { who, stops }]) => `| ${noun} | \`${field}\` | ${who} | ${stops} |`,
    ),
  );
  return ['| of | field | forged by | stopped by |', '|---|---|---|---|', ...rows].join('\n');
}
