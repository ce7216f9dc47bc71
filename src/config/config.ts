import { isAccountId, isGitHubId } from '../model/ids.ts';
import type { PlatformCaller } from '../model/platform-caller.ts';
import { PARTITIONS, partitionOfRegion } from '../model/partitions.ts';
import type { AwsSettings } from '../model/settings.ts';
import { JSON_FAULTS, jsonFault } from '../lib/strict-json.ts';

/** All that a deployment decides; read once at start from environment variables, see docs/configuration.md. */
export interface Config {
  readonly aws: AwsSettings;
  /** Whether the account's own quotas count, as the executor reads them; not where a quota is set by hand. */
  readonly usesAccountQuotas: boolean;
  readonly stateTable: string;
  readonly auditTable: string;
  /**
   * The issuer whose tokens are accepted, exactly as in `iss`. One, because GitHub's numeric ids, by which everything
   * is authorised, are unique only within an issuer.
   */
  readonly issuer: string;
  /** The one audience that a caller's token must carry. */
  readonly audience: string;
  readonly platformCallers: readonly PlatformCaller[];
  /** GitHub events whose workflows may change things; all others may read and dry-run. */
  readonly mutationEvents: readonly string[];
  /** Whether a department's manager may make organisation-wide grants by an acknowledgement, or only the platform. */
  readonly organisationWideBy: 'acknowledgement' | 'platform';
  /** How long a mutation waits for AWS before it answers 202, in milliseconds. */
  readonly waitMilliseconds: number;
  /**
   * Where the documentation's pages are; `type` of a problem is `<docsBaseUrl>/errors.md#<code>`. By default the service's own
   * `/docs`, as a relative reference (RFC 9457, section 3.1.1).
   */
  readonly docsBaseUrl: string;
  /**
   * Where answers can't be streamed, about how many bytes of an export one answer holds; absent where they can. A Lambda's answer is
   * at most 6 MB, of which quoting takes a part.
   */
  readonly exportPageBytes?: number;
  /** How many requests of one process may wait for something new at once. */
  readonly longPolls: number;
  /** Where people ask for help; printed into generated workflows. */
  readonly contact?: string;
}

/** A setting that is missing or malformed; stops the process at boot with a message that says what to set. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_STS_AUDIENCE = 'sts.amazonaws.com';
const DEFAULT_EVENTS = 'push,workflow_dispatch,schedule,release';

/**
 * Reads the configuration from environment variables.
 * @throws ConfigError naming the variable and what would do
 */
export function readConfig(env: Environment): Config {
  return {
    aws: readAws(env),
    usesAccountQuotas: env['ECP_TRUST_POLICY_SIZE'] === undefined,
    stateTable: env['ECP_STATE_TABLE'] ?? 'ecr-control-plane-state',
    auditTable: env['ECP_AUDIT_TABLE'] ?? 'ecr-control-plane-audit',
    issuer: readIssuer(env),
    audience: readAudience(env),
    platformCallers: readPlatformCallers(env['ECP_PLATFORM_CALLERS']),
    mutationEvents: list(env['ECP_MUTATION_EVENTS'] ?? DEFAULT_EVENTS),
    organisationWideBy: oneOf(env, 'ECP_ORGANISATION_WIDE_BY', ['acknowledgement', 'platform'], 'acknowledgement'),
    waitMilliseconds: number(env, 'ECP_WAIT_MILLISECONDS', 10_000, 0, 25_000),
    docsBaseUrl: (env['ECP_DOCS_BASE_URL'] ?? '/docs').replace(/\/+$/, ''),
    // A Lambda's instance answers one request at a time, and all callers share the few that there are.
    longPolls: number(env, 'ECP_LONG_POLLS', env['AWS_LAMBDA_FUNCTION_NAME'] === undefined ? 100 : 0, 0, 10_000),
    ...(env['AWS_LAMBDA_FUNCTION_NAME'] === undefined && env['ECP_EXPORT_PAGE_BYTES'] === undefined
      ? {}
      : { exportPageBytes: number(env, 'ECP_EXPORT_PAGE_BYTES', 2_500_000, 1_000, 4_000_000) }),
    ...(env['ECP_CONTACT'] === undefined ? {} : { contact: env['ECP_CONTACT'] }),
  };
}

function readAws(env: Environment): AwsSettings {
  const accountId = required(env, 'ECP_ACCOUNT_ID', 'the twelve digits of the shared AWS account');
  if (!isAccountId(accountId))
    throw new ConfigError(
      'ECP_ACCOUNT_ID must be exactly twelve digits, in quotes where a tool would drop leading zeros.',
    );
  const { region, partition } = readPlace(env);
  const rolePath = env['ECP_ROLE_PATH'] ?? '/ecr-access/';
  if (!/^\/([\w+=,.@-]+\/)+$/.test(rolePath))
    throw new ConfigError('ECP_ROLE_PATH must begin and end with a slash and not be the root, such as /ecr-access/.');
  const organisationId = env['ECP_AWS_ORGANISATION_ID'];
  if (organisationId !== undefined && !/^o-[a-z0-9]{10,32}$/.test(organisationId))
    throw new ConfigError('ECP_AWS_ORGANISATION_ID must look like o-a1b2c3d4e5.');
  return {
    accountId,
    region,
    partition,
    rolePath,
    boundaryArn: readBoundary(env, `arn:${partition}:iam::${accountId}:policy`, rolePath),
    oidcProvider: readIssuer(env).slice('https://'.length),
    stsAudience: env['ECP_STS_AUDIENCE'] ?? DEFAULT_STS_AUDIENCE,
    ...(organisationId === undefined ? {} : { organisationId }),
    stsKeys: readStsKeys(env),
    trustPolicySize: number(env, 'ECP_TRUST_POLICY_SIZE', 2_048, 512, 8_192),
  };
}

