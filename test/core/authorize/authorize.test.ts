import * as fc from 'fast-check';
import t from 'tap';
import { authorize, type AuthorizationFacts } from '../../../src/core/authorize/authorize.ts';
import { isManagedBy, isPlatform, relationTo } from '../../../src/core/authorize/relation.ts';
import { RULES, type CommandName } from '../../../src/core/authorize/rules.ts';
import type { Caller } from '../../../src/caller/caller.ts';
import type { Department, ManagerRule } from '../../../src/model/department.ts';
import type { Organisation } from '../../../src/model/organisation.ts';
import type { PlatformCaller } from '../../../src/model/platform-caller.ts';
import {
  EVERYBODY_MAY,
  ITSELF_MAY,
  MANAGERS_MAY_TOO,
  mayRun,
  MEMBERS_MAY,
  READS,
  type Asker,
  type Known,
  type Place,
} from './specification.ts';
import { runs } from '../../support/extent.ts';

const COMMANDS = Object.keys(RULES) as CommandName[];
const EVENTS = ['push', 'workflow_dispatch', 'schedule', 'release'];

/** A few values of each kind, so that they often meet. */
const repositoryId = fc.constantFrom('1', '2', '11');
const ownerId = fc.constantFrom('7', '8', '77');
const ref = fc.constantFrom(
  'refs/heads/main',
  'refs/heads/main2',
  'refs/heads/Main',
  'refs/tags/v1',
  'refs/pull/1/merge',
  'main',
);
const environment = fc.constantFrom('prod', 'prod2', 'Prod', 'dev');
const name = fc.constantFrom('JPPOL-KOA', 'jppol-koa', 'evil', 'JPPOL-KOA-evil');
const event = fc.constantFrom(...EVENTS, 'pull_request', 'pull_request_target', 'issues', 'Push', '');
const pattern = fc.constantFrom('refs/heads/main', 'refs/heads/*', 'refs/tags/v*', 'refs/tags/v1');

const asker: fc.Arbitrary<Asker> = fc.record({
  repositoryId,
  ownerId,
  event,
  ref: fc.option(ref, { nil: undefined }),
  environment: fc.option(environment, { nil: undefined }),
});
const place: fc.Arbitrary<Place> = fc.record(
  { repositoryId, ref: pattern, environment },
  { requiredKeys: ['repositoryId'] },
);
const platformPlace: fc.Arbitrary<Place> = fc.oneof(
  fc.record({ repositoryId, ref: fc.constantFrom('refs/heads/main', 'refs/tags/v1') }),
  fc.record({ repositoryId, environment }),
);
const known: fc.Arbitrary<Known> = fc.record({
  owners: fc.uniqueArray(fc.record({ id: ownerId, shared: fc.boolean(), leaving: fc.boolean() }), {
    selector: ({ id }) => id,
    maxLength: 3,
  }),
  managers: fc.array(place, { maxLength: 3 }),
  selfService: fc.boolean(),
});
const names = fc.record({ owner: name, repository: name, login: name, actor: name });
type Names = { readonly owner: string; readonly repository: string; readonly login: string; readonly actor: string };

function callerOf(
  { ownerId: repositoryOwnerId, event: eventName, ...rest }: Asker,
  { owner, repository, actor }: Names,
): Caller {
  const { ref: ownRef, environment: ownEnvironment, ...ids } = rest;
  return {
    ...ids,
    ...(ownRef === undefined ? {} : { ref: ownRef }),
    ...(ownEnvironment === undefined ? {} : { environment: ownEnvironment }),
    repositoryOwnerId,
    eventName,
    repository: `${owner}/${repository}`,
    repositoryOwner: owner,
    actor,
    issuer: 'https://token.actions.githubusercontent.com',
    subject: `repo:${owner}/${repository}:ref:refs/heads/main`,
  } as unknown as Caller;
}

function factsOf(
  command: CommandName,
  who: Asker,
  department: Known | undefined,
  platform: readonly Place[],
  all: Names,
  more: { readonly dryRun: boolean; readonly onlyItself: boolean },
): AuthorizationFacts {
  return {
    command,
    caller: callerOf(who, all),
    platformCallers: platform as readonly PlatformCaller[],
    mutationEvents: EVENTS,
    ...more,
    ...(department === undefined
      ? {}
      : {
          department: {
            id: 'koa',
            managers: department.managers as readonly ManagerRule[],
            selfService: department.selfService,
          } as unknown as Department,
          organisations: department.owners.map(
            ({ id, shared, leaving }) =>
              ({
                ownerId: id,
                login: all.login,
                shared,
                department: 'koa',
                ...(leaving ? { pending: { operation: 'op', change: 'delete' } } : {}),
              }) as unknown as Organisation,
          ),
        }),
  };
}

const situation = fc.record({ dryRun: fc.boolean(), onlyItself: fc.boolean() });
const command = fc.constantFrom(...COMMANDS);

