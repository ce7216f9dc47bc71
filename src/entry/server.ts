import { parseArgs } from 'node:util';
import type { FastifyBaseLogger } from 'fastify';
import { closeApp } from '../http/close-app.ts';
import { composeApi } from '../compose/compose-api.ts';
import { composeExecutor } from '../compose/compose-executor.ts';
import { ConfigError, readConfig } from '../config/config.ts';
import { loadContracts } from '../contract/contract-source.ts';
import { handleEvent } from '../executor/handle.ts';

const HELP = `Serves the ECR control plane.

  npm start                       on the embedded default, in memory
  npm start -- --example          the same, with the example's department, so that the README's requests work
  npm start -- --data DIR         the same, and keep everything in DIR across restarts
  npm start -- --aws env          against what the AWS SDK's own variables point to

Options
  --port PORT          port of the API on 127.0.0.1 (default 8080; 0 for a free one)
  --issuer-port PORT   port of the embedded GitHub issuer (default 8081)
  --aws-port PORT      port of the embedded AWS, which any AWS client may use (default 8082)
  --data DIR           folder for the embedded default's state
  --example            onboards the example's department, unless it is there already
  --aws embedded|env   embedded (default), or env: AWS_REGION, credentials, AWS_ENDPOINT_URL_ECR,
                       AWS_ENDPOINT_URL_IAM, AWS_ENDPOINT_URL_DYNAMODB and the ECP_* settings
                       of docs/configuration.md
  --log-level LEVEL    trace, debug, info (default), warn, error or silent
  --help               this text
`;

interface Options {
  readonly port: number;
  readonly issuerPort: number;
  readonly awsPort: number;
  readonly data: string | undefined;
  readonly example: boolean;
  readonly aws: 'embedded' | 'env';
  readonly logLevel: string;
}

/** A wrong command line; the message says what would do. */
class UsageError extends Error {}

function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: process.env['PORT'] ?? '8080' },
      'issuer-port': { type: 'string', default: '8081' },
      'aws-port': { type: 'string', default: '8082' },
      data: { type: 'string' },
      example: { type: 'boolean', default: false },
      aws: { type: 'string', default: 'embedded' },
      'log-level': { type: 'string', default: 'info' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.aws !== 'embedded' && values.aws !== 'env')
    throw new UsageError(`--aws takes embedded or env, not ${values.aws}.`);
  if (values.aws === 'env' && values.data !== undefined)
    throw new UsageError('--data is for the embedded default; with --aws env the state is in DynamoDB.');
  if (values.aws === 'env' && values.example)
    throw new UsageError(
      '--example is for the embedded default; with --aws env departments are those of the platform team.',
    );
  return {
    port: portOf('--port', values.port),
    issuerPort: portOf('--issuer-port', values['issuer-port']),
    awsPort: portOf('--aws-port', values['aws-port']),
    data: values.data,
    example: values.example,
    aws: values.aws,
    logLevel: values['log-level'],
  };
}

function portOf(option: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`${option} must be a port from 0 to 65535, not ${text}.`);
  return port;
}

async function serve(options: Options): Promise<void> {
  const contracts = loadContracts();
  // At boot and not with the first GraphQL request: a schema that does not match the contract must not be served at all.
  const { checkSdl } = await import('../http/graphql/check-schema.ts');
  checkSdl(contracts.contract, contracts.schema);
  const { default: pino } = await import('pino');
  const logger = pino({ level: options.logLevel, redact: ['req.headers.authorization'] }) as FastifyBaseLogger;
  const close =
    options.aws === 'embedded' ? await serveEmbedded(options, logger) : await serveEnvironment(options, logger);
  endOnSignals(close);
}

/** Longest time that a process takes to end, in milliseconds: whoever sent the signal, such as Docker, kills after ten seconds. */
const END_MILLISECONDS = 8_000;

/** The first signal ends the process in order, within seconds; a second one, or trouble while ending, at once. */
function endOnSignals(close: () => Promise<void>): void {
  let isEnding = false;
  const end = (): void => {
    // What was accepted is in the ledger, and is gone on with by the next process: nothing is lost by ending at once.
    if (isEnding) process.exit(1);
    isEnding = true;
    setTimeout(() => process.exit(1), END_MILLISECONDS).unref();
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
}

async function serveEmbedded(
  { port, issuerPort, awsPort, data, example }: Options,
  logger: FastifyBaseLogger,
): Promise<() => Promise<void>> {
  const { startEmbedded } = await import('../local/embedded.ts');
  const { clientVariables, exportLine, LOCAL_KEY } = await import('../local/aws/client-variables.ts');
  const embedded = await startEmbedded({
    issuerPort,
    aws: { port: awsPort },
    log: logger,
    ...(data === undefined ? {} : { dataDir: data }),
  });
  const { config, endpoints, jwksFetch } = embedded;
  const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch, logger });
  const address = await app.listen({ port, host: '127.0.0.1' });
  if (example) {
    const { onboardExample } = await import('../local/onboard-example.ts');
    await onboardExample(embedded, address);
  }
  logger.info(
    {
      api: address,
      issuer: embedded.issuer.url,
      aws: embedded.aws.endpoint,
      dynamoDb: endpoints.dynamoDb,
      kept: data ?? 'in memory',
    },
    `Serving at ${address}; a token: npm run -s token -- --repository O/R`,
  );
  const variables = { ...clientVariables(embedded.aws, config.aws.region), ...LOCAL_KEY };
  logger.info(`For any AWS client: ${exportLine(variables)}`);
  return async () => {
    await closeApp(app);
    await embedded.close();
  };
}

/** How often the schedule rings where no event source mapping does. */
const RING_MILLISECONDS = 250;

/** In an account the executor is a Lambda of its own; with `--aws env` this process is both, and rings by a schedule. */
async function serveEnvironment({ port }: Options, logger: FastifyBaseLogger): Promise<() => Promise<void>> {
  const config = readConfig(process.env);
  const app = composeApi({ config, ...loadContracts(), logger });
  const executor = composeExecutor(config, { log: logger });
  if (process.env['ECP_CREATE_TABLES'] === 'true') {
    const { ensureTables } = await import('../ledger/tables.ts');
    await ensureTables(executor.tables);
  }
  const closed = new AbortController();
  const ring = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      await handleEvent(executor, { source: 'aws.scheduler' }).catch((error: unknown) =>
        logger.warn({ err: error }, 'The executor will be rung again'),
      );
      await executor.pause(RING_MILLISECONDS);
    }
  };
  const ringing = ring();
  await app.listen({ port, host: '127.0.0.1' });
  return async () => {
    closed.abort();
    await closeApp(app);
    await ringing;
  };
}

async function main(): Promise<void> {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options === 'help') process.stdout.write(HELP);
    else await serve(options);
  } catch (error) {
    const known =
      error instanceof UsageError ||
      error instanceof ConfigError ||
      (error as NodeJS.ErrnoException).code !== undefined;
    process.stderr.write(
      `${known ? (error as Error).message : String((error as Error).stack)}\n${known ? 'Try: npm start -- --help\n' : ''}`,
    );
    process.exit(1);
  }
}

await main();
