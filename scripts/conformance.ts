/** Runs the conformance suite on a target; see the help below. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { startMoto } from './moto.ts';

const HELP = `Holds a target to what the service relies on in ECR, IAM and DynamoDB (test/conformance/).

  npm run conformance -- --target embedded        the embedded AWS and its DynamoDB
  npm run conformance -- --target moto            moto, which is installed into an environment of its own
  npm run conformance -- --target dynamodb-local  Amazon's DynamoDB Local, or another DynamoDB, that you started
  npm run conformance -- --target aws             the account that the AWS SDK's own variables point to

Options
  --aws-endpoint URL        ECR, IAM and STS that already run; with moto
  --dynamodb-endpoint URL   DynamoDB that already runs; with dynamodb-local
  --account ID              with aws, the account that is meant: nothing is done in another one
  --help                    this text

On an account it makes repositories, roles, a policy and tables whose names begin with ecp-conformance-, and deletes them.
`;

/** A wrong command line; the message says what would do. */
class UsageError extends Error {}

async function environmentOf(values: Options): Promise<{ env: Record<string, string>; close: () => Promise<void> }> {
  const close = async (): Promise<void> => undefined;
  switch (values.target) {
    case 'embedded':
      return { env: {}, close };
    case 'moto': {
      if (values['aws-endpoint'] !== undefined) {
        return { env: { CONFORMANCE_AWS_ENDPOINT: values['aws-endpoint'] }, close };
      }
      const moto = await startMoto();
      process.stdout.write(`${moto.version} at ${moto.endpoint}\n`);
      return { env: { CONFORMANCE_AWS_ENDPOINT: moto.endpoint }, close: moto.close };
    }
    case 'dynamodb-local': {
      const endpoint = values['dynamodb-endpoint'] ?? process.env['DYNAMODB_ENDPOINT'];
      if (endpoint === undefined) {
        throw new UsageError(
          'Start DynamoDB Local and give its address: --dynamodb-endpoint http://127.0.0.1:8000. Its licence is Amazon’s own, so it is not installed here.',
        );
      }
      return { env: { CONFORMANCE_DYNAMODB_ENDPOINT: endpoint }, close };
    }
    case 'aws':
      await mustBeAccount(values.account);
      return { env: {}, close };
    default:
      throw new UsageError(`--target knows embedded, moto, dynamodb-local and aws, not ${values.target}.`);
  }
}

/** Nothing is made in an account that was not named. */
async function mustBeAccount(account: string | undefined): Promise<void> {
  if (account === undefined)
    throw new UsageError('With --target aws, name the sandbox account: --account 123456789012.');
  const { Account } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
  if (Account !== account) throw new UsageError(`The credentials are of the account ${Account}, not of ${account}.`);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', default: 'embedded' },
      'aws-endpoint': { type: 'string' },
      'dynamodb-endpoint': { type: 'string' },
      account: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  return values;
}
type Options = ReturnType<typeof readOptions>;

async function main(): Promise<number> {
  const values = readOptions();
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { env, close } = await environmentOf(values);
  try {
    return runSuite(values.target, env);
  } finally {
    await close();
  }
}

/** Runs the suite, shows what failed, and ends with the counts. */
function runSuite(target: string, env: Readonly<Record<string, string>>): number {
  const { status, stdout } = spawnSync('npx', ['tap', '--reporter=tap', 'test/conformance/conformance.test.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env, CONFORMANCE_TARGET: target },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) process.stdout.write(stdout);
  const checks = stdout.split('\n').filter((line) => /^ {8}(not )?ok \d+ - [a-z][a-z/-]*: /.test(line));
  const failed = checks.filter((line) => line.trimStart().startsWith('not ok')).length;
  const differ = checks.filter((line) => /: differs on [\w-]+, as listed/.test(line)).length;
  const kept = checks.length - failed - differ;
  process.stdout.write(`conformance on ${target}: ${kept} kept, ${differ} differ as listed, ${failed} failed\n`);
  return status ?? 1;
}

process.exitCode = await main().catch((error: unknown) => {
  const usage = error instanceof UsageError;
  process.stderr.write(`${usage ? error.message : String((error as Error).stack)}\n`);
  if (usage) process.stderr.write('Try: npm run conformance -- --help\n');
  return 1;
});