/** The region, and the partition that it lies in: a setting that says another would make ARNs of nothing. */
function readPlace(env: Environment): Pick<AwsSettings, 'region' | 'partition'> {
  const region = env['ECP_REGION'] ?? env['AWS_REGION'];
  const partition = region === undefined ? undefined : partitionOfRegion(region);
  if (region === undefined || partition === undefined)
    throw new ConfigError(
      `ECP_REGION (or AWS_REGION) must be a region such as eu-west-1${region === undefined ? '' : `, not ${region}`}.`,
    );
  const known = PARTITIONS.map(({ id }) => id);
  if (oneOf(env, 'ECP_PARTITION', known, partition.id) !== partition.id)
    throw new ConfigError(`ECP_PARTITION must be ${partition.id}, which ${region} lies in, or be left out.`);
  return { region, partition: partition.id };
}

/** IAM takes a boundary of the role's own account only. */
function readBoundary(env: Environment, policies: string, rolePath: string): string {
  const arn = env['ECP_BOUNDARY_ARN'] ?? `${policies}${rolePath}push-role-boundary`;
  if (arn.startsWith(`${policies}/`) && /^[\w+=,.@/-]+$/.test(arn.slice(policies.length))) return arn;
  throw new ConfigError(`ECP_BOUNDARY_ARN must be the ARN of a policy of the account: it begins with ${policies}/.`);
}

function readIssuer(env: Environment): string {
  const issuer = env['ECP_ISSUER'] ?? 'https://token.actions.githubusercontent.com';
  if (!/^https:\/\/[a-z0-9.-]+(\/[A-Za-z0-9_.-]+)*$/.test(issuer))
    throw new ConfigError(
      'ECP_ISSUER must be an https URL exactly as in the claim iss, without a trailing slash, such as https://token.actions.githubusercontent.com.',
    );
  return issuer;
}

/** Hosts of AWS's STS, in every partition and on every kind of endpoint, also with a scheme before them. */
const STS_HOST = /^(?:[a-z]+:\/\/)?sts(?:-fips)?\./i;

/** A token for STS must be of no use here, and one for us of none there: whoever receives the one could replay it as the other. */
function readAudience(env: Environment): string {
  const audience = required(
    env,
    'ECP_AUDIENCE',
    'the audience that callers ask GitHub for, such as the URL of this API',
  );
  const ofSts = env['ECP_STS_AUDIENCE'] ?? DEFAULT_STS_AUDIENCE;
  if (STS_HOST.test(audience.trim()) || audience.trim().toLowerCase() === ofSts.toLowerCase())
    throw new ConfigError(
      `ECP_AUDIENCE must not be an audience of AWS STS, such as ${ofSts}: each token of a push role would be one for this API. Use a name of its own, such as ecr-control-plane.`,
    );
  return audience;
}

function readStsKeys(env: Environment): AwsSettings['stsKeys'] {
  const keys = list(env['ECP_STS_KEYS'] ?? 'repository_id,ref');
  const unknown = keys.find((key) => key !== 'repository_id' && key !== 'ref');
  if (unknown !== undefined) throw new ConfigError(`ECP_STS_KEYS takes repository_id and ref, not ${unknown}.`);
  return { repositoryId: keys.includes('repository_id'), ref: keys.includes('ref') };
}

function readPlatformCallers(text: string | undefined): readonly PlatformCaller[] {
  if (text === undefined) return [];
  const help = 'ECP_PLATFORM_CALLERS must be a JSON list such as [{"repositoryId":"123","ref":"refs/heads/main"}]';
  let callers: unknown;
  try {
    callers = JSON.parse(text);
  } catch {
    throw new ConfigError(`${help}; it is not JSON.`);
  }
  const fault = jsonFault(text);
  if (fault !== undefined) throw new ConfigError(`${help}; it ${JSON_FAULTS[fault]}.`);
  if (!Array.isArray(callers)) throw new ConfigError(`${help}.`);
  return callers.map((caller: unknown) => readPlatformCaller(caller, help));
}

function readPlatformCaller(caller: unknown, help: string): PlatformCaller {
  const { repositoryId, ref, environment, ...rest } = (caller ?? {}) as Record<string, unknown>;
  if (typeof repositoryId !== 'string' || !isGitHubId(repositoryId))
    throw new ConfigError(`${help}; repositoryId must be a numeric id as a string.`);
  if (Object.keys(rest).length > 0) throw new ConfigError(`${help}; unknown member ${Object.keys(rest).join(', ')}.`);
  if (typeof ref === 'string' && /^refs\/[^*]+$/.test(ref) && environment === undefined) return { repositoryId, ref };
  if (typeof environment === 'string' && environment !== '' && !environment.includes('*') && ref === undefined)
    return { repositoryId, environment };
  // A platform caller without either would let any branch of the repository act for the platform.
  throw new ConfigError(`${help}; each needs an exact ref or an exact environment, not both, no wildcard.`);
}

function required(env: Environment, name: string, what: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new ConfigError(`${name} is not set: ${what}.`);
  return value;
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function number(env: Environment, name: string, fallback: number, least: number, most: number): number {
  const text = env[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new ConfigError(`${name} must be a whole number from ${least} to ${most}.`);
  return value;
}

function oneOf<T extends string>(env: Environment, name: string, values: readonly T[], fallback: T): T {
  const text = env[name];
  if (text === undefined) return fallback;
  const value = values.find((candidate) => candidate === text);
  if (value === undefined) throw new ConfigError(`${name} must be one of ${values.join(', ')}.`);
  return value;
}
