/** REST and GraphQL are two faces of one service: the same question has the same answer, plan, audit event and error. */
import t from 'tap';
import { CONTRACT, graphqlMutation, operationOf, restRequest, type Asked } from '../support/both-faces.ts';
import { readWholeChain } from '../support/invariants.ts';
import {
  idOf,
  KOA,
  onboard,
  PLATFORM,
  POL,
  startService,
  STRANGER,
  type Answer,
  type Service,
} from '../support/service.ts';
import type { Job } from '../../src/local/github/job.ts';

/** Onboards the department that both services play with; each has the same names and ids, because ids follow from names. */
async function startKoa(t: Parameters<typeof startService>[0]): Promise<Service> {
  const service = await startService(t);
  await onboard(service, { id: 'koa', organisation: 'JPPOL-KOA', manager: KOA });
  await onboard(service, { id: 'pol', organisation: 'JPPOL-POL', manager: POL, namespace: 'pol' });
  return service;
}

/** What GraphQL calls otherwise, so that it can link to the thing itself. */
const REST_NAMES: Readonly<Record<string, string>> = {
  departmentId: 'department',
  pushRoleName: 'pushRole',
  operationId: 'operation',
  imageMutability: 'imageTagMutability',
};
/** What only REST has: GraphQL has links to other things, and types, in their place. */
const LINKS = new Set(['pendingOperation', 'kind', 'links']);

/** A value without what differs between any two requests: ids and times. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value === 'string') {
    return value
      .replaceAll(/(grant|op)-[0-9a-hjkmnp-tv-z]{26}/g, '$1-ID')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/koa-github-ecr-access-[0-9a-hjkmnp-tv-z]{10}/g, 'ROLE-OF-GRANT');
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value)
    .filter(([name, member]) => member !== null && !LINKS.has(name) && name !== '__typename')
    .map(([name, member]) => [REST_NAMES[name] ?? name, comparable(member)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What an audit event says apart from when, by which request, and from where. */
function eventsOf(chain: readonly object[]): unknown {
  return chain.map((event) => {
    const {
      id: _id,
      hash: _hash,
      prev: _prev,
      time: _time,
      source: _source,
      caller,
      awsCalls,
      ...rest
    } = event as Record<string, unknown>;
    const { jti: _jti, runId: _runId, tokenSha256: _token, ...who } = (caller ?? {}) as Record<string, unknown>;
    const calls = ((awsCalls ?? []) as { action: string; resource: string; outcome: string; digest?: string }[]).map(
      ({ action, resource, outcome }) => ({ action, resource, outcome }),
    );
    return comparable({ ...rest, who, calls });
  });
}

type Made = Record<string, string>;