t.test('a caller may do just what the rules, said a second time, let it do', (t) => {
  let allowed = 0;
  fc.assert(
    fc.property(
      command,
      asker,
      fc.option(known, { nil: undefined }),
      fc.array(platformPlace, { maxLength: 2 }),
      names,
      situation,
      (id, who, department, platform, all, more) => {
        const decision = authorize(factsOf(id, who, department, platform, all, more));
        const expected = mayRun(id, who, department, platform, { ...more, events: EVENTS });
        if (expected) allowed++;
        return (decision.kind === 'allowed') === expected;
      },
    ),
    { numRuns: runs(30_000) },
  );
  t.ok(allowed > runs(1_000), `${allowed} were allowed, so that the property is not an empty one`);
  t.end();
});

t.test('no name decides anything: only ids, the ref, the environment and the event do', (t) => {
  fc.assert(
    fc.property(
      command,
      asker,
      known,
      fc.array(platformPlace, { maxLength: 2 }),
      names,
      names,
      situation,
      (id, who, department, platform, some, others, more) => {
        const [one, two] = [some, others].map((all) => authorize(factsOf(id, who, department, platform, all, more)));
        return one?.kind === two?.kind;
      },
    ),
    { numRuns: runs(10_000) },
  );
  t.end();
});

t.test('whoever is a stranger is never told more than that there is nothing', (t) => {
  fc.assert(
    fc.property(command, asker, known, names, situation, (id, who, department, all, more) => {
      fc.pre(RULES[id].least !== 'anyone');
      const there = authorize(factsOf(id, who, department, [], all, more));
      const notThere = authorize(factsOf(id, who, undefined, [], all, more));
      const isStranger =
        relationTo(
          {
            department: { id: 'koa', managers: department.managers } as never,
            organisations: factsOf(id, who, department, [], all, more).organisations ?? [],
          },
          callerOf(who, all),
          { platformCallers: [], mutationEvents: EVENTS },
        ).role === 'stranger';
      return !isStranger || JSON.stringify(there) === JSON.stringify(notThere);
    }),
    { numRuns: runs(10_000) },
  );
  t.end();
});

t.test('every command has exactly one place in the specification, and what has no rule cannot be called', (t) => {
  const platformOnly = COMMANDS.filter((id) => RULES[id].least === 'platform');
  const lists = [...EVERYBODY_MAY, ...MEMBERS_MAY, ...MANAGERS_MAY_TOO, ...platformOnly];
  t.strictSame([...lists].sort(), [...COMMANDS].sort());
  for (const id of COMMANDS) t.equal(!('mutates' in RULES[id]), READS.includes(id), `${id} changes something, or not`);
  for (const id of COMMANDS) t.equal('selfService' in RULES[id], ITSELF_MAY.includes(id), id);
  t.throws(() =>
    authorize(factsOf('noSuchCommand' as CommandName, WHO, KOA, [], NAMES, { dryRun: false, onlyItself: true })),
  );
  t.end();
});

const NAMES: Names = { owner: 'JPPOL-KOA', repository: 'GiftCardService', login: 'JPPOL-KOA', actor: 'octocat' };
const WHO: Asker = { repositoryId: '1', ownerId: '7', ref: 'refs/heads/main', event: 'push' };
const KOA: Known = {
  owners: [{ id: '7', shared: false, leaving: false }],
  managers: [{ repositoryId: '1', ref: 'refs/heads/main' }],
  selfService: false,
};

