import t from 'tap';
import type { World } from './world.ts';
import { executedOf, importsOfSource, isOfAnEntry, nameOf } from './imports-on-demand.ts';
import {
  answeredCheck,
  checks,
  onDemandChecks,
  requiredRows,
  requiredStatuses,
  statusCheck,
  type Played,
} from './suite.ts';

const form = { notApplicable: () => undefined };
const nothing: Pick<World, 'answered' | 'statuses'> = { answered: new Set(), statuses: new Set() };

function failures(played: readonly Played[]): number {
  return played.filter(({ outcome }) => outcome.kind === 'failed').length;
}

t.test('each operation of openapi.yaml and each root field of the schema has checks of its own', async (t) => {
  const rows = new Set(checks().map(({ row }) => row));
  t.same(
    requiredRows().filter((row) => !rows.has(row)),
    [],
  );
});

t.test('an operation or a root field that nothing answered well is a failure, whatever the checks say', async (t) => {
  const seen = { ...nothing, form };
  t.equal(failures(requiredRows().map((row) => answeredCheck(row, seen))), requiredRows().length);
  t.match(answeredCheck('healthz', { ...seen, answered: new Set(['healthz']) }).outcome, { kind: 'ok' });
});

t.test('a status that openapi.yaml declares and no answer had is a failure', async (t) => {
  const outcome = (statuses: readonly string[]) =>
    statusCheck('createGrant', 201, { ...nothing, statuses: new Set(statuses), form }).outcome.kind;
  t.equal(outcome([]), 'failed');
  t.equal(outcome(['createGrant 200', 'createRepository 201']), 'failed');
  t.equal(outcome(['createGrant 201']), 'ok');
  for (const status of [400, 401, 403, 404, 412])
    t.ok(
      requiredStatuses().some(([row, one]) => row === 'createRepository' && one === status),
      `createRepository must be seen to answer ${status}`,
    );
});

t.test('an import on demand that was not executed is a failure', async (t) => {
  const expected = importsOfSource();
  t.ok(expected.some((one) => !isOfAnEntry(one)));
  const play = (executed: ReadonlySet<string>) =>
    onDemandChecks({ ...form, importsOnDemand: async () => ({ expected, executed }) });
  t.equal(failures(await play(executedOf([]))), expected.length, 'none was asked for');
  t.equal(failures(await play(new Set(expected.map(nameOf)))), 0);
  const client = '@aws-sdk/client-ecr';
  const importer = new URL('../../src/aws/registry-look.ts', import.meta.url).href;
  t.same([...executedOf([`${importer} ${client}`])], [`src/aws/registry-look.ts → ${client}`]);
});
