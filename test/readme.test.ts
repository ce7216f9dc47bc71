/** What the README tells people to type, run as it is written against a server that was started as it says. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What the README says of where the service is; a test takes a free port. */
const ADDRESS = 'http://127.0.0.1:8080';
/** Blocks that are not requests to the API, by how they begin: the tests themselves, and what a step of CI does with AWS's and OCI's tools. */
const NOT_REQUESTS = [
  'npm ci && npm run demo',
  'export AWS_ENDPOINT_URL_ECR=',
  'npm run -s token -- --repository JPPOL-KOA/GiftCardService --audience sts.amazonaws.com',
];

interface Served {
  readonly child: ChildProcess;
  readonly api: string;
  readonly issuer: string;
}

async function serve(args: readonly string[]): Promise<Served> {
  const child = spawn(
    process.execPath,
    ['--import=tsx', 'src/entry/server.ts', '--port', '0', '--issuer-port', '0', '--aws-port', '0', ...args],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('Serving at')) continue;
    const { api, issuer } = JSON.parse(line) as Record<string, string>;
    child.stdout.resume();
    return { child, api: String(api), issuer: String(issuer) };
  }
  throw new Error(`The server ended with ${child.exitCode} before it served.`);
}

/** Runs a script as a person's shell would, but stops at the first command or request that fails. */
async function run(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', HOME: env['CURL_HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { output: await text(child.stdout), code: await ended };
}

t.test('each request of the README works as it is written after npm start -- --example', async (t) => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const requests = blocks.filter((block) => !NOT_REQUESTS.some((begin) => block.startsWith(begin)));
  t.equal(blocks.length - requests.length, NOT_REQUESTS.length);
  t.equal(requests.length, 3, 'REST, a token as GitHub Actions asks for it, and GraphQL');

  const { child, api, issuer } = await serve(['--example']);
  t.teardown(() => child.kill('SIGKILL'));
  // A shell's curl answers 0 to a problem too; with this it does not.
  const home = await mkdtemp(join(tmpdir(), 'readme-'));
  t.teardown(() => rm(home, { recursive: true }));
  await writeFile(join(home, '.curlrc'), 'fail-with-body\n');
  const variables = 'eval "$(npm run -s token -- --repository JPPOL-KOA/GiftCardService --request)"';
  const script = [variables, ...requests.map((block) => block.replaceAll(ADDRESS, api))].join('\necho\n');
  const { code, output } = await run(script, { CURL_HOME: home, ECP_LOCAL_ISSUER_URL: issuer });
  t.equal(code, 0, 'no command and no request fails', { output });
  t.match(output, /"role":"manager"/, 'who am I');
  t.match(output, /"name":"giftcard-worker"/, 'the repository is created');
  t.match(output, /"blastRadius"/, 'the dry run answers the blast radius');
  t.match(output, /uses: aws-actions\/configure-aws-credentials/, 'the workflow');
  t.match(output, /"organisation":"JPPOL-KOA","repository":"GiftCardService"/, 'GraphQL tells who pushes');
  t.notMatch(output, /"errors":/, 'and has no errors');
});
