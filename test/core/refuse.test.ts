/** Whose refusals are joined, and whose never are. */
import t from 'tap';
import type { Job } from '../../src/local/github/job.ts';
import { readWholeChain } from '../support/invariants.ts';
import { restRequest } from '../support/both-faces.ts';
import { idOf, KOA, PLATFORM, STRANGER } from '../support/service.ts';
import { MEMBER, startWorld } from '../support/world.ts';

const world = await startWorld(t);
const { tables } = world.service.embedded.executor;
const SHARED: Job = { repository: 'JPPOL-Shared/Tool', ref: 'refs/heads/main' };
const shared = { department: 'koa', login: 'JPPOL-Shared', ownerId: idOf('JPPOL-Shared'), shared: true };
await world.ask(PLATFORM, restRequest('putOrganisation', shared));

/** How many events a number of equal refusals make, in both chains that they can go to. */
async function eventsOf(job: Job, id: string, asked: Readonly<Record<string, unknown>>, most: number): Promise<number> {
  const count = async (): Promise<number> => {
    const chains = await Promise.all(['koa.refusals', 'platform.refusals'].map((name) => readWholeChain(tables, name)));
    return chains.flat().length;
  };
  const before = await count();
  for (let index = 0; index < most; index += 1) {
    const { status } = await world.ask(job, restRequest(id, asked));
    if (status !== 403 && status !== 404) throw new Error(`${id} answered ${status}`);
  }
  return (await count()) - before;
}

t.test('refusals of members, managers, the platform and a shared organisation are never joined', async (t) => {
  const never: readonly (readonly [string, Job, string, Readonly<Record<string, unknown>>])[] = [
    ['a member, of its department', MEMBER, 'updateDepartment', { department: 'koa', displayName: 'Mine' }],
    ['a manager, of its department', KOA, 'deleteDepartment', { department: 'koa' }],
    ['a manager, of another department', KOA, 'getDepartment', { department: 'pol' }],
    ['a manager, of no department', KOA, 'listAuditEvents', {}],
    ['the platform’s own, on another event', { ...PLATFORM, event: 'issues' }, 'getDepartment', { department: 'koa' }],
    ['a shared organisation’s workflow', SHARED, 'getDepartment', { department: 'koa' }],
  ];
  for (const [who, job, id, asked] of never) t.equal(await eventsOf(job, id, asked, 4), 4, who);
});

t.test('refusals of a stranger are one event, whatever it names, and another for another command', async (t) => {
  t.equal(await eventsOf(STRANGER, 'getDepartment', { department: 'koa' }, 4), 1);
  t.equal(await eventsOf(STRANGER, 'getDepartment', { department: 'nobody' }, 4), 0);
  t.equal(await eventsOf(STRANGER, 'listGrants', { department: 'koa' }, 4), 1);
  t.equal(await eventsOf(STRANGER, 'listAuditEvents', {}, 4), 1);
});
