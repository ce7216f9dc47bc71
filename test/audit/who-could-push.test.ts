import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { cloudEventLine } from '../../src/audit/cloud-event.ts';
import type { ToldEntity } from '../../src/model/entity-change.ts';
import { histories, type History } from '../support/histories.ts';
import type { Moment } from '../support/told.ts';

const SCRIPT = fileURLToPath(new URL('../../docs/examples/who_could_push.py', import.meta.url));
const SOURCE = '/ecr-control-plane/354918371398/eu-west-1';
const HISTORIES = 8;

const folder = await mkdtemp(join(tmpdir(), 'who-could-push-'));
t.teardown(() => rm(folder, { recursive: true }));

t.test(
  "an auditor's script says from an export alone who could push at a time, as the ledger had it then",
  async (t) => {
    let pushers = 0;
    for await (const history of histories(HISTORIES, Date.now() % 1_000_000_000)) {
      const file = join(folder, 'events.ndjson');
      await writeFile(
        file,
        history.events.map((event) => `${cloudEventLine(JSON.stringify(event), SOURCE)}\n`).join(''),
      );
      for (const { moment, time } of datable(history)) {
        const { stdout } = await promisify(execFile)('python3', [SCRIPT, time, file]);
        const told = stdout
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.replace(/; allowed by .*/, ''));
        const had = [...moment.ledger.applied.values()].flatMap((one) => pushersOf(one));
        pushers += had.length;
        const chain = history.events[0]?.chain;
        t.strictSame(
          told.toSorted(),
          had.map((line) => `${chain}: ${line}`).toSorted(),
          `seed ${history.seed}, ${time}`,
        );
      }
    }
    t.ok(pushers > 0, `${pushers} pushers`);
  },
);

/** Some moments of a history that a time tells from those before and after: an event's time has milliseconds. */
function datable({ events, moments }: History): readonly { readonly moment: Moment; readonly time: string }[] {
  const dated = moments.flatMap((moment) => {
    const [last, next] = [events[moment.events - 1], events[moment.events]];
    if (last === undefined) return [];
    const time = next?.time ?? '9999-01-01T00:00:00.000Z';
    return last.time < time ? [{ moment, time }] : [];
  });
  return [...new Map(dated.map((one) => [one.time, one])).values()].slice(-4);
}

function pushersOf({ type, id, value }: ToldEntity): readonly string[] {
  switch (type) {
    case 'grant': {
      const { organisation, repository, repositoryId = '*', refs, environment, pullRequests, repositories } = value;
      const any = pullRequests ? 'pull requests' : 'any ref';
      const from = refs?.join(', ') ?? environment ?? any;
      return [
        `${organisation}/${repository} ${repositoryId} from ${from} to ${repositories?.join(', ') ?? 'all repositories'}`,
      ];
    }
    case 'account-access':
    case 'access-in-place': {
      const to = type === 'account-access' ? 'all repositories' : id;
      return value.accounts.flatMap(({ accountId, canWrite }) => (canWrite ? [`account ${accountId} to ${to}`] : []));
    }
    case 'department':
    case 'organisation':
    case 'repository':
    case 'push-role':
      return [];
  }
}
