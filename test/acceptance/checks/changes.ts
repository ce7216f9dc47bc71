import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { DeleteRepositoryPolicyCommand, GetRepositoryPolicyCommand } from '@aws-sdk/client-ecr';
import { observeRepository } from '../../../src/aws/observe.ts';
import { idOf, KOA, PLATFORM, type Ask } from '../../support/service.ts';
import type { Check } from '../check.ts';
import type { Job } from '../../../src/local/github/job.ts';
import { expectStatus, learnedBy, type World } from '../world.ts';

const REPOSITORIES = '/v1/departments/koa/repositories';
const NOW = 'at once';
const EXECUTOR = 'the executor';

/** How changes are carried out: without waiting, again, by a sweep; and what a look for drift sees. */
export function changeChecks(): readonly Check[] {
  return [...asynchronousChecks(), ...withoutWaitingChecks(), ...refusalChecks(), ...executorChecks()];
}

function asynchronousChecks(): readonly Check[] {
  return [
    {
      row: NOW,
      title: 'Prefer: respond-async is 202 with the operation’s address, and the operation ends',
      play: async ({ ask, over, form }) => {
        const headers = { prefer: 'respond-async' };
        const answer = await ask(KOA, { method: 'POST', path: REPOSITORIES, body: { name: 'koa/later' }, headers });
        expectStatus(answer, 202);
        equal(answer.headers['preference-applied'], 'respond-async');
        equal(answer.headers['location'], `/v1/operations/${answer.body.operation.id}`);
        equal((await over(KOA, answer.body.operation.id)).status, 'succeeded');
        ok(await observeRepository(form.aws, 'koa/later'));
      },
    },
    {
      row: NOW,
      title: 'a deletion by Prefer: respond-async ends too',
      play: async ({ ask, over, form }) => {
        const headers = { prefer: 'respond-async' };
        const answer = await ask(KOA, { method: 'DELETE', path: '/v1/repositories/koa%2Flater', headers });
        expectStatus(answer, 202);
        equal((await over(KOA, answer.body.operation.id)).status, 'succeeded');
        equal(await observeRepository(form.aws, 'koa/later'), undefined);
      },
    },
    {
      row: NOW,
      title: 'respondAsync over GraphQL answers the operation before it ends',
      play: async ({ mutate, over }) => {
        const payload = await mutate(KOA, 'createRepository', {
          department: 'koa',
          name: 'koa/much-later',
          respondAsync: true,
        });
        equal((await over(KOA, payload.operation.id)).status, 'succeeded');
      },
    },
  ];
}

const INITECH: Job = { repository: 'Initech/reports', ref: 'refs/heads/main' };
const INITECH_MANAGERS = [{ repositoryId: idOf(INITECH.repository), ref: 'refs/heads/main' }];
const initech = { department: 'initech' };

/** A department's life, step by step, of which nobody waits for any. */
const WITHOUT_WAITING: readonly {
  readonly id: string;
  readonly as: Job;
  /** 202, unless there is nothing to do in AWS: then it is done at once. */
  readonly status?: number;
  readonly asked: (world: World) => Readonly<Record<string, unknown>>;
}[] = [
  {
    id: 'createDepartment',
    as: PLATFORM,
    asked: () => ({ id: initech.department, displayName: 'Initech', managers: INITECH_MANAGERS }),
  },
  {
    id: 'putOrganisation',
    as: PLATFORM,
    status: 201,
    asked: () => ({ ...initech, login: 'Initech', ownerId: idOf('Initech') }),
  },
  { id: 'createRepository', as: INITECH, asked: () => ({ ...initech, name: 'initech/reports' }) },
  { id: 'updateRepository', as: INITECH, asked: () => ({ name: 'initech/reports', scanOnPush: false }) },
  {
    id: 'createGrant',
    as: INITECH,
    // By a pattern, so that an organisation that is registered later widens it.
    asked: () => ({
      ...initech,
      organisation: 'Initech*',
      repository: '*',
      repositories: ['initech/reports'],
      acknowledge: ['organisation-wide'],
    }),
  },
  {
    id: 'updateGrant',
    as: INITECH,
    asked: (world) => ({
      ...initech,
      id: learnedBy(world, 'createGrant'),
      refs: ['refs/heads/main'],
      acknowledge: ['organisation-wide'],
    }),
  },
  {
    id: 'putOrganisation',
    as: PLATFORM,
    asked: () => ({
      ...initech,
      login: 'Initech-Labs',
      ownerId: idOf('Initech-Labs'),
      acknowledge: ['widens-grants'],
    }),
  },
  { id: 'deleteOrganisation', as: PLATFORM, asked: () => ({ ...initech, login: 'Initech-Labs' }) },
  {
    id: 'putAccountAccess',
    as: PLATFORM,
    asked: () => ({
      ...initech,
      accounts: [{ description: 'aws-initech', accountId: '444455556666', canWrite: false }],
      ifMatch: '*',
    }),
  },
  {
    id: 'replayOperation',
    as: PLATFORM,
    asked: (world) => ({ id: learnedBy(world, 'operation of createRepository') }),
  },
  { id: 'revokeGrant', as: INITECH, asked: (world) => ({ ...initech, id: learnedBy(world, 'createGrant') }) },
  { id: 'deleteRepository', as: INITECH, asked: () => ({ name: 'initech/reports' }) },
  { id: 'deleteOrganisation', as: PLATFORM, status: 200, asked: () => ({ ...initech, login: 'Initech' }) },
  { id: 'deleteDepartment', as: PLATFORM, asked: () => initech },
];

