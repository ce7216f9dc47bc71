/**
 * A stranger costs the same work whether what it names is there or not: the requests that DynamoDB gets are the same in number and
 * in kind, so that the time of an answer tells no more than its bytes. Time itself is not measured here; `bench/not-yours.ts` does.
 */
import t from 'tap';
import { composeApi } from '../../src/compose/compose-api.ts';
import { loadContracts } from '../../src/contract/contract-source.ts';
import type { Job } from '../../src/local/github/job.ts';
import { graphqlMutation, operationOf, restRequest, type Asked } from '../support/both-faces.ts';
import { oneIn } from '../support/extent.ts';
import { send } from '../support/instances.ts';
import { ABOUT_A_DEPARTMENT, NOBODYS, polsNames, type Names } from '../support/questions.ts';
import { recordDynamoDb } from '../support/recorded-dynamodb.ts';
import { idOf, KOA, PLATFORM, POL, type Ask } from '../support/service.ts';
import { startWorld } from '../support/world.ts';

const SHARED: Job = { repository: 'JPPOL-Shared/Tool', ref: 'refs/heads/main' };
/** One of each kind that is told apart in a different way. */
const STRANGERS: readonly (readonly [string, Job])[] = [
  ["another department's manager", KOA],
  ["a stranger with the manager's repository id", { repository: 'somebody/app', repositoryId: idOf(POL.repository) }],
  ["a shared organisation's workflow that no manager rule names", SHARED],
];
/** For mutations: those that look for the request before, and those that would write nothing. */
const OPTIONS: readonly Asked[] = [{ dryRun: true }, { idempotencyKey: 'again-and-again' }];

t.test('a stranger costs the same reads and writes, whether what it asks for is there or not', async (t) => {
  // No schedule rings here: a sweep that writes to the chain of refusals meanwhile would make a refusal try twice.
  const { service } = await startWorld(t);
  const { embedded } = service;
  const pols = await polsNames(service);
  for (const department of ['koa', 'pol']) {
    const shared = { department, login: 'JPPOL-Shared', ownerId: idOf('JPPOL-Shared'), shared: true };
    t.equal((await service.ask(PLATFORM, restRequest('putOrganisation', shared))).status, 201);
  }
  const recorded = await recordDynamoDb(t, embedded.endpoints.dynamoDb);
  const app = composeApi({
    config: embedded.config,
    ...loadContracts(),
    endpoints: { ...embedded.endpoints, dynamoDb: recorded.endpoint },
    jwksFetch: embedded.jwksFetch,
  });
  t.teardown(() => app.close());
  const workFor = async (job: Job, request: Ask) => {
    const authorization = `Bearer ${await service.token(job)}`;
    recorded.take();
    const answer = await send(app, authorization, request);
    // The account's quotas are read again from time to time, whatever is asked.
    return { answer, work: recorded.take().filter((work) => !work.includes('"QUOTAS"')) };
  };
  // A chain's first event lists the chain.
  for (const job of [SHARED, POL]) await workFor(job, { path: '/v1/departments/nobody' });

  for (const [turn, [who, job]] of STRANGERS.entries()) {
    await t.test(`for ${who}`, async (t) => {
      // Each operation is asked by some stranger, and by every one of them where all is tried.
      for (const [id, { asked, graphql }] of oneIn(3, Object.entries(ABOUT_A_DEPARTMENT), turn)) {
        const more = operationOf(id).kind === 'mutation' ? OPTIONS : [];
        const requests: readonly (readonly [string, (names: Names) => Ask])[] = [
          ['in REST', (names) => restRequest(id, asked(names))],
          ...more.map(
            (options) =>
              [JSON.stringify(options), (names: Names) => restRequest(id, { ...asked(names), ...options })] as const,
          ),
          ...(graphql === 'none'
            ? []
            : ([['in GraphQL', (names: Names) => graphql?.(names) ?? graphqlMutation(id, asked(names))]] as const)),
        ];
        for (const [how, requestOf] of requests) {
          // Of one caller, command and code the first refusal is an event, and those that follow are counted.
          await workFor(job, requestOf(NOBODYS));
          const there = await workFor(job, requestOf(pols));
          const notThere = await workFor(job, requestOf(NOBODYS));
          t.match(there.answer.text, /not-found/, `${id} ${how} is not found`);
          t.strictSame(there.work, notThere.work, `${id} ${how}`);
          t.ok(there.work.length <= 7, `with ${there.work.length} requests`);
        }
      }
    });
  }

  await t.test('creating a department reads nothing of the one that may be there', async (t) => {
    for (const [who, job] of STRANGERS) {
      const workOf = async (id: string) =>
        (await workFor(job, restRequest('createDepartment', { id, displayName: 'X' }))).work;
      await workOf('free');
      t.strictSame(await workOf('pol'), await workOf('free'), who);
    }
  });

  await t.test('one who belongs to it costs other work, so that a difference would be seen', async (t) => {
    const member: Job = { repository: 'JPPOL-POL/Other', ref: 'refs/heads/main' };
    const there = await workFor(member, { path: '/v1/departments/pol' });
    const notThere = await workFor(member, { path: '/v1/departments/nobody' });
    t.equal(there.answer.status, 200);
    t.equal(notThere.answer.status, 404);
    t.notSame(there.work, notThere.work);
  });
});