/** A story in which every mutation of the contract has its part; ids of what was made are filled in. */
const STORY: readonly (readonly [string, Job, (made: Made) => Asked])[] = [
  [
    'createDepartment',
    PLATFORM,
    () => ({
      id: 'idp',
      displayName: 'IDP',
      namespace: 'idp',
      selfService: true,
      managers: [{ repositoryId: '4711', repository: 'JPPOL-IDP/x', ref: 'refs/heads/m*' }],
      acknowledge: ['wildcard-manager'],
    }),
  ],
  [
    'updateDepartment',
    PLATFORM,
    () => ({
      department: 'idp',
      displayName: 'Developer platform',
      selfService: false,
      acknowledge: ['wildcard-manager'],
    }),
  ],
  ['createRepository', KOA, () => ({ department: 'koa', name: 'app', dryRun: true })],
  [
    'createRepository',
    KOA,
    () => ({
      department: 'koa',
      name: 'app',
      imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: ['v*'],
      lifecyclePolicy: 'keep-last-30',
    }),
  ],
  ['createRepository', KOA, () => ({ department: 'koa', name: 'team/web', scanOnPush: false })],
  ['updateRepository', KOA, () => ({ name: 'team/web', lifecyclePolicy: 'keep-releases', scanOnPush: true })],
  ['updateRepository', KOA, () => ({ name: 'team/web', lifecyclePolicy: null })],
  [
    'createGrant',
    KOA,
    () => ({ department: 'koa', organisation: 'jppol-koa', repository: 'giftcardservice', dryRun: true }),
  ],
  ['createGrant', KOA, () => ({ department: 'koa', organisation: 'jppol-koa', repository: 'giftcardservice' })],
  ['updateGrant', KOA, ({ grant }) => ({ department: 'koa', id: grant, refs: ['refs/heads/main', 'refs/tags/v*'] })],
  ['updateGrant', KOA, ({ grant }) => ({ department: 'koa', id: grant, refs: null, environment: 'prod' })],
  ['revokeGrant', KOA, ({ grant }) => ({ department: 'koa', id: grant, revokeSessions: true })],
  [
    'createGrant',
    KOA,
    () => ({ department: 'koa', organisation: 'JPPOL-*', repository: '*', acknowledge: ['organisation-wide'] }),
  ],
  [
    'putOrganisation',
    PLATFORM,
    () => ({ department: 'koa', login: 'JPPOL-KOA2', ownerId: '4712', acknowledge: ['widens-grants'] }),
  ],
  ['deleteOrganisation', PLATFORM, () => ({ department: 'koa', login: 'JPPOL-KOA2' })],
  ['putOrganisation', PLATFORM, () => ({ department: 'idp', login: 'JPPOL-IDP', ownerId: '4713', shared: true })],
  [
    'putAccountAccess',
    PLATFORM,
    () => ({
      department: 'koa',
      accounts: [{ description: 'aws-koa-prod', accountId: '012345678901', canWrite: true }],
      organisationPull: true,
      ifMatch: '*',
    }),
  ],
  ['deleteRepository', KOA, () => ({ name: 'team/web' })],
  ['deleteOrganisation', PLATFORM, () => ({ department: 'idp', login: 'JPPOL-IDP' })],
  ['deleteDepartment', PLATFORM, () => ({ department: 'idp' })],
];

/** Mutations that have no part in the story, each with the file that proves it. */
const NOT_TOLD: ReadonlySet<string> = new Set<string>(
  [...CONTRACT.operations.values()]
    .filter(({ id, kind }) => kind === 'mutation' && /^(replay|accept)/.test(id))
    .map(({ id }) => id),
);

t.test('the same story through both APIs leaves the same answers and the same audit trail', async (t) => {
  const told = new Set(STORY.map(([id]) => id));
  const mutations = [...CONTRACT.operations.values()]
    .filter(({ kind, id }) => kind === 'mutation' && !NOT_TOLD.has(id))
    .map(({ id }) => id);
  t.strictSame([...told].sort(), mutations.sort(), 'every mutation of the contract has its part');
  const [rest, graphql] = await Promise.all([startKoa(t), startKoa(t)]);
  const made: readonly [Made, Made] = [{}, {}];
  for (const [id, job, asked] of STORY) {
    const [one, two] = await Promise.all([
      rest.ask(job, restRequest(id, asked(made[0]))),
      graphql.ask(job, graphqlMutation(id, asked(made[1]))),
    ]);
    const what = `${id} ${JSON.stringify(asked(made[0]))}`;
    t.ok(one.status < 300, `${what}: ${one.status} ${one.status < 300 ? '' : one.text}`);
    t.notOk(two.body.errors, `${what}: ${JSON.stringify(two.body.errors)}`);
    const payload = two.body.data?.[id];
    t.strictSame(comparable(payload), comparable(one.body), what);
    if (one.body.grant != null && asked(made[0])['dryRun'] !== true) {
      made[0]['grant'] = one.body.grant.id;
      made[1]['grant'] = payload.grant.id;
    }
  }
  for (const chain of ['koa', 'pol', 'idp', 'platform.refusals', 'koa.refusals']) {
    const [one, two] = await Promise.all(
      [rest, graphql].map((service) => readWholeChain(service.embedded.executor.tables, chain)),
    );
    t.strictSame(eventsOf(two ?? []), eventsOf(one ?? []), `the chain ${chain}`);
  }
});

