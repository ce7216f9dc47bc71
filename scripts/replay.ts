import { parseArgs } from 'node:util';
import { composeExecutor } from '../src/compose/compose-executor.ts';
import { readConfig } from '../src/config/config.ts';
import { handleEvent } from '../src/executor/handle.ts';
import { listDeadLetters } from '../src/ledger/dead-letters.ts';

const HELP = `Finds what is left over, and sees to it.

  npm run replay                                    lists the dead letters
  npm run replay -- --department koa                works off what is pending of a department
  npm run replay -- --operation op-…                replays an operation, by the API:
                                                    needs ECP_API (its URL) and ECP_TOKEN (a token of the platform team)

The first two go by the AWS SDK's own variables and the ECP_* settings of docs/configuration.md, as the executor does.
`;

const { values } = parseArgs({
  options: {
    department: { type: 'string' },
    operation: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** A replay is a mutation like any other: accepted, audited and carried out in the order of the department's versions. */
async function replay(operation: string): Promise<void> {
  const { ECP_API: api, ECP_TOKEN: token } = process.env;
  if (api === undefined || token === undefined) throw new Error('Set ECP_API and ECP_TOKEN; see --help.');
  const response = await fetch(`${api}/v1/operations/${encodeURIComponent(operation)}/replay`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  console.log(await response.text());
  if (!response.ok) process.exitCode = 1;
}

async function workOff(department: string): Promise<void> {
  await handleEvent(composeExecutor(readConfig(process.env), { log: console }), { department });
  console.log(`Nothing of ${department} is pending that this run may carry out.`);
}

async function list(): Promise<void> {
  const letters = await listDeadLetters(composeExecutor(readConfig(process.env), {}).tables);
  for (const { operation, department, command, at, error } of letters)
    console.log(`${at} ${department} ${command} ${operation}: ${error.code}: ${error.detail}`);
  console.log(`${letters.length} dead letters`);
}

if (values.help) console.log(HELP);
else if (values.operation !== undefined) await replay(values.operation);
else if (values.department !== undefined) await workOff(values.department);
else await list();
