/** The runbook's restore, rehearsed on the embedded default: a table thrown away, restored from an export, reconciled. */
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { Readable } from 'node:stream';
import t from 'tap';
import { observeRepository, observeRole } from '../../src/aws/observe.ts';
import { findBreak } from '../../src/ledger/chain.ts';
import { rebuild } from '../../src/model/rebuild.ts';
import { ensureTables } from '../../src/ledger/tables.ts';
import { takeLease } from '../../src/ledger/lease.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import type { DepartmentId } from '../../src/model/ids.ts';
import { reconcile } from '../../src/maintenance/reconcile.ts';
import { forwardOtherChains } from '../../src/ledger/forward-chain.ts';
import { readState, restoreState, type StateItem } from '../../src/ledger/state-table.ts';
import { momentOf, readChain, unlikeLedger } from '../support/told.ts';
import { idOf, KOA, PLATFORM, startService, STRANGER } from '../support/service.ts';

const DEPARTMENT = 'koa' as DepartmentId;
const NO_LEASE = (items: readonly StateItem[]): readonly StateItem[] =>
  items
    .filter(({ pk }) => !pk.startsWith('LEASE#'))
    .toSorted((one, other) => `${one.pk} ${one.sk}`.localeCompare(`${other.pk} ${other.sk}`));

t.test('a state table that was thrown away is restored and reconciled, and nothing is lost', async (t) => {
  const { ask, embedded } = await startService(t);
  const parts = embedded.executor;
  const { tables, aws } = parts;
  const must = async (
    job: typeof KOA,
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    status: number,
    body?: unknown,
    headers = {},
  ) => {
    const answer = await ask(job, { method, path, body, headers });
    t.equal(answer.status, status, `${method} ${path}`, { body: answer.text });
    return answer.body;
  };
  const events = async (): Promise<readonly AuditEvent[]> => {
    const { Items = [] } = await tables.documents.send(
      new QueryCommand({
        TableName: tables.audit,
        KeyConditionExpression: 'pk = :chain',
        ExpressionAttributeValues: { ':chain': DEPARTMENT },
      }),
    );
    return Items.map((item) => JSON.parse(String(item['event'])) as AuditEvent);
  };
  const allItems = async (): Promise<readonly StateItem[]> => {
    const items: StateItem[] = [];
    for await (const item of readState(tables)) items.push(item);
    return NO_LEASE(items);
  };

  await must(PLATFORM, 'POST', '/v1/departments', 201, {
    id: 'koa',
    displayName: 'KOA',
    roleName: 'koa-github-ecr-access',
    managers: [{ repositoryId: idOf(KOA.repository), repository: KOA.repository, ref: 'refs/heads/main' }],
  });
  await must(PLATFORM, 'PUT', '/v1/departments/koa/organisations/JPPOL-KOA', 201, { ownerId: idOf('JPPOL-KOA') });
  await must(
    PLATFORM,
    'PUT',
    '/v1/departments/koa/account-access',
    200,
    { accounts: [{ accountId: '931827427725', description: 'dev', canWrite: false }] },
    { 'if-match': '*' },
  );
  for (const name of ['koa/one', 'koa/two']) await must(KOA, 'POST', '/v1/departments/koa/repositories', 201, { name });
  await must(KOA, 'POST', '/v1/departments/koa/grants', 201, {
    organisation: 'JPPOL-KOA',
    repository: 'GiftCardService',
  });

  const exported = await allItems();
  const roleThen = await observeRole(aws, 'koa-github-ecr-access');
  const repositoryThen = await observeRepository(aws, 'koa/one');

  // What was done after the moment that will be restored: the state forgets it, AWS and the audit log do not.
  await must(
    PLATFORM,
    'PUT',
    '/v1/departments/koa/account-access',
    200,
    { accounts: [{ accountId: '615205931730', description: 'test', canWrite: false }] },
    { 'if-match': '*' },
  );
  t.notSame((await observeRepository(aws, 'koa/one'))?.policy, repositoryThen?.policy, 'AWS has what came later');

  const later = { id: 'later', displayName: 'Later', roleName: 'later-github', managers: [] };
  await must(PLATFORM, 'POST', '/v1/departments', 201, later);
  t.equal(
    (await ask(STRANGER, { path: '/v1/departments/koa' })).status,
    404,
    'a stranger is refused, which is recorded',
  );

  await t.test('thrown away, re-created, restored', async (t) => {
    await t.rejects(
      restoreState(tables, Readable.from(exported)),
      /not empty/,
      'a table that holds anything is not restored into',
    );
    await tables.documents.send(new DeleteTableCommand({ TableName: tables.state }));
    await ensureTables(tables);
    t.equal(
      await restoreState(tables, Readable.from([...exported, { pk: 'LEASE#koa', sk: 'LEASE', owner: 'dead' }])),
      exported.length,
    );
    t.strictSame(await allItems(), exported, 'each item is there again, and no lease');
  });

  await t.test('without reconciling, the department cannot be changed: its next event is there already', async (t) => {
    const answer = await ask(KOA, {
      method: 'POST',
      path: '/v1/departments/koa/repositories',
      body: { name: 'koa/three' },
    });
    t.equal(answer.status, 409);
    t.equal(answer.body.type.split('#').at(-1), 'contended');
  });

  await t.test(
    'the chains of nobody in particular, and of what the state forgot, go on where they ended',
    async (t) => {
      const forwarded = await forwardOtherChains(tables, new Date());
      t.match(
        forwarded
          .map(({ chain, lostDepartment }) => ({ chain, lostDepartment }))
          .toSorted((one, other) => (one.chain < other.chain ? -1 : 1)),
        [
          { chain: 'later', lostDepartment: true },
          { chain: 'platform.refusals', lostDepartment: false },
        ],
      );
      t.strictSame(await forwardOtherChains(tables, new Date()), [], 'and a second time there is nothing to do');
      const { isWhole, wanted } = rebuild(await readChain(tables, 'later'));
      t.strictSame({ isWhole, wanted: [...wanted] }, { isWhole: true, wanted: [] }, 'its chain says that it is gone');
      t.equal((await ask(STRANGER, { path: '/v1/departments/koa' })).status, 404);
      const { Items = [] } = await tables.documents.send(
        new QueryCommand({
          TableName: tables.audit,
          KeyConditionExpression: 'pk = :chain',
          ExpressionAttributeValues: { ':chain': 'platform.refusals' },
        }),
      );
      t.equal(findBreak(Items.map((item) => JSON.parse(String(item['event'])) as AuditEvent)), undefined);
      t.equal(Items.length, 2, 'a refusal after the restore is recorded behind the one before');
      const again = await ask(PLATFORM, {
        method: 'POST',
        path: '/v1/departments',
        body: { ...later, roleName: 'later-again', acknowledge: ['reused-id'] },
      });
      t.equal(again.status, 201, 'the lost department can be made again', { body: again.text });
    },
  );

  await t.test('looked at: what was done since is named, and so is what differs in AWS', async (t) => {
    t.ok(await takeLease(tables, DEPARTMENT, 'the executor', Date.now(), Date.now() + 3_600_000));
    await t.rejects(reconcile(parts, DEPARTMENT, false), /executor is at work/, 'not beside the executor');
    t.ok(await takeLease(tables, DEPARTMENT, 'nobody', Date.now() + 7_200_000, 0), 'its lease lapses');
    const found = await reconcile(parts, DEPARTMENT, false);
    const told = rebuild(await readChain(tables, DEPARTMENT));
    t.strictSame(
      unlikeLedger(told, (await momentOf(tables, DEPARTMENT)).ledger),
      [],
      'the chain tells what was restored, and no longer what was lost',
    );
    t.match(
      found.since.map(({ action, outcome }) => `${action} ${outcome}`),
      ['putAccountAccess accepted', 'putAccountAccess succeeded'],
    );
    t.strictSame(
      found.changes.map(({ action, resource }) => `${action} ${resource}`),
      ['ecr:SetRepositoryPolicy koa/one', 'ecr:SetRepositoryPolicy koa/two'],
    );
    t.strictSame(found.pending, []);
  });

  await t.test('reconciled: AWS is what the restored state says, with a record of it in the chain', async (t) => {
    const { since, changes } = await reconcile(parts, DEPARTMENT, true);
    t.strictSame(since, [], 'the counters stand at the end of the chain already');
    t.equal(changes.length, 2);
    t.same((await observeRepository(aws, 'koa/one'))?.policy, repositoryThen?.policy);
    t.same(await observeRole(aws, 'koa-github-ecr-access'), roleThen);
    t.strictSame((await reconcile(parts, DEPARTMENT, true)).changes, [], 'and a second time finds nothing');
    t.strictSame(
      (await events()).slice(-2).map(({ action, outcome }) => `${action} ${outcome}`),
      ['reconcileDepartment accepted', 'reconcileDepartment succeeded'],
    );
  });

  await t.test('what was lost is done again, and the chain is whole from its first event', async (t) => {
    await must(
      PLATFORM,
      'PUT',
      '/v1/departments/koa/account-access',
      200,
      { accounts: [{ accountId: '615205931730', description: 'test', canWrite: false }] },
      { 'if-match': '*' },
    );
    await must(KOA, 'POST', '/v1/departments/koa/repositories', 201, { name: 'koa/three' });
    const chain = await events();
    t.equal(findBreak(chain), undefined);
    const versions = chain.filter(({ outcome }) => outcome === 'accepted').flatMap(({ version }) => version ?? []);
    t.strictSame(versions, [...new Set(versions)], 'no version was given twice');
    t.strictSame((await reconcile(parts, DEPARTMENT, false)).changes, []);
  });
});

