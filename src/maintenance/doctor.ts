import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import {
  GetAccountSummaryCommand,
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { PLATFORM_CHAIN } from '../ledger/chain.ts';
import type { Config } from '../config/config.ts';
import { readChainHead } from '../ledger/append.ts';
import { tablesOver } from '../ledger/client.ts';
import { isAlive, readExports, readRun } from '../ledger/export-state.ts';
import { readNewest } from '../ledger/read-audit.ts';
import { auditTable, stateTable } from '../ledger/tables.ts';
import { oidcProviderArn } from '../model/settings.ts';
import { isSameDocument } from '../policy/canonical.ts';
import { permissionsBoundary } from '../policy/push-policy.ts';
import { readPolicyDocument, UnreadableDocument } from '../policy/read-document.ts';

/** What was found of one thing: `bad` keeps the service from working or from being safe, `weak` may do so one day. */
export interface Finding {
  readonly about: string;
  readonly state: 'good' | 'weak' | 'bad';
  readonly detail: string;
}

/** A deployment, seen from outside, with rights to read only. */
export interface Deployment {
  readonly config: Config;
  readonly iam: IAMClient;
  readonly sts: STSClient;
  readonly dynamoDb: DynamoDBClient;
  /** Address of the API; without one it is not asked. */
  readonly apiUrl?: string;
  /** Where the issuer is asked, if not at its own address; for the embedded one. */
  readonly issuerUrl?: string;
  readonly fetch: (url: string) => Promise<Response>;
  readonly now: () => Date;
}

type Check = (deployment: Deployment) => Promise<readonly Finding[]>;

/** What is looked at, in the order in which it is told. */
const CHECKS: Readonly<Record<string, Check>> = {
  account: checkAccount,
  issuer: checkIssuer,
  'OIDC provider': checkProvider,
  boundary: checkBoundary,
  quotas: checkQuotas,
  'state table': ({ config, dynamoDb }) => checkTable('state table', dynamoDb, stateTable(config.stateTable)),
  'audit table': ({ config, dynamoDb }) => checkTable('audit table', dynamoDb, auditTable(config.auditTable)),
  'audit export': checkExport,
  API: checkApi,
};

/** Looks at a deployment from outside; a check that can't be made is a finding too, and keeps no other from being made. */
export async function examine(deployment: Deployment): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    Object.entries(CHECKS).map(async ([about, check]) => {
      try {
        return await check(deployment);
      } catch (error) {
        return [bad(about, `It could not be looked at: ${messageOf(error)}`)];
      }
    }),
  );
  return findings.flat();
}

function good(about: string, detail: string): Finding {
  return { about, state: 'good', detail };
}

function weak(about: string, detail: string): Finding {
  return { about, state: 'weak', detail };
}

function bad(about: string, detail: string): Finding {
  return { about, state: 'bad', detail };
}

function messageOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  return `${name}: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
}

async function checkAccount({ config, sts }: Deployment): Promise<readonly Finding[]> {
  const { Account } = await sts.send(new GetCallerIdentityCommand({}));
  if (Account === config.aws.accountId) return [good('account', `The credentials are of ${Account}.`)];
  return [
    bad(
      'account',
      `The credentials are of ${Account}, the service is configured for ${config.aws.accountId}: what is said below is of the wrong account.`,
    ),
  ];
}

/** Clocks that differ more than this refuse fresh tokens. */
const MOST_SKEW_SECONDS = 30;

async function checkIssuer({ config, issuerUrl, fetch, now }: Deployment): Promise<readonly Finding[]> {
  const base = issuerUrl ?? config.issuer;
  const answer = await fetch(`${base}/.well-known/openid-configuration`);
  if (!answer.ok) return [bad('issuer', `${base} answers ${answer.status} when it is asked for its configuration.`)];
  const { issuer, jwks_uri: keysUrl } = (await answer.json()) as {
    readonly issuer?: string;
    readonly jwks_uri?: string;
  };
  if (issuer !== config.issuer)
    return [bad('issuer', `It calls itself ${issuer}, ECP_ISSUER is ${config.issuer}: no token would be accepted.`)];
  const keysAnswer = await fetch(
    issuerUrl === undefined ? (keysUrl ?? '') : `${issuerUrl}${new URL(keysUrl ?? '').pathname}`,
  );
  const { keys = [] } = (await keysAnswer.json()) as { readonly keys?: readonly { readonly kty?: string }[] };
  const usable = keys.filter(({ kty }) => kty === 'RSA').length;
  const keysFinding =
    usable > 0
      ? good('issuer', `${issuer} is reachable and has ${usable} RSA keys.`)
      : bad('issuer', `${issuer} has no RSA key.`);
  return [keysFinding, ...clockFinding('clock against the issuer', answer, now())];
}

function clockFinding(about: string, answer: Response, now: Date): readonly Finding[] {
  const theirs = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(theirs)) return [weak(about, 'It does not say what time it is.')];
  const skew = Math.round(Math.abs(now.getTime() - theirs) / 1000);
  return [
    skew > MOST_SKEW_SECONDS
      ? bad(about, `They differ by ${skew} s: set this machine's clock.`)
      : good(about, `They differ by ${skew} s.`),
  ];
}