function withoutWaitingChecks(): readonly Check[] {
  return WITHOUT_WAITING.map(({ id, as, status = 202, asked }) => ({
    row: id,
    title: `${id} by Prefer: respond-async is ${status}, and ends well`,
    play: async (world) => {
      const { body } = expectStatus(await world.rest(as, id, { ...asked(world), respondAsync: true }), status);
      equal((await world.over(as, body.operation.id)).status, 'succeeded');
      world.learned.set(`operation of ${id}`, body.operation.id);
      if (id === 'createGrant') world.learned.set(id, body.grant.id);
    },
  }));
}

function refusalChecks(): readonly Check[] {
  return [
    {
      row: 'deleteRepository',
      title: 'a repository that holds images is not deleted, and the answer says how many',
      play: async ({ ask }) => {
        const answer = await ask(KOA, { method: 'DELETE', path: '/v1/repositories/giftcard-service' });
        ok(expectStatus(answer, 409, 'not-empty').body.imageCount > 0);
      },
    },
    {
      row: 'deleteRepository',
      title: 'a repository goes with its images only for who says that they go, and has read it',
      play: async ({ ask, form }) => {
        const path = '/v1/repositories/giftcard-service?force=true';
        const request: Ask = { method: 'DELETE', path, headers: { 'if-match': '*' } };
        const unsaid = expectStatus(await ask(KOA, request), 422, 'acknowledgement-required');
        deepEqual(unsaid.body.acknowledge, ['deletes-images']);
        const unread: Ask = { method: 'DELETE', path: `${path}&acknowledge=deletes-images` };
        expectStatus(await ask(KOA, unread), 428, 'precondition-required');
        ok(await observeRepository(form.aws, 'giftcard-service'), 'ECR has it still');
      },
    },
    {
      row: 'deleteOrganisation',
      title: 'an organisation that a grant names stays',
      play: async ({ ask }) => {
        const path = '/v1/departments/koa/organisations/JPPOL-KOA';
        expectStatus(await ask(PLATFORM, { method: 'DELETE', path }), 409, 'in-use');
      },
    },
    {
      row: 'deleteDepartment',
      title: 'a department with repositories stays',
      play: async ({ ask }) => {
        expectStatus(await ask(PLATFORM, { method: 'DELETE', path: '/v1/departments/koa' }), 409, 'in-use');
      },
    },
    {
      row: 'putOrganisation',
      title: 'an organisation is not registered by a manager',
      play: async ({ rest }) => {
        const asked = { department: 'koa', login: 'KOA-Labs', ownerId: idOf('KOA-Labs') };
        expectStatus(await rest(KOA, 'putOrganisation', asked), 403, 'forbidden');
      },
    },
    {
      row: 'deleteDepartment',
      title: 'a department is not deleted by its manager',
      play: async ({ rest }) => {
        expectStatus(await rest(KOA, 'deleteDepartment', { department: 'koa' }), 403, 'forbidden');
      },
    },
    {
      row: 'createDepartment',
      title: 'an id that is taken is 409',
      play: async ({ rest }) => {
        const asked = { id: 'koa', displayName: 'KOA', managers: [{ repositoryId: '1', ref: 'refs/heads/main' }] };
        expectStatus(await rest(PLATFORM, 'createDepartment', asked), 409, 'already-exists');
      },
    },
    {
      row: 'createGrant',
      title: 'a grant for all repositories of the organisation must be acknowledged',
      play: async ({ rest }) => {
        const asked = { department: 'koa', organisation: 'JPPOL-KOA', repository: '*' };
        const answer = expectStatus(await rest(KOA, 'createGrant', asked), 422, 'acknowledgement-required');
        deepEqual(answer.body.acknowledge, ['organisation-wide']);
      },
    },
    {
      row: 'updateRepository',
      title: 'a lifecycle policy that ECR would refuse is 400 with a pointer',
      play: async ({ rest }) => {
        const answer = await rest(KOA, 'updateRepository', {
          name: 'giftcard-service',
          lifecyclePolicy: { rules: [] },
        });
        match(expectStatus(answer, 400, 'invalid-input').body.errors[0].pointer, /^\/body\/lifecyclePolicy/);
      },
    },
  ];
}

function executorChecks(): readonly Check[] {
  return [
    {
      row: EXECUTOR,
      title: 'a sweep leaves nothing undone',
      play: async ({ form }) =>
        deepEqual(await form.runExecutor({ source: 'aws.scheduler' }), { batchItemFailures: [] }),
    },
    {
      row: EXECUTOR,
      title: 'the look for drift sees a policy that was taken away by hand, and a replay brings it back',
      play: async ({ form, ask }) => {
        const name = 'giftcard-service';
        const { drift: before } = (await form.runExecutor({ look: 'drift' })) as { readonly drift: number };
        await form.aws.ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName: name }));
        deepEqual(await form.runExecutor({ look: 'drift' }), { drift: before + 1 });
        const { body } = await ask(KOA, {
          path: `/v1/departments/koa/audit-events?subject=${name}&action=createRepository&outcome=accepted`,
        });
        expectStatus(
          await ask(PLATFORM, { method: 'POST', path: `/v1/operations/${body.items[0].operation}/replay` }),
          200,
        );
        const policy = await form.aws.ecr.send(new GetRepositoryPolicyCommand({ repositoryName: name }));
        match(String(policy.policyText), /EcpPull/);
        deepEqual(await form.runExecutor({ look: 'drift' }), { drift: before });
      },
    },
  ];
}