/** What must be refused, and the one code for it. */
const REFUSED: readonly (readonly [string, Job, string, Asked])[] = [
  ['invalid-input', KOA, 'createRepository', { department: 'koa', name: 'Upper' }],
  ['invalid-input', KOA, 'createRepository', { department: 'koa', name: 'a' }],
  ['invalid-input', KOA, 'createRepository', { department: 'koa', name: 'a//b' }],
  ['invalid-input', KOA, 'createRepository', { department: 'KOA', name: 'app' }],
  ['invalid-input', KOA, 'createRepository', { department: 'koa', name: 'x'.repeat(257) }],
  ['invalid-input', POL, 'createRepository', { department: 'pol', name: 'outside' }],
  [
    'invalid-input',
    KOA,
    'createRepository',
    { department: 'koa', name: 'app', imageTagMutability: 'IMMUTABLE', imageTagMutabilityExclusionFilters: ['x'] },
  ],
  [
    'invalid-input',
    KOA,
    'createRepository',
    { department: 'koa', name: 'app', imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' },
  ],
  [
    'invalid-input',
    KOA,
    'createRepository',
    {
      department: 'koa',
      name: 'app',
      imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: ['a*b*c*d', 'ok'],
    },
  ],
  ['invalid-input', KOA, 'createRepository', { department: 'koa', name: 'app', lifecyclePolicy: 'no-such-preset' }],
  [
    'invalid-input',
    KOA,
    'createRepository',
    { department: 'koa', name: 'app', lifecyclePolicy: { rules: [{ rulePriority: 1 }] } },
  ],
  ['invalid-input', KOA, 'createRepository', { department: 'koa', name: 'app', idempotencyKey: 'x'.repeat(65) }],
  ['name-reserved', KOA, 'createRepository', { department: 'koa', name: 'pol/app' }],
  ['already-exists', KOA, 'createRepository', { department: 'koa', name: 'app' }],
  ['not-found', STRANGER, 'createRepository', { department: 'koa', name: 'app' }],
  ['not-found', KOA, 'createRepository', { department: 'pol', name: 'pol/app' }],
  ['not-found', KOA, 'updateRepository', { name: 'nothing', scanOnPush: true }],
  ['precondition-failed', KOA, 'updateRepository', { name: 'app', scanOnPush: true, ifMatch: '"99"' }],
  ['forbidden', { repository: 'JPPOL-KOA/Other' }, 'createRepository', { department: 'koa', name: 'other' }],
  ['forbidden', { ...KOA, event: 'issues' }, 'createRepository', { department: 'koa', name: 'other' }],
  [
    'invalid-input',
    KOA,
    'createGrant',
    { department: 'koa', organisation: 'JPPOL-POL', repository: 'x', repositoryId: '1' },
  ],
  ['invalid-input', KOA, 'createGrant', { department: 'koa', organisation: 'JPPOL-KOA', repository: 'Other' }],
  [
    'invalid-input',
    KOA,
    'createGrant',
    { department: 'koa', organisation: 'JPPOL-KOA', repository: 'Other', repositoryId: '1-2' },
  ],
  [
    'invalid-input',
    KOA,
    'createGrant',
    { department: 'koa', organisation: 'JPPOL-KOA', repository: 'GiftCardService', repositoryId: '1' },
  ],
  [
    'invalid-input',
    KOA,
    'createGrant',
    { department: 'koa', organisation: 'JPPOL-KOA', repository: 'a*b', acknowledge: ['organisation-wide'] },
  ],
  [
    'invalid-input',
    KOA,
    'createGrant',
    { department: 'koa', organisation: '*KOA', repository: 'evil', repositoryId: 'x' },
  ],
  [
    'invalid-input',
    KOA,
    'createGrant',
    { department: 'koa', organisation: 'JPPOL-KOA', repository: 'GiftCardService', refs: ['main', 'refs/heads/a*b'] },
  ],
  [
    'invalid-input',
    KOA,
    'createGrant',
    { department: 'koa', organisation: 'JPPOL-KOA', repository: 'GiftCardService', environment: 'prod*' },
  ],
  [
    'invalid-input',
    KOA,
    'createGrant',
    {
      department: 'koa',
      organisation: 'JPPOL-KOA',
      repository: 'GiftCardService',
      repositories: ['nothing', 'app', 'nothing-too'],
    },
  ],
  ['invalid-input', KOA, 'createGrant', { department: 'koa', organisation: 'JPPOL-KOA', repository: '${x}' }],
  ['acknowledgement-required', KOA, 'createGrant', { department: 'koa', organisation: 'JPPOL-KOA', repository: '*' }],
  [
    'acknowledgement-required',
    KOA,
    'createGrant',
    { department: 'koa', organisation: 'JPPOL-KOA', repository: 'GiftCardService', pullRequests: true },
  ],
  ['not-found', KOA, 'revokeGrant', { department: 'koa', id: 'grant-01k00000000000000000000000' }],
  ['invalid-input', KOA, 'revokeGrant', { department: 'koa', id: 'nonsense' }],
  ['forbidden', KOA, 'createDepartment', { id: 'mine', displayName: 'Mine' }],
  ['already-exists', PLATFORM, 'createDepartment', { id: 'koa', displayName: 'Again' }],
  ['invalid-input', PLATFORM, 'createDepartment', { id: 'platform', displayName: 'Mine' }],
  ['invalid-input', PLATFORM, 'createDepartment', { id: 'ok', displayName: 'X', managers: [{ repositoryId: '1' }] }],
  [
    'invalid-input',
    PLATFORM,
    'createDepartment',
    {
      id: 'ok',
      displayName: 'X',
      managers: [
        { repositoryId: '1', ref: 'main' },
        { repositoryId: '2', environment: 'a*' },
      ],
    },
  ],
  [
    'acknowledgement-required',
    PLATFORM,
    'createDepartment',
    { id: 'ok', displayName: 'X', managers: [{ repositoryId: '1', ref: 'refs/heads/m*' }] },
  ],
  ['name-taken', PLATFORM, 'createDepartment', { id: 'ok', displayName: 'X', roleName: 'KOA-github-ecr-access' }],
  ['name-reserved', PLATFORM, 'createDepartment', { id: 'ok', displayName: 'X', namespace: 'pol' }],
  ['in-use', PLATFORM, 'deleteDepartment', { department: 'koa' }],
  [
    'already-exists',
    PLATFORM,
    'putOrganisation',
    { department: 'koa', login: 'JPPOL-POL', ownerId: idOf('JPPOL-POL') },
  ],
  ['invalid-input', PLATFORM, 'putOrganisation', { department: 'koa', login: 'JPPOL-KOA', ownerId: '1' }],
  ['precondition-required', PLATFORM, 'putAccountAccess', { department: 'koa', accounts: [] }],
  ['precondition-failed', PLATFORM, 'putAccountAccess', { department: 'koa', accounts: [], ifMatch: '"77"' }],
  [
    'invalid-input',
    PLATFORM,
    'putAccountAccess',
    {
      department: 'koa',
      ifMatch: '*',
      accounts: [
        { description: 'a', accountId: '123456789012', canWrite: false },
        { description: 'b', accountId: '123456789012', canWrite: true },
      ],
    },
  ],
  [
    'invalid-input',
    PLATFORM,
    'putAccountAccess',
    { department: 'koa', ifMatch: '*', accounts: [{ description: 'a', accountId: '12345', canWrite: false }] },
  ],
];

t.test('what is refused is refused with the same code, at the same pointers, in the same words', async (t) => {
  t.ok(REFUSED.length >= 30);
  const service = await startKoa(t);
  t.equal((await service.ask(KOA, restRequest('createRepository', { department: 'koa', name: 'app' }))).status, 201);
  for (const dryRun of [false, true]) {
    for (const [code, job, id, asked] of REFUSED) {
      // Events and roles are asked alike, except that every event may try.
      if (dryRun && (job.event === 'issues' || operationOf(id).kind !== 'mutation')) continue;
      const request = dryRun ? { ...asked, dryRun } : asked;
      const [one, two]: readonly Answer[] = await Promise.all([
        service.ask(job, restRequest(id, request)),
        service.ask(job, graphqlMutation(id, request)),
      ]);
      const what = `${id} ${JSON.stringify(request).slice(0, 140)}`;
      const extensions = two?.body.errors?.[0]?.extensions ?? {};
      t.equal(one?.body.code, code, `REST, ${what}: ${one?.text.slice(0, 240)}`);
      t.equal(extensions.code, code, `GraphQL, ${what}: ${two?.text.slice(0, 240)}`);
      t.strictSame(comparable(extensions.errors ?? []), comparable(one?.body.errors ?? []), `pointers of ${what}`);
      for (const member of ['acknowledge', 'missed', 'nearest', 'imageCount'])
        t.strictSame(extensions[member], one?.body[member], `${member} of ${what}`);
      t.equal(two?.body.errors?.[0]?.message, one?.body.detail, `words of ${what}`);
    }
  }
});
