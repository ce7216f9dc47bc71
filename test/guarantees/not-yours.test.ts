/** What is not yours is as if it were not there; what you may not do, you are told why; and both are in the audit trail. */
import { createHash } from 'node:crypto';
import t from 'tap';
import { refusalChain } from '../../src/ledger/chain.ts';
import type { Job } from '../../src/local/github/job.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';

import { CONTRACT, graphqlMutation, operationOf, restRequest, type Asked } from '../support/both-faces.ts';
import { oneIn } from '../support/extent.ts';
import { send } from '../support/instances.ts';
import { readWholeChain } from '../support/invariants.ts';
import {
  ABOUT_A_DEPARTMENT,
  ABOUT_NONE,
  NOBODYS,
  polsNames,
  STRANGERS_TO_POL,
  type Names,
} from '../support/questions.ts';
import {
  idOf,
  KOA,
  onboardKoaAndPol,
  PLATFORM,
  POL,
  startService,
  STRANGER,
  type Answer,
  type Ask,
} from '../support/service.ts';
import { MEMBER } from '../support/world.ts';

/** All that a client can tell answers apart by, apart from what differs between any two. */
function bytes({ status, headers, text }: Answer): string {
  const { date: _date, 'x-request-id': _id, ...rest } = headers;
  return JSON.stringify([status, rest, text]);
}

t.test('what is not yours answers byte for byte as what is not there', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const pols = await polsNames(service);

  t.test('every operation of the contract that takes a token is asked', async (t) => {
    const ofCallers = [...CONTRACT.operations.values()].filter(({ kind }) => kind !== 'public').map(({ id }) => id);
    t.strictSame(ofCallers.sort(), [...Object.keys(ABOUT_A_DEPARTMENT), ...ABOUT_NONE].sort());
  });

  for (const [turn, [who, job]] of STRANGERS_TO_POL.entries()) {
    await t.test(`for ${who}`, async (t) => {
      // Each operation is asked by some stranger, and by every one of them where all is tried.
      for (const [id, { asked, graphql }] of oneIn(4, Object.entries(ABOUT_A_DEPARTMENT), turn)) {
        for (const dryRun of operationOf(id).kind === 'mutation' ? [false, true] : [false]) {
          const withOptions = (names: Names): Asked => (dryRun ? { ...asked(names), dryRun } : asked(names));
          const [theirs, nobodys] = await Promise.all(
            [pols, NOBODYS].map((names) => service.ask(job, restRequest(id, withOptions(names)))),
          );
          t.equal(theirs?.status, 404, `${id} is not found`);
          t.equal(bytes(theirs as Answer), bytes(nobodys as Answer), `${id} in REST`);
          if (graphql === 'none') continue;
          const graphqlOf = (names: Names): Ask => graphql?.(names) ?? graphqlMutation(id, withOptions(names));
          const [theirsToo, nobodysToo] = await Promise.all(
            [pols, NOBODYS].map((names) => service.ask(job, graphqlOf(names))),
          );
          t.equal(
            theirsToo?.body.errors?.[0]?.extensions.code,
            'not-found',
            `${id} is not found in GraphQL: ${theirsToo?.text.slice(0, 200)}`,
          );
          t.equal(bytes(theirsToo as Answer), bytes(nobodysToo as Answer), `${id} in GraphQL`);
        }
      }
    });
  }

  await t.test('the owner sees all of it, so that the questions are good ones', async (t) => {
    for (const [id, { asked }] of Object.entries(ABOUT_A_DEPARTMENT)) {
      const mutates = operationOf(id).kind === 'mutation';
      const request = restRequest(id, mutates ? { ...asked(pols), dryRun: true } : asked(pols));
      const answer = await send(service.app, `Bearer ${await service.token(PLATFORM)}`, request);
      t.not(answer.status, 404, `${id}: ${answer.text.slice(0, 200)}`);
      t.not(answer.status, 403, id);
    }
  });

  await t.test('creating a department tells nobody which departments there are', async (t) => {
    for (const [, job] of STRANGERS_TO_POL) {
      const ask = (id: string): Promise<Answer> =>
        service.ask(job, restRequest('createDepartment', { id, displayName: 'X' }));
      const [there, free] = [await ask('pol'), await ask('free')];
      const comparable = (answer: Answer): unknown => ({ ...answer.body, instance: '' });
      t.equal(there.status, 403);
      t.strictSame(comparable(there), comparable(free));
    }
    t.strictSame(
      await readWholeChain(service.embedded.executor.tables, refusalChain('free')),
      [],
      'and fills no chain of its own',
    );
  });

  await t.test('names that GitHub lets anybody choose decide nothing', async (t) => {
    const renamed = await service.ask(
      { repository: 'New-Owner/New-Name', ownerId: idOf('JPPOL-POL'), repositoryId: idOf(POL.repository) },
      { path: '/v1/departments/pol' },
    );
    t.equal(renamed.status, 200, 'a renamed organisation and repository with the same ids are the same');
  });
});