async function checkProvider({ config, iam }: Deployment): Promise<readonly Finding[]> {
  const arn = oidcProviderArn(config.aws);
  try {
    const { ClientIDList = [] } = await iam.send(
      new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }),
    );
    const { stsAudience } = config.aws;
    if (ClientIDList.includes(stsAudience))
      return [good('OIDC provider', `${arn} is there and has the audience ${stsAudience}.`)];
    return [
      bad(
        'OIDC provider',
        `${arn} does not have the audience ${stsAudience}: no workflow can assume a push role. Add it there.`,
      ),
    ];
  } catch (error) {
    if (isMissing(error))
      return [bad('OIDC provider', `The account has no ${arn}. Make it: create_oidc_provider = true.`)];
    throw error;
  }
}

async function checkBoundary({ config: { aws }, iam }: Deployment): Promise<readonly Finding[]> {
  try {
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: aws.boundaryArn }));
    const { PolicyVersion } = await iam.send(
      new GetPolicyVersionCommand({ PolicyArn: aws.boundaryArn, VersionId: Policy?.DefaultVersionId }),
    );
    if (isSameDocument(readPolicyDocument(PolicyVersion?.Document ?? ''), permissionsBoundary(aws)))
      return [good('boundary', `${aws.boundaryArn} is the wall that it must be.`)];
    return [
      bad(
        'boundary',
        `${aws.boundaryArn} is not the document that this version of the service reckons with. Apply infra/ again, and ask who changed it.`,
      ),
    ];
  } catch (error) {
    if (isMissing(error))
      return [bad('boundary', `There is no ${aws.boundaryArn}: no push role can be made. Apply infra/.`)];
    if (error instanceof UnreadableDocument)
      return [bad('boundary', `${aws.boundaryArn} cannot be understood: ${error.message} Apply infra/ again.`)];
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as Error).name.startsWith('NoSuchEntity');
}

async function checkQuotas({ config, iam }: Deployment): Promise<readonly Finding[]> {
  const { SummaryMap = {} } = await iam.send(new GetAccountSummaryCommand({}));
  const {
    Roles = 0,
    RolesQuota = 0,
    AssumeRolePolicySizeQuota: size,
  } = SummaryMap as Readonly<Record<string, number | undefined>>;
  const left = RolesQuota - Roles;
  const roles = `${Roles} of ${RolesQuota} roles are in use`;
  const configured = config.aws.trustPolicySize;
  return [
    left <= 0
      ? bad('quotas', `${roles}: no grant can get a role of its own.`)
      : left < RolesQuota / 10
        ? weak('quotas', `${roles}: ask for more.`)
        : good('quotas', `${roles}.`),
    size !== undefined && !config.usesAccountQuotas && configured > size
      ? bad(
          'quotas',
          `ECP_TRUST_POLICY_SIZE is ${configured}, the account allows ${size}: larger trust policies would be refused.`,
        )
      : good('quotas', `A trust policy may have ${size ?? configured} characters.`),
  ];
}

