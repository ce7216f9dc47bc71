import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { auditItem } from '../../src/ledger/audit-items.ts';
import { getItem } from '../../src/ledger/read.ts';
import { claimKey, entityKey, repositoriesPartition } from '../../src/ledger/keys.ts';
import { readEvents } from '../../src/ledger/read-audit.ts';
import type { Grant } from '../../src/model/grant.ts';
import type { ClaimKey } from '../../src/model/state.ts';
import { idOf, KOA, type Service } from '../support/service.ts';
import { GRANTS, LARGE_LIFECYCLE_POLICY, REPOSITORIES } from './killer-queries.ts';

/** How many events the trail of the department holds at least. */
const EVENTS = 150;

/**
 * Makes KOA as large as a department may well become: one repository, one grant and one event are made by the API, the others are copies in the
 * ledger, because a test has no time for a hundred creations.
 */
export async function growKoa({ ask, embedded }: Service): Promise<void> {
  const { tables } = embedded.executor;
  const created = await ask(KOA, {
    method: 'POST',
    path: '/v1/departments/koa/repositories',
    body: { name: repositoryName(0), lifecyclePolicy: LARGE_LIFECYCLE_POLICY },
  });
  const granted = await ask(KOA, {
    method: 'POST',
    path: '/v1/departments/koa/grants',
    body: {
      organisation: 'JPPOL-KOA',
      repository: 'GiftCardService',
      repositoryId: idOf('JPPOL-KOA/GiftCardService'),
      repositories: [repositoryName(0)],
      refs: ['refs/heads/main'],
    },
  });
  for (const { status, text } of [created, granted]) if (status !== 201) throw new Error(`${status} ${text}`);

  const put = (TableName: string, Item: Readonly<Record<string, unknown>>) =>
    tables.documents.send(new PutCommand({ TableName, Item }));
  const repository = await getItem(tables, { pk: repositoriesPartition('koa'), sk: repositoryName(0) });
  const claim = await getItem(tables, claimKey({ kind: 'repository-name', name: repositoryName(0) }));
  for (let index = 1; index < REPOSITORIES; index += 1) {
    const name = repositoryName(index);
    await put(tables.state, { ...repository, sk: name, value: { ...(repository?.['value'] as object), name } });
    const key: ClaimKey = { kind: 'repository-name', name };
    await put(tables.state, { ...claim, ...claimKey(key), value: { ...(claim?.['value'] as object), key } });
  }
  const grantKey = (id: string) => entityKey({ type: 'grant', value: { department: 'koa', id } as Grant });
  const { id } = granted.body.grant;
  const grant = await getItem(tables, grantKey(id));
  const repositories = Array.from({ length: REPOSITORIES }, (_, index) => repositoryName(index));
  for (let index = 0; index < GRANTS; index += 1) {
    const own = `${id.slice(0, -2)}${String(index).padStart(2, '0')}`;
    await put(tables.state, {
      ...grant,
      ...grantKey(own),
      value: { ...(grant?.['value'] as object), id: own, repositories },
    });
  }
  const trail = await ask(KOA, { path: '/v1/departments/koa/audit-events?action=createRepository' });
  const { chain, seq } = trail.body.items.at(-1);
  const [event] = await readEvents(tables, [{ pk: chain, sk: String(seq).padStart(12, '0') }]);
  if (event === undefined) throw new Error('The creation has no event.');
  for (let index = 0; index < EVENTS; index += 1)
    await put(tables.audit, auditItem({ ...event, seq: event.seq + 1_000 + index }));
}

/** Name of one of the department's repositories. */
function repositoryName(index: number): string {
  return `koa-r${String(index).padStart(3, '0')}`;
}
