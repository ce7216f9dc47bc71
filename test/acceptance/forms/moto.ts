import { spawn } from 'node:child_process';
import { createHash, verify } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { CreateOpenIDConnectProviderCommand, CreatePolicyCommand } from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { freePort } from '../../../scripts/free-port.ts';
import { startMoto } from '../../../scripts/moto.ts';
import { connectAws, type AwsClients } from '../../../src/aws/clients.ts';
import { readConfig, type Config } from '../../../src/config/config.ts';
import { startLocalDynamoDb } from '../../../src/local/dynamodb.ts';
import { exampleEnv, LOCAL_CREDENTIALS } from '../../../src/local/embedded.ts';
import { startLocalGitHubIssuer, type LocalGitHubIssuer } from '../../../src/local/github/issuer.ts';
import { permissionsBoundary } from '../../../src/policy/push-policy.ts';
import { connect, type Clients } from '../../deployed/clients.ts';
import { startJudge } from '../../deployed/judge.ts';
import type { Form } from '../form.ts';
import { sendTo } from '../http.ts';
import { importsOfSource, isOfAnEntry } from '../imports-on-demand.ts';
import { recordImports } from '../recorded-imports.ts';
import { bucketOf, publicKeyOf } from './bucket-and-key.ts';
import { BUCKET, clientVariables, closeAll, KEY, startFunction, type Surroundings } from './surroundings.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const ISSUER_KEYS = fileURLToPath(new URL('../../conformance/issuer-keys.ts', import.meta.url));
const ISSUER = 'https://token.actions.githubusercontent.com';
const ORGANISATION_ID = 'o-example0000';

/** The check that needs signatures that hold. */
const VERIFIED = 'what is in the bucket verifies, each manifest signed with the key';

/**
 * `npm start -- --aws env` with moto's ECR, IAM, S3 and KMS in AWS's place. The ledger is in the embedded default's DynamoDB, because
 * moto's does not isolate transactions (docs/local-differences.md). moto evaluates no policy, so who may push and pull is judged by the
 * documents that are in it, as in form d.
 */
export async function startOnMoto(): Promise<Form> {
  const imports = recordImports();
  const moto = await startMoto();
  const dynamoDb = await startLocalDynamoDb(undefined);
  const issuer = await startLocalGitHubIssuer({ issuer: ISSUER });
  const env = { ...exampleEnv(), ECP_ACCOUNT_ID: moto.accountId };
  const config = readConfig(env);
  const clients = connect(moto.endpoint, config.aws.region);
  const aws = connectAws({ region: config.aws.region, endpoint: moto.endpoint, credentials: LOCAL_CREDENTIALS });
  await makeAccount(config, aws, clients);
  const notApplicable = await whatMotoCannot(clients);
  const judge = await startJudge({ config, deployed: aws, issuer, organisationId: ORGANISATION_ID });
  const surroundings: Surroundings = {
    config,
    env,
    awsUrl: moto.endpoint,
    dynamoDbUrl: dynamoDb.endpoint,
    issuerUrl: issuer.url,
    storage: moto,
    recording: imports.env,
  };
  const server = await startServer(surroundings, issuer);
  const executor = startFunction('executor', 'source', surroundings);
  const exporter = startFunction('exporter', 'source', surroundings);
  return {
    letter: 'e',
    config,
    aws,
    awsEndpoint: judge.endpoint,
    send: (request) => sendTo(server.url, request),
    token: (job, audience = config.audience) => issuer.mintToken({ ...job, audience }),
    runExporter: () => exporter.invoke({}),
    runExecutor: (event) => executor.invoke(event),
    bucket: () => bucketOf(clients.s3, BUCKET),
    exportKey: () => publicKeyOf(clients.kms, KEY),
    notApplicable: (title) => notApplicable[title],
    importsOnDemand: async () => ({
      expected: importsOfSource().filter((one) => !isOfAnEntry(one)),
      executed: imports.executed(),
    }),
    close: () =>
      closeAll([
        () => imports.close(),
        () => moto.close(),
        () => dynamoDb.close(),
        () => issuer.close(),
        () => judge.close(),
        () => server.close(),
        () => executor.close(),
        () => exporter.close(),
      ]),
  };
}

/** By the titles of checks, what this moto does otherwise than AWS. It is tried, so that a moto that does it is held to it. */
async function whatMotoCannot({ kms }: Clients): Promise<Readonly<Record<string, string>>> {
  const message = Buffer.from('signed');
  const { Signature = new Uint8Array() } = await kms.send(
    new SignCommand({
      KeyId: KEY,
      Message: createHash('sha256').update(message).digest(),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    }),
  );
  if (verify('sha256', message, await publicKeyOf(kms, KEY), Signature)) return {};
  return {
    [VERIFIED]:
      'moto’s KMS does not look at MessageType: it hashes the digest once more, and its signatures hold for other bytes',
  };
}

/** What `infra/` makes in an account, as far as the service meets it. */
async function makeAccount({ aws: settings }: Config, { iam }: AwsClients, { s3, kms }: Clients): Promise<void> {
  await iam.send(
    new CreateOpenIDConnectProviderCommand({ Url: ISSUER, ClientIDList: [settings.stsAudience], ThumbprintList: [] }),
  );
  await iam.send(
    new CreatePolicyCommand({
      PolicyName: settings.boundaryArn.split('/').at(-1),
      Path: settings.rolePath,
      PolicyDocument: JSON.stringify(permissionsBoundary(settings)),
    }),
  );
  await s3.send(
    new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
  );
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', Description: 'signs the audit exports' }),
  );
  await kms.send(new CreateAliasCommand({ AliasName: KEY, TargetKeyId: KeyMetadata?.KeyId }));
}

/** As `npm start` starts it, but with the issuer's keys at hand: this machine's name service is not ours to change. */
async function startServer(
  surroundings: Surroundings,
  issuer: LocalGitHubIssuer,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const port = await freePort();
  const server = spawn(
    process.execPath,
    ['--import=tsx', `--import=${ISSUER_KEYS}`, 'src/entry/server.ts', '--aws', 'env', '--port', String(port)],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        ...surroundings.env,
        ...surroundings.recording,
        ...clientVariables(surroundings),
        ECP_CREATE_TABLES: 'true',
        ISSUER_KEYS: JSON.stringify(issuer.jwks()),
      },
    },
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const kill = (): void => void server.kill('SIGKILL');
  process.once('exit', kill);
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(`${url}/healthz`)))
    if (server.exitCode !== null) throw new Error(`npm start -- --aws env ended with ${server.exitCode}.`);
  return {
    url,
    close: async () => {
      process.off('exit', kill);
      server.kill('SIGTERM');
      await ended;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
