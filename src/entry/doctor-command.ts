import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { parseArgs } from 'node:util';
import { clientOptions } from '../aws/client-options.ts';
import { ConfigError, readConfig } from '../config/config.ts';
import { examine, type Finding } from '../maintenance/doctor.ts';

const HELP = `Looks at a deployment from outside, with rights to read only.

  npm run doctor -- --api https://ecr.example.com

Reads the ECP_* settings of docs/configuration.md (tofu output -json environment has them) and the AWS SDK's own
variables. Ends with 1 when something is bad.

Options
  --api URL          address of the API; without it the API is not asked
  --issuer-url URL   where to ask the issuer, if not at its own address
  --help             this text
`;

/** No check may keep the others waiting. */
const PATIENCE_MILLISECONDS = 5_000;

const SIGNS: Readonly<Record<Finding['state'], string>> = { good: 'ok  ', weak: 'WEAK', bad: 'BAD ' };

async function main(): Promise<number> {
  // The SDK's reminder that a later version of it needs a later Node; package.json says which Node this needs.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const { values } = parseArgs({
    options: { api: { type: 'string' }, 'issuer-url': { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const config = readConfig(process.env);
  const options = clientOptions({ region: config.aws.region });
  const findings = await examine({
    config,
    iam: new IAMClient(options),
    sts: new STSClient(options),
    dynamoDb: new DynamoDBClient(options),
    fetch: (url) => fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) }),
    now: () => new Date(),
    ...(values.api === undefined ? {} : { apiUrl: values.api.replace(/\/+$/, '') }),
    ...(values['issuer-url'] === undefined ? {} : { issuerUrl: values['issuer-url'].replace(/\/+$/, '') }),
  });
  for (const { state, about, detail } of findings) process.stdout.write(`${SIGNS[state]} ${about}: ${detail}\n`);
  const count = (state: Finding['state']): number => findings.filter((finding) => finding.state === state).length;
  process.stdout.write(`${count('good')} good, ${count('weak')} weak, ${count('bad')} bad\n`);
  return count('bad') === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const known =
    error instanceof ConfigError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true;
  process.stderr.write(
    `${known ? (error as Error).message : String((error as Error).stack)}\nTry: npm run doctor -- --help\n`,
  );
  process.exitCode = 1;
}