t.test(
  'a denial says which rule was missed and which would have allowed it, and is audited without the token',
  async (t) => {
    const service = await startService(t);
    await onboardKoaAndPol(service);
    const { tables } = service.embedded.executor;
    const refusals = (department?: string): Promise<readonly AuditEvent[]> =>
      readWholeChain(tables, refusalChain(department));

    const token = await service.token(MEMBER);
    const before = (await refusals('koa')).length;
    const denied = await send(service.app, `Bearer ${token}`, {
      method: 'POST',
      path: '/v1/departments/koa/repositories',
      body: { name: 'app' },
    });
    t.equal(denied.status, 403);
    t.match(denied.body, {
      code: 'forbidden',
      missed: new RegExp(
        `No manager rule of koa names repository id ${idOf(MEMBER.repository)} at ref refs/heads/main`,
      ),
      nearest: /manager rule/,
    });
    const ofKoa = await refusals('koa');
    t.equal(ofKoa.length, before + 1);
    const event = ofKoa.at(-1);
    t.match(event, {
      action: 'createRepository',
      outcome: 'denied',
      department: 'koa',
      reason: { code: 'forbidden' },
      caller: { repositoryId: idOf(MEMBER.repository) },
    });
    t.equal(event?.caller?.tokenSha256, createHash('sha256').update(token).digest('hex'));
    const everything = JSON.stringify([...ofKoa, ...(await refusals())]);
    for (const part of token.split('.')) t.notOk(everything.includes(part), 'no part of the token is kept');

    const unknown = await service.ask(STRANGER, { path: '/v1/departments/koa' });
    t.equal(unknown.status, 404);
    t.equal((await refusals('koa')).length, ofKoa.length, "a stranger reaches no department's chain");
    t.match((await refusals()).at(-1), { action: 'getDepartment', outcome: 'denied', reason: { code: 'not-found' } });

    const pull = await service.ask(
      { ...KOA, pullRequest: 5 },
      { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'app' } },
    );
    t.equal(pull.status, 403, 'a pull request is no manager, whatever its repository');
    const tag = await service.ask(
      { ...KOA, event: 'pull_request_target' },
      { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'app' } },
    );
    t.match(tag.body, { code: 'forbidden', missed: /pull_request_target/, nearest: /Run it on one of push, / });
    const comment: Job = { ...PLATFORM, event: 'issue_comment' };
    t.equal((await service.ask(PLATFORM, { path: '/v1/departments/koa' })).status, 200);
    t.equal((await service.ask(comment, { path: '/v1/departments/koa' })).status, 404, 'a comment is no platform team');
    t.equal((await service.ask(comment, { path: '/v1/audit-events' })).status, 403);
    t.strictSame((await service.ask(comment, { path: '/v1/departments' })).body.items, []);
    t.match((await service.ask(comment, { path: '/v1/whoami' })).body, { role: 'unknown', mutationsAllowed: false });
    const onlyPlatform = await service.ask(KOA, {
      method: 'PUT',
      path: '/v1/departments/koa/account-access',
      body: { accounts: [] },
      headers: { 'if-match': '*' },
    });
    t.match(onlyPlatform.body, { code: 'forbidden', missed: /platform team/, nearest: /platform team/ });
  },
);

t.test("a shared organisation's workflow that no manager rule names is a stranger", async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const put = (department: string) =>
    service.ask(
      PLATFORM,
      restRequest('putOrganisation', {
        department,
        login: 'JPPOL-Shared',
        ownerId: idOf('JPPOL-Shared'),
        shared: true,
      }),
    );
  t.equal((await put('koa')).status, 201);
  t.equal((await put('pol')).status, 201);
  const shared: Job = { repository: 'JPPOL-Shared/Tool', ref: 'refs/heads/main' };
  t.equal((await service.ask(shared, { path: '/v1/departments/koa' })).status, 404);
  const managers = [
    { repositoryId: idOf(KOA.repository), ref: 'refs/heads/main' },
    { repositoryId: idOf(shared.repository), ref: 'refs/heads/main' },
  ];
  t.equal((await service.ask(PLATFORM, restRequest('updateDepartment', { department: 'koa', managers }))).status, 200);
  t.equal((await service.ask(shared, { path: '/v1/departments/koa' })).status, 200);
  t.equal(
    (await service.ask(shared, { path: '/v1/departments/pol' })).status,
    404,
    'and a stranger to the other department still',
  );
  t.equal(
    (await service.ask({ ...shared, ref: 'refs/heads/dev' }, { path: '/v1/departments/koa' })).status,
    404,
    'from another branch it is a stranger',
  );
  const wide = await service.ask(
    PLATFORM,
    restRequest('createGrant', {
      department: 'koa',
      organisation: 'JPPOL-Shared',
      repository: '*',
      acknowledge: ['organisation-wide'],
    }),
  );
  t.equal(wide.status, 400, 'nobody grants all of a shared organisation');
});

