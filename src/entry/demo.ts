import { parseArgs } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { composeApi } from '../compose/compose-api.ts';
import { loadContracts } from '../contract/contract-source.ts';
import { clientVariables, DEFAULT_AWS_PORT, exportLine, LOCAL_KEY } from '../local/aws/client-variables.ts';
import { startEmbedded, type Embedded } from '../local/embedded.ts';
import { STORY } from '../local/story.ts';
import { newWorld, type World } from '../local/story-world.ts';

const HELP = `Plays the example of the KOA department through the public API, on the embedded default.

  npm run demo                 the story, then keeps serving
  npm run demo -- --once       the story, then ends; exit code 0 only if every step held

Options
  --port PORT          port of the API (default 8080; with --once a free one)
  --issuer-port PORT   port of the embedded GitHub issuer (default 8081; with --once a free one)
  --aws-port PORT      port of the embedded AWS (default 8082; with --once a free one)
  --help               this text
`;

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: 'boolean', default: false },
      port: { type: 'string' },
      'issuer-port': { type: 'string' },
      'aws-port': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { once, help } = values;
  return {
    once,
    help,
    port: Number(values.port ?? (once ? 0 : 8080)),
    issuerPort: Number(values['issuer-port'] ?? (once ? 0 : 8081)),
    awsPort: Number(values['aws-port'] ?? (once ? 0 : DEFAULT_AWS_PORT)),
  };
}

async function main(): Promise<number | undefined> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return (say(HELP.trimEnd()), 0);
  say('The ECR control plane, on an embedded AWS and an embedded GitHub. Nothing leaves this machine.\n');
  const { embedded, app, url } = await start(options);
  const close = async (): Promise<void> => {
    await app.close();
    await embedded.close();
  };
  const failed = await play(newWorld(embedded, url));
  if (options.once || failed > 0) {
    await close();
    return failed === 0 ? 0 : 1;
  }
  sayHowToGoOn(url, embedded);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void close().then(() => process.exit(0)));
  return undefined;
}

async function start({
  port,
  issuerPort,
  awsPort,
}: ReturnType<typeof readOptions>): Promise<{ embedded: Embedded; app: FastifyInstance; url: string }> {
  const began = performance.now();
  const embedded = await startEmbedded({ issuerPort, aws: { port: awsPort } });
  const { config, endpoints, jwksFetch } = embedded;
  const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch });
  const url = await app.listen({ port, host: '127.0.0.1' });
  say(
    line(
      0,
      'DynamoDB, ECR, IAM, STS and a GitHub issuer are up, and the API on top of them',
      performance.now() - began,
      true,
    ),
  );
  return { embedded, app, url };
}

/** Plays the story, a line of progress for each step; gives the number of steps that did not hold. */
async function play(world: World): Promise<number> {
  let failed = 0;
  for (const [index, step] of STORY.entries()) {
    const began = performance.now();
    try {
      const details = await step.play(world);
      say(line(index + 1, step.title, performance.now() - began, true));
      for (const detail of details) say(detail.replaceAll(/^/gm, '        '));
    } catch (error) {
      failed += 1;
      say(line(index + 1, step.title, performance.now() - began, false));
      say(`        ${(error as Error).message}`);
      break;
    }
  }
  const held = `${STORY.length - failed} of ${STORY.length} steps`;
  say(failed === 0 ? `\nEvery step held (${held}).` : '\nA step did not hold; the rest was not played.');
  return failed;
}

function line(number: number, title: string, milliseconds: number, ok: boolean): string {
  const time = `${Math.round(milliseconds)} ms`.padStart(8);
  return `${ok ? '✔' : '✘'} ${String(number).padStart(2)} ${time}  ${title}`;
}

function sayHowToGoOn(url: string, { config, issuer, aws }: Embedded): void {
  say(`
It keeps serving. Ctrl-C ends it; nothing is kept.
  API      ${url}          (REST under /v1, the contract at /openapi.yaml, GraphQL at /graphql)
  issuer   ${issuer.url}          (stands in for GitHub's OIDC issuer)
  AWS      ${aws.endpoint}          (stands in for ECR, IAM and STS; access key local, secret local)

Go on in another terminal. A token of the department's workflow, good for five minutes:
  TOKEN=$(npm run -s token -- --repository JPPOL-KOA/GiftCardService --issuer-url ${issuer.url})

  curl -sH "Authorization: Bearer $TOKEN" ${url}/v1/whoami
  curl -sH "Authorization: Bearer $TOKEN" ${url}/v1/repositories/giftcard-service
  curl -sH "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' ${url}/v1/departments/koa/repositories -d '{"name": "giftcard-worker"}'

Any AWS client works on the embedded AWS, for example the AWS CLI:
  ${exportLine({ ...clientVariables(aws, config.aws.region), ...LOCAL_KEY })}
  aws ecr describe-repositories
`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const code = await main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\nTry: npm run demo -- --help\n`);
  return 1;
});
if (code !== undefined) process.exit(code);
