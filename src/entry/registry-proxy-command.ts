import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_AWS_PORT, exportLine, LOCAL_KEY } from '../local/aws/client-variables.ts';
import { startRegistryProxy } from '../local/registry-proxy.ts';

const HELP = `Serves the embedded registry under its real name, by an HTTP proxy that reaches nothing else.

  npm run registry-proxy          and, for a command that speaks to the registry, the variables that it prints

The service must be running (npm start, npm run demo).

Options
  --aws-port PORT      port of the embedded AWS (default ${DEFAULT_AWS_PORT})
  --port PORT          port of the proxy on 127.0.0.1 (default 8083; 0 for a free one)
  --certificate FILE   where the certificate that clients must trust is written (default registry.pem)
  --help               this text
`;

/** A wrong command line, or no service where it is looked for; the message says what would do. */
class UsageError extends Error {}

function portOf(option: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`${option} must be a port from 0 to 65535, not ${text}.`);
}

/** The registry's own name, from where its clients have it. */
async function registryHostAt(endpoint: string): Promise<string> {
  // The SDK's reminder of Node versions is not this command's to tell.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const credentials = {
    accessKeyId: LOCAL_KEY['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: LOCAL_KEY['AWS_SECRET_ACCESS_KEY'] ?? '',
  };
  const region = process.env['AWS_REGION'] ?? 'eu-west-1';
  const ecr = new ECRClient({ endpoint, region, credentials, maxAttempts: 1 });
  const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand({})).catch((error: unknown) => {
    throw new UsageError(
      `Nothing answers as the embedded AWS at ${endpoint} (${(error as Error).name}). Start the service first (npm start), or give --aws-port.`,
    );
  });
  const [{ proxyEndpoint = '' } = {}] = authorizationData;
  return new URL(proxyEndpoint).host;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'aws-port': { type: 'string', default: String(DEFAULT_AWS_PORT) },
      port: { type: 'string', default: '8083' },
      certificate: { type: 'string', default: 'registry.pem' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const endpoint = `http://127.0.0.1:${portOf('--aws-port', values['aws-port'])}`;
  const port = portOf('--port', values.port);
  const registryHost = await registryHostAt(endpoint);
  const proxy = await startRegistryProxy({ registryHost, endpoint, port });
  const certificate = resolve(values.certificate);
  writeFileSync(certificate, proxy.certificate);
  process.stdout.write(`${registryHost} is the embedded registry for commands that have these variables:\n`);
  process.stdout.write(`${exportLine({ HTTPS_PROXY: proxy.url, SSL_CERT_FILE: certificate })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void proxy.close());
}

try {
  await main();
} catch (error) {
  const isKnown = error instanceof UsageError || (error as NodeJS.ErrnoException).code !== undefined;
  process.stderr.write(
    `${isKnown ? (error as Error).message : String((error as Error).stack)}\n${isKnown ? 'See npm run registry-proxy -- --help\n' : ''}`,
  );
  process.exitCode = isKnown ? 2 : 1;
}