async function checkTable(
  about: string,
  dynamoDb: DynamoDBClient,
  wanted: ReturnType<typeof stateTable>,
): Promise<readonly Finding[]> {
  const { TableName = '' } = wanted;
  const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName }));
  const missing = (wanted.GlobalSecondaryIndexes ?? [])
    .map(({ IndexName = '' }) => IndexName)
    .filter((name) => !hasIndex(Table, name));
  const stream = wanted.StreamSpecification !== undefined && Table?.StreamSpecification?.StreamEnabled !== true;
  return [
    Table?.TableStatus === 'ACTIVE'
      ? good(about, `${TableName} is active.`)
      : bad(about, `${TableName} is ${Table?.TableStatus ?? 'not there'}.`),
    ...(missing.length === 0 ? [] : [bad(about, `${TableName} lacks the index ${missing.join(', ')}.`)]),
    ...(stream ? [bad(about, `${TableName} has no stream: nothing rings the executor.`)] : []),
    Table?.DeletionProtectionEnabled === true
      ? good(about, 'It is protected from deletion.')
      : weak(about, 'It is not protected from deletion.'),
    await backupFinding(about, dynamoDb, TableName),
  ];
}

function hasIndex(table: TableDescription | undefined, name: string): boolean {
  return table?.GlobalSecondaryIndexes?.some(({ IndexName }) => IndexName === name) === true;
}

async function backupFinding(about: string, dynamoDb: DynamoDBClient, TableName: string): Promise<Finding> {
  try {
    const { ContinuousBackupsDescription } = await dynamoDb.send(new DescribeContinuousBackupsCommand({ TableName }));
    const { PointInTimeRecoveryStatus: status } = ContinuousBackupsDescription?.PointInTimeRecoveryDescription ?? {};
    return status === 'ENABLED'
      ? good(about, 'It can be restored to any second.')
      : weak(about, 'Point-in-time recovery is off: what is lost is lost.');
  } catch (error) {
    // An emulator has none, and says so in its own way.
    return weak(about, `Whether it can be restored is not known: ${messageOf(error)}`);
  }
}

/** An export that is older than this, or began this long ago and did not end, is not what the nightly schedule does. */
const EXPORT_HOURS = 48;

async function checkExport({ config, dynamoDb, now }: Deployment): Promise<readonly Finding[]> {
  const about = 'audit export';
  const tables = tablesOver(dynamoDb, { state: config.stateTable, audit: config.auditTable });
  const hoursSince = (time: string): number => Math.floor((now().getTime() - Date.parse(time)) / 3_600_000);
  const { last, begun } = await readExports(tables);
  const head = await readChainHead(tables, PLATFORM_CHAIN);
  const newest = await readNewest(tables, PLATFORM_CHAIN).next();
  const run = await readRun(tables);
  const behind = newest.done !== true && newest.value.seq !== head.seq;
  return [
    ...(behind
      ? [
          bad(
            about,
            `The state table says that the platform's chain ends at ${head.seq}, and it ends at ${newest.value.seq}: nothing can be exported. Was the state table restored? npm run state -- reconcile`,
          ),
        ]
      : []),
    ...(begun === undefined || (run !== undefined && isAlive(run, now()))
      ? []
      : [
          (hoursSince(begun.createdAt) < EXPORT_HOURS ? weak : bad)(
            about,
            `Export ${begun.number} began at ${begun.createdAt} and did not end; the exporter's log says why. The next run does it again.`,
          ),
        ]),
    last.endedAt === undefined
      ? weak(about, 'No export has ever ended: the audit log is in its table alone.')
      : (hoursSince(last.endedAt) < EXPORT_HOURS ? good : bad)(
          about,
          `Export ${last.number} ended at ${last.endedAt}, ${hoursSince(last.endedAt)} hours ago.`,
        ),
  ];
}

async function checkApi({ apiUrl, fetch, now }: Deployment): Promise<readonly Finding[]> {
  if (apiUrl === undefined) return [];
  const [health, contract, stranger] = await Promise.all([
    fetch(`${apiUrl}/healthz`),
    fetch(`${apiUrl}/openapi.yaml`),
    fetch(`${apiUrl}/v1/whoami`),
  ]);
  const isLocal = /^http:\/\/(127\.0\.0\.1|localhost)(:|\/|$)/.test(apiUrl);
  return [
    health.ok ? good('API', `${apiUrl} answers.`) : bad('API', `${apiUrl}/healthz answers ${health.status}.`),
    contract.ok ? good('API', 'It gives its contract.') : bad('API', `Its contract answers ${contract.status}.`),
    stranger.status === 401
      ? good('API', 'It answers nobody without a token.')
      : bad('API', `Without a token it answers ${stranger.status}, and must answer 401.`),
    ...(isLocal || apiUrl.startsWith('https://')
      ? []
      : [bad('API', 'It is asked in the clear: tokens would be, too.')]),
    ...clockFinding('clock against the API', health, now()),
  ];
}