t.test('a manager rule', (t) => {
  const rows: readonly (readonly [string, Place, Partial<Asker>, boolean])[] = [
    ['names the ref', { repositoryId: '1', ref: 'refs/heads/main' }, {}, true],
    ['names the environment', { repositoryId: '1', environment: 'prod' }, { environment: 'prod' }, true],
    [
      'names both, and both hold',
      { repositoryId: '1', ref: 'refs/heads/main', environment: 'prod' },
      { environment: 'prod' },
      true,
    ],
    [
      'names both, and only the ref holds',
      { repositoryId: '1', ref: 'refs/heads/main', environment: 'prod' },
      {},
      false,
    ],
    [
      'names both, and only the environment holds',
      { repositoryId: '1', ref: 'refs/heads/main', environment: 'prod' },
      { environment: 'prod', ref: 'refs/heads/dev' },
      false,
    ],
    ['names neither', { repositoryId: '1' }, { environment: 'prod' }, false],
    ['of another repository', { repositoryId: '2', ref: 'refs/heads/main' }, {}, false],
    ['of an id that begins alike', { repositoryId: '11', ref: 'refs/heads/main' }, {}, false],
    ['of another branch', { repositoryId: '1', ref: 'refs/heads/dev' }, {}, false],
    ['of a branch in another case', { repositoryId: '1', ref: 'refs/heads/Main' }, {}, false],
    ['of a branch that begins alike', { repositoryId: '1', ref: 'refs/heads/mai' }, {}, false],
    ['of a longer branch', { repositoryId: '1', ref: 'refs/heads/main2' }, {}, false],
    ['with a trailing *', { repositoryId: '1', ref: 'refs/heads/m*' }, {}, true],
    ['with a trailing * of tags', { repositoryId: '1', ref: 'refs/tags/m*' }, {}, false],
    ['with a * inside, which is only a letter', { repositoryId: '1', ref: 'refs/*/main' }, {}, false],
    ['with a ?, which is only a letter', { repositoryId: '1', ref: 'refs/heads/mai?' }, {}, false],
    ['with a *, for a token without a ref', { repositoryId: '1', ref: '*' }, { ref: undefined }, false],
    ['of an environment in another case', { repositoryId: '1', environment: 'Prod' }, { environment: 'prod' }, false],
    [
      'of an environment with a *, which is only a letter',
      { repositoryId: '1', environment: 'pr*' },
      { environment: 'prod' },
      false,
    ],
    ['of an empty environment, for a token without one', { repositoryId: '1', environment: '' }, {}, false],
  ];
  for (const [what, rule, more, holds] of rows) {
    const who = { ...WHO, ...more };
    t.equal(isManagedBy(rule as ManagerRule, callerOf(who, NAMES)), holds, what);
    const decision = authorize(
      factsOf('deleteRepository', who, { ...KOA, managers: [rule] }, [], NAMES, { dryRun: false, onlyItself: false }),
    );
    t.equal(decision.kind === 'allowed', holds, `${what}: and so it decides`);
  }
  t.equal(
    isPlatform(callerOf(WHO, NAMES), {
      platformCallers: [{ repositoryId: '1' } as PlatformCaller],
      mutationEvents: EVENTS,
    }),
    false,
    'nor does a platform caller without a place match any',
  );
  t.equal(
    authorize(
      factsOf('deleteRepository', { ...WHO, ownerId: '8' }, KOA, [], NAMES, { dryRun: false, onlyItself: false }),
    ).kind,
    'unknown',
    'a manager outside the department’s organisations is a stranger',
  );
  t.end();
});

t.test(
  'by any other event the workflow of a manager and of the platform is a member, in what it reads and tries too',
  (t) => {
    const platform: readonly Place[] = [{ repositoryId: '1', ref: 'refs/heads/main' }];
    const other = [
      'pull_request',
      'pull_request_target',
      'issue_comment',
      'issues',
      'workflow_run',
      'PUSH',
      'push ',
      '',
    ];
    for (const started of other) {
      for (const known of [KOA, { ...KOA, selfService: false }]) {
        for (const id of COMMANDS) {
          const ask = (dryRun: boolean, repositoryId = '1', event = started) =>
            authorize(
              factsOf(id, { ...WHO, repositoryId, event }, known, platform, NAMES, { dryRun, onlyItself: true }),
            ).kind;
          const what = `${id} by ${JSON.stringify(started)}, self-service ${known.selfService}`;
          t.equal(ask(true), ask(true, '2', 'push'), `${what}, dry: as a member's push may`);
          t.equal(ask(false), READS.includes(id) ? ask(false, '2', 'push') : 'denied', what);
        }
      }
    }
    t.end();
  },
);

t.test('by any other event nobody is more than a stranger to a department whose organisation is shared', (t) => {
  const shared: Known = { ...KOA, owners: [{ id: '7', shared: true, leaving: false }] };
  for (const event of ['push', 'pull_request_target', 'issue_comment']) {
    const { kind } = authorize(
      factsOf('getDepartment', { ...WHO, event }, shared, [], NAMES, { dryRun: false, onlyItself: false }),
    );
    t.equal(kind, event === 'push' ? 'allowed' : 'unknown', event);
  }
  t.end();
});

t.test('a denial for the event says so, and which events would do', (t) => {
  const facts = factsOf('createGrant', { ...WHO, event: 'issue_comment' }, { ...KOA, selfService: false }, [], NAMES, {
    dryRun: true,
    onlyItself: false,
  });
  t.match(authorize(facts), { kind: 'denied', missed: /started by issue_comment/, nearest: /push, workflow_dispatch/ });
  t.end();
});

t.test('a denial is of a department only where the caller may know of it', (t) => {
  const member: Asker = { ...WHO, repositoryId: '2' };
  t.match(authorize(factsOf('createRepository', member, KOA, [], NAMES, { dryRun: false, onlyItself: false })), {
    kind: 'denied',
    department: 'koa',
    missed: /repository id 2 at ref refs\/heads\/main/,
    nearest: /manager rule/,
  });
  t.match(
    authorize(
      factsOf('createRepository', member, { ...KOA, selfService: true }, [], NAMES, {
        dryRun: false,
        onlyItself: false,
      }),
    ),
    { kind: 'denied', missed: /Self-service/, nearest: /your own repository/ },
  );
  const none = authorize(factsOf('createDepartment', member, KOA, [], NAMES, { dryRun: false, onlyItself: false }));
  t.match(none, { kind: 'denied', missed: /platform team/ });
  t.notOk('department' in none);
  t.end();
});
