import t from 'tap';
import { eventOf } from '../../src/ledger/read-audit.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import type { EntityChange, ToldEntity } from '../../src/model/entity-change.ts';
import { HISTORIES } from '../support/extent.ts';
import { differences, histories, historiesOf, type History } from '../support/histories.ts';

/** The members of what is told of each kind of entity, without the optional ones of their own; the compiler holds it to the model. */
const MEMBERS: {
  readonly [Told in ToldEntity as Told['type']]: Readonly<Record<keyof Required<Told['value']>, true>>;
} = {
  department: {
    id: true,
    displayName: true,
    namespace: true,
    roleName: true,
    managers: true,
    selfService: true,
    createdAt: true,
    updatedAt: true,
    revision: true,
  },
  organisation: {
    department: true,
    login: true,
    ownerId: true,
    shared: true,
    createdAt: true,
    updatedAt: true,
    revision: true,
  },
  'account-access': { department: true, accounts: true, organisationPull: true, updatedAt: true, revision: true },
  repository: {
    name: true,
    department: true,
    imageTagMutability: true,
    imageTagMutabilityExclusionFilters: true,
    scanOnPush: true,
    lifecyclePolicy: true,
    encryption: true,
    createdBy: true,
    createdAt: true,
    updatedAt: true,
    revision: true,
  },
  'access-in-place': { operation: true, detail: true, accounts: true, organisationPull: true },
  grant: {
    id: true,
    department: true,
    organisation: true,
    repository: true,
    repositoryId: true,
    repositories: true,
    refs: true,
    environment: true,
    pullRequests: true,
    pushRole: true,
    createdAt: true,
    createdBy: true,
    updatedAt: true,
    revision: true,
  },
  'push-role': {
    name: true,
    department: true,
    path: true,
    scope: true,
    repositories: true,
    sessionsRevokedBefore: true,
    createdAt: true,
    updatedAt: true,
    revision: true,
  },
};

const FIELDS = Object.entries(MEMBERS).flatMap(([type, members]) =>
  Object.keys(members).map((member) => [type, member] as const),
);

/** Seeds whose histories show each field and each outcome that is asked for below, however few others are played. */
const SHOWING = [1, 13, 14, 58];

/** Seeds of histories that once told something otherwise: a list that AWS refused for a repository which was being deleted. */
const ONCE_WRONG = [152_759_026];

/** A history that shows each field, the last that was met. */
const showing = new Map<string, History>();
/** What came of operations, over all histories. */
const outcomes = new Set<string>();

t.test('from the events of its chain alone a department is rebuilt, at each moment of a random history', async (t) => {
  const wrong: string[] = [];
  const seed = Date.now() % 1_000_000_000;
  for (const played of [historiesOf([...SHOWING, ...ONCE_WRONG]), histories(HISTORIES, seed)])
    for await (const history of played) {
      wrong.push(...differences(history));
      remember(history);
    }
  t.strictSame(wrong.slice(0, 5), [], `the seeds ${SHOWING.join(', ')}, and ${HISTORIES} from ${seed} on`);
});

function remember(history: History): void {
  for (const event of history.events) {
    outcomes.add(`${event.action} ${event.outcome}`).add(event.reason?.code ?? '');
    for (const { type, before, after } of event.change ?? [])
      for (const member of Object.keys({ ...before, ...after })) showing.set(`${type}.${member}`, history);
  }
}

t.test('the histories have refusals, undos, supersessions, replays, deletions and reconciliations', async (t) => {
  for (const needed of [
    'quota-exceeded',
    'refused-by-aws',
    'superseded',
    'replayOperation succeeded',
    'deleteDepartment succeeded',
    'reconcileDepartment succeeded',
    'putAccountAccess progressed',
  ])
    t.ok(outcomes.has(needed), needed);
});

t.test('each field that is left out of the changes is missed', async (t) => {
  for (const [type, member] of FIELDS) {
    const history = showing.get(`${type}.${member}`);
    if (history === undefined) {
      t.fail(`no history shows ${type}.${member}`);
      continue;
    }
    const without = { ...history, events: history.events.map((event) => withoutField(event, type, member)) };
    t.not(differences(without).length, 0, `without ${type}.${member}`);
  }
});

/** The event as it would have been written without a member of one kind of entity. */
function withoutField(event: AuditEvent, type: string, member: string): AuditEvent {
  const cut = (value: EntityChange['after']) =>
    value === undefined ? undefined : Object.fromEntries(Object.entries(value).filter(([name]) => name !== member));
  const change = event.change?.map((one) =>
    one.type === type ? { ...one, before: cut(one.before), after: cut(one.after) } : one,
  );
  return eventOf(JSON.stringify({ ...event, change }));
}