t.test(
  'what somebody broke by hand in AWS is found and mended, and a resource that is not ours is left alone',
  async (t) => {
    const { ask, embedded } = await startService(t);
    const parts = embedded.executor;
    await ask(PLATFORM, {
      method: 'POST',
      path: '/v1/departments',
      body: { id: 'koa', displayName: 'KOA', roleName: 'koa-github-ecr-access', managers: [] },
    });
    const { IAMClient, DeleteRolePolicyCommand, UntagRoleCommand } = await import('@aws-sdk/client-iam');
    const iam = new IAMClient({
      region: 'eu-west-1',
      endpoint: embedded.aws.endpoint,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    t.teardown(() => iam.destroy());
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'koa-github-ecr-access', PolicyName: 'EcpPush' }));
    const { changes } = await reconcile(parts, DEPARTMENT, true);
    t.strictSame(
      changes.map(({ action, resource }) => `${action} ${resource}`),
      ['iam:PutRolePolicy koa-github-ecr-access'],
    );
    t.ok((await observeRole(parts.aws, 'koa-github-ecr-access'))?.inlinePolicies['EcpPush'], 'it stands again');
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'koa-github-ecr-access', PolicyName: 'EcpPush' }));
    await iam.send(new UntagRoleCommand({ RoleName: 'koa-github-ecr-access', TagKeys: ['ecp:department'] }));
    await t.rejects(reconcile(parts, DEPARTMENT, true), /not-owned/, 'a role that lost its tag is nobody’s to change');
  },
);