t.test('self-service creates a repository and grants itself to it, and nothing else', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const ask = (job: Job, id: string, asked: Asked): Promise<Answer> => service.ask(job, restRequest(id, asked));
  t.equal(
    (await ask(MEMBER, 'createRepository', { department: 'koa', name: 'newsletter' })).status,
    403,
    'not before the platform switched it on',
  );
  t.equal((await ask(PLATFORM, 'updateDepartment', { department: 'koa', selfService: true })).status, 200);
  t.equal((await ask(MEMBER, 'createRepository', { department: 'koa', name: 'newsletter' })).status, 201);
  t.equal((await ask(KOA, 'createRepository', { department: 'koa', name: 'giftcard-service' })).status, 201);
  const itself = {
    department: 'koa',
    organisation: 'JPPOL-KOA',
    repository: 'Newsletter',
    repositories: ['newsletter'],
  };
  const other: Job = { repository: 'JPPOL-KOA/Other', ref: 'refs/heads/main' };
  const refused: readonly (readonly [string, Job, string, Asked])[] = [
    ['all repositories of the department', MEMBER, 'createGrant', { ...itself, repositories: undefined }],
    ['no repository', MEMBER, 'createGrant', { ...itself, repositories: [] }],
    ["a manager's repository", MEMBER, 'createGrant', { ...itself, repositories: ['giftcard-service'] }],
    ["its own and a manager's", MEMBER, 'createGrant', { ...itself, repositories: ['newsletter', 'giftcard-service'] }],
    ['a repository that is not there', MEMBER, 'createGrant', { ...itself, repositories: ['newsletter', 'nothing'] }],
    ["another department's repository", MEMBER, 'createGrant', { ...itself, repositories: ['pol/app'] }],
    [
      'another GitHub repository',
      MEMBER,
      'createGrant',
      { ...itself, repository: 'Other', repositoryId: idOf('JPPOL-KOA/Other') },
    ],
    [
      'another GitHub repository under its own id',
      MEMBER,
      'createGrant',
      { ...itself, repository: 'Other', repositoryId: idOf(MEMBER.repository) },
    ],
    ['a pattern', MEMBER, 'createGrant', { ...itself, repository: 'News*', acknowledge: ['organisation-wide'] }],
    [
      'the whole organisation',
      MEMBER,
      'createGrant',
      { ...itself, repository: '*', acknowledge: ['organisation-wide'] },
    ],
    ['another organisation', MEMBER, 'createGrant', { ...itself, organisation: 'JPPOL-POL' }],
    [
      'a pattern of organisations',
      MEMBER,
      'createGrant',
      { ...itself, organisation: 'JPPOL-*', acknowledge: ['organisation-wide'] },
    ],
    ['what another workflow created', other, 'createGrant', { ...itself, repository: 'Other' }],
    [
      'what a re-created repository of the same name created',
      { ...MEMBER, repositoryId: '123456789' },
      'createGrant',
      itself,
    ],
    ['a pull request of its own', { ...MEMBER, pullRequest: 1 }, 'createGrant', itself],
    ['another department', MEMBER, 'createRepository', { department: 'pol', name: 'pol/newsletter' }],
    ['the settings of its own repository', MEMBER, 'updateRepository', { name: 'newsletter', scanOnPush: false }],
    ['the end of its own repository', MEMBER, 'deleteRepository', { name: 'newsletter' }],
    [
      'the department itself',
      MEMBER,
      'updateDepartment',
      { department: 'koa', managers: [{ repositoryId: idOf(MEMBER.repository), ref: 'refs/heads/main' }] },
    ],
    ['an organisation', MEMBER, 'putOrganisation', { department: 'koa', login: 'Evil', ownerId: '666' }],
    [
      'account access',
      MEMBER,
      'putAccountAccess',
      { department: 'koa', accounts: [{ description: 'x', accountId: '666666666666', canWrite: true }], ifMatch: '*' },
    ],
  ];
  for (const [what, job, id, asked] of refused) {
    const answer = await ask(job, id, asked);
    t.ok([400, 403, 404].includes(answer.status), `${what}: ${answer.status} ${answer.text.slice(0, 160)}`);
    const dry = await ask(job, id, { ...asked, dryRun: true });
    // A pull request may try what a member may, and by self-service that is what its own repository does on a push.
    if (job.pullRequest === undefined) t.ok([400, 403, 404].includes(dry.status), `${what}, dry: ${dry.status}`);
  }
  t.strictSame((await ask(KOA, 'listGrants', { department: 'koa' })).body.items, [], 'no grant was made on the way');

  const granted = await ask(MEMBER, 'createGrant', itself);
  t.equal(granted.status, 201, granted.body?.detail);
  t.strictSame(granted.body.grant.repositories, ['newsletter']);
  t.equal(granted.body.grant.repositoryId, idOf(MEMBER.repository));
  const id = granted.body.grant.id as string;
  for (const [what, command, asked] of [
    ['its grant widened', 'updateGrant', { department: 'koa', id, repositories: ['newsletter', 'giftcard-service'] }],
    [
      'its grant opened to pull requests',
      'updateGrant',
      { department: 'koa', id, pullRequests: true, acknowledge: ['pull-requests'] },
    ],
    ['its grant revoked', 'revokeGrant', { department: 'koa', id }],
  ] as const) {
    t.equal((await ask(MEMBER, command, asked)).status, 403, what);
  }
});
