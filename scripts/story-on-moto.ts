/**
 * Plays the demo's story against the service as it is started in an account (`src/entry/server.ts --aws env`), with moto's ECR and IAM
 * in AWS's place and the stand-in for GitHub's issuer.
 *
 *     node --import=tsx scripts/story-on-moto.ts
 */
import { CreatePolicyCommand } from '@aws-sdk/client-iam';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { connectAws } from '../src/aws/clients.ts';
import { readConfig } from '../src/config/config.ts';
import { startLocalDynamoDb } from '../src/local/dynamodb.ts';
import type { Embedded } from '../src/local/embedded.ts';
import { PLATFORM_JOB } from '../src/local/example.ts';
import { startLocalGitHubIssuer } from '../src/local/github/issuer.ts';
import { defaultAudience, idOfName } from '../src/local/github/job.ts';
import { STORY } from '../src/local/story.ts';
import { newWorld } from '../src/local/story-world.ts';
import { permissionsBoundary } from '../src/policy/push-policy.ts';
import { differenceOf } from '../test/conformance/differences.ts';
import { startMoto } from './moto.ts';
import { freePort } from './free-port.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

const moto = await startMoto();
const dynamoDb = await startLocalDynamoDb(undefined);
const issuer = await startLocalGitHubIssuer({ issuer: ISSUER });
const settings = {
  ECP_ACCOUNT_ID: '123456789012',
  ECP_REGION: 'eu-west-1',
  ECP_AUDIENCE: defaultAudience,
  ECP_ISSUER: ISSUER,
  ECP_PLATFORM_CALLERS: JSON.stringify([{ repositoryId: idOfName(PLATFORM_JOB.repository), ref: PLATFORM_JOB.ref }]),
};
const config = readConfig(settings);
const aws = connectAws({ region: config.aws.region, endpoint: moto.endpoint, credentials: CREDENTIALS });
await aws.iam.send(
  new CreatePolicyCommand({
    PolicyName: 'push-role-boundary',
    Path: config.aws.rolePath,
    PolicyDocument: JSON.stringify(permissionsBoundary(config.aws)),
  }),
);

const port = await freePort();
const service = spawn(
  process.execPath,
  [
    '--import=tsx',
    `--import=${fileURLToPath(new URL('../test/conformance/issuer-keys.ts', import.meta.url))}`,
    fileURLToPath(new URL('../src/entry/server.ts', import.meta.url)),
    '--aws',
    'env',
    '--port',
    String(port),
    '--log-level',
    'warn',
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      ...settings,
      ECP_CREATE_TABLES: 'true',
      ISSUER_KEYS: JSON.stringify(issuer.jwks()),
      AWS_REGION: config.aws.region,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_ECR: moto.endpoint,
      AWS_ENDPOINT_URL_IAM: moto.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
  },
);
process.once('exit', () => service.kill('SIGKILL'));
const url = `http://127.0.0.1:${port}`;
await answers(`${url}/healthz`);

// The story looks at the world through these; nothing else of the embedded default is there.
const world = newWorld(
  { executor: { aws }, config, issuer, aws: { endpoint: moto.endpoint } } as unknown as Embedded,
  url,
);
let failed = 0;
for (const { title, play } of STORY) {
  const difference = differenceOf('moto', `story: ${title}`);
  const error: unknown = await play(world).then(
    () => undefined,
    (one: unknown) => one,
  );
  const held = difference === undefined ? error === undefined : /was allowed/.test(String(error));
  if (!held) failed += 1;
  const how = difference === undefined ? '' : ` (differs, as listed: ${difference.here})`;
  process.stdout.write(`${held ? 'ok' : 'not ok'} - ${title}${how}${held ? '' : `: ${String(error)}`}\n`);
}
process.stdout.write(`the story on moto: ${STORY.length - failed} of ${STORY.length} steps as they should be\n`);

const ended = new Promise((resolve) => service.once('exit', resolve));
service.kill('SIGTERM');
await ended;
await issuer.close();
await dynamoDb.close();
await moto.close();
process.exitCode = failed === 0 ? 0 : 1;

async function answers(address: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (service.exitCode !== null) throw new Error(`The service ended with exit code ${service.exitCode}.`);
    if (
      await fetch(address).then(
        (response) => response.ok,
        () => false,
      )
    )
      return;
    await pause(100);
  }
  throw new Error('The service did not answer within 30 seconds.');
}
