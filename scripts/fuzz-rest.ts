/**
 * Throws what schemathesis (https://schemathesis.io) makes of openapi.yaml at the running service, with a token, and has
 * it check every answer: no 5xx, and status, headers and body as the contract declares.
 *
 *     node --import=tsx scripts/fuzz-rest.ts [--seconds 40] [--seed 1] [-- options of schemathesis]
 *
 * Its phase "coverage" is left out unless it is asked for (`-- --phases coverage`): it looks for texts of exactly the longest
 * length that also fit a nested pattern, such as a repository's name, and takes longer over that than over all the rest.
 */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startFuzzedService } from '../test/fuzz/fuzzed-service.ts';
import { pythonTool } from './python-tool.ts';

const SCHEMATHESIS = { command: 'schemathesis', requirement: 'schemathesis==4.32.5' };

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '40' }, seed: { type: 'string', default: '1' } },
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
    'examples,fuzzing,stateful',
    '--continue-on-failure',
    // A follower of the audit log may wait this long for the next event.
    '--request-timeout',
    '30',
    ...positionals,
  ],
  // It keeps its crash reports in the folder that it runs in.
  { stdio: 'inherit', cwd: tmpdir(), env: { ...process.env, NO_COLOR: '1' } },
);
process.once('exit', () => child.kill());
process.exitCode = await new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
await service.close();
