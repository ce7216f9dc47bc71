/**
 * Throws what schemathesis (https://schemathesis.io) makes of openapi.yaml at the running service, with a token, and has
 * it check every answer: no 5xx, and status, headers and body as the contract declares.
 *
 *     node --import=tsx scripts/fuzz-rest.ts [--seconds 40] [--seed 1] [--phases examples,fuzzing,stateful] [-- options of schemathesis]
 *
 * The phase "coverage" looks for texts of exactly the longest length that also fit a pattern. It finds none for the refs and the
 * environment of a grant within minutes, so that createGrant and updateGrant are left out where it is run.
 */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startFuzzedService } from '../test/fuzz/fuzzed-service.ts';
import { pythonTool } from './python-tool.ts';

const SCHEMATHESIS = { command: 'schemathesis', requirement: 'schemathesis==4.32.5' };

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    phases: { type: 'string', default: 'examples,fuzzing,stateful' },
  },
  strict: false,
  allowPositionals: true,
});

const { path, version } = pythonTool(SCHEMATHESIS);
const service = await startFuzzedService();
process.stdout.write(`${version} at ${service.url}\n`);
const child = spawn(
  path,
  [
    '--config-file',
    fileURLToPath(new URL('../test/fuzz/schemathesis.toml', import.meta.url)),
    'run',
    `${service.url}/openapi.yaml`,
    '--url',
    service.url,
    '--header',
    `Authorization: Bearer ${service.token}`,
    '--max-time',
    String(values['seconds']),
    '--seed',
    String(values['seed']),
    '--checks',
    'all',
    '--phases',
    String(values['phases']),
    '--continue-on-failure',
    // A follower of the audit log may wait this long for the next event.
    '--request-timeout',
    '30',
    '--max-response-time',
    '30',
    ...positionals,
  ],
  // It keeps its crash reports in the folder that it runs in.
  { stdio: 'inherit', cwd: tmpdir(), env: { ...process.env, NO_COLOR: '1' } },
);
process.once('exit', () => child.kill());
process.exitCode = await new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
await service.close();
