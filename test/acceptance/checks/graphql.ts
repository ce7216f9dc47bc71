import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { observeRepository } from '../../../src/aws/observe.ts';
import type { Job } from '../../../src/local/github/job.ts';
import { idOf, PLATFORM, STRANGER } from '../../support/service.ts';
import type { Check } from '../check.ts';
import { learnedBy, type World } from '../world.ts';

const GLOBEX: Job = { repository: 'Globex/site', ref: 'refs/heads/main' };
const GLOBEX_MEMBER: Job = { repository: 'Globex/newsletter', ref: 'refs/heads/main' };
const department = 'globex';

/** A mutation: its success; and what it is called by where it is refused, with GraphQL's own form of errors. */
interface Row {
  readonly id: string;
  readonly as: Job;
  readonly asked: (world: World) => Readonly<Record<string, unknown>>;
  readonly refused?: { readonly as: Job; readonly code: string };
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly afterwards?: (payload: any, world: World) => Promise<void> | void;
}

const MUTATIONS: readonly Row[] = [
  {
    id: 'createDepartment',
    as: PLATFORM,
    asked: () => ({
      id: department,
      displayName: 'Globex',
      managers: [{ repositoryId: idOf(GLOBEX.repository), ref: 'refs/heads/main' }],
    }),
    refused: { as: STRANGER, code: 'forbidden' },
  },
  {
    id: 'putOrganisation',
    as: PLATFORM,
    asked: () => ({ department, login: 'Globex', ownerId: idOf('Globex') }),
    refused: { as: STRANGER, code: 'not-found' },
  },
  {
    id: 'updateDepartment',
    as: PLATFORM,
    asked: () => ({ department, selfService: true }),
    refused: { as: GLOBEX, code: 'forbidden' },
  },
  {
    id: 'putAccountAccess',
    as: PLATFORM,
    asked: () => ({
      department,
      accounts: [{ description: 'aws-globex', accountId: '333344445555', canWrite: true }],
      ifMatch: '*',
    }),
    refused: { as: GLOBEX, code: 'forbidden' },
  },
  {
    id: 'createRepository',
    as: GLOBEX,
    asked: () => ({ department, name: 'globex/site' }),
    refused: { as: STRANGER, code: 'not-found' },
    afterwards: (payload, { learned }) => void learned.set('graphql operation', payload.operation.id),
  },
  {
    id: 'updateRepository',
    as: GLOBEX,
    asked: () => ({ name: 'globex/site', scanOnPush: false }),
    refused: { as: GLOBEX_MEMBER, code: 'forbidden' },
  },
  {
    id: 'createGrant',
    as: GLOBEX,
    asked: () => ({ department, organisation: 'Globex', repository: 'site', repositories: ['globex/site'] }),
    refused: { as: STRANGER, code: 'not-found' },
    afterwards: (payload, { learned }) => void learned.set('graphql grant', payload.grant.id),
  },
  {
    id: 'updateGrant',
    as: GLOBEX,
    asked: (world) => ({ department, id: learnedBy(world, 'graphql grant'), refs: ['refs/heads/main'] }),
    refused: { as: GLOBEX_MEMBER, code: 'forbidden' },
  },
  {
    id: 'replayOperation',
    as: PLATFORM,
    asked: (world) => ({ id: learnedBy(world, 'graphql operation') }),
    refused: { as: GLOBEX, code: 'forbidden' },
  },
];

const ENDS: readonly Row[] = [
  {
    id: 'revokeGrant',
    as: GLOBEX,
    asked: (world) => ({ department, id: learnedBy(world, 'graphql grant') }),
    refused: { as: GLOBEX_MEMBER, code: 'forbidden' },
  },
  {
    id: 'deleteRepository',
    as: GLOBEX,
    asked: () => ({ name: 'globex/site' }),
    refused: { as: STRANGER, code: 'not-found' },
    afterwards: async (_payload, { form }) => equal(await observeRepository(form.aws, 'globex/site'), undefined),
  },
  {
    id: 'deleteOrganisation',
    as: PLATFORM,
    asked: () => ({ department, login: 'Globex' }),
    refused: { as: GLOBEX, code: 'forbidden' },
  },
  {
    id: 'deleteDepartment',
    as: PLATFORM,
    asked: () => ({ department }),
    refused: { as: STRANGER, code: 'not-found' },
  },
];

/** Root fields of the query type: how each is asked, and by whom. */
const QUERIES: Readonly<Record<string, { readonly as: Job; readonly written: (world: World) => string }>> = {
  whoami: { as: GLOBEX, written: () => '' },
  departments: { as: GLOBEX, written: () => '(first: 2)' },
  department: { as: GLOBEX, written: () => `(id: "${department}")` },
  organisation: { as: GLOBEX, written: () => `(department: "${department}", login: "Globex")` },
  repository: { as: GLOBEX, written: () => '(name: "globex/site")' },
  grant: {
    as: GLOBEX,
    written: (world) => `(department: "${department}", id: "${learnedBy(world, 'graphql grant')}")`,
  },
  operation: { as: GLOBEX, written: (world) => `(id: "${learnedBy(world, 'graphql operation')}")` },
  auditEvents: { as: PLATFORM, written: () => '(first: 2)' },
};

/** Each root field of the schema, with a refusal and a dry run where it has them; and the form in which GraphQL tells errors. */
export function graphqlChecks(): readonly Check[] {
  return [...MUTATIONS.flatMap(mutationChecks), ...queryChecks(), ...formChecks(), ...ENDS.flatMap(mutationChecks)];
}

function mutationChecks({ id, as, asked, refused, afterwards }: Row): readonly Check[] {
  const row = `mutation ${id}`;
  const refusal: readonly Check[] =
    refused === undefined
      ? []
      : [
          {
            row,
            title: `${row} by who may not is ${refused.code}`,
            play: async (world) => {
              const { message } = await world.mutate(refused.as, id, asked(world)).then(
                () => new Error('It was done.'),
                (error: Error) => error,
              );
              match(message, new RegExp(`"code":"${refused.code}"`));
            },
          },
        ];
  return [
    ...refusal,
    {
      row,
      title: `a dry run of ${row} answers the plan and changes nothing`,
      play: async (world) => {
        const payload = await world.mutate(as, id, { ...asked(world), dryRun: true });
        equal(payload.operation, null);
        ok(Array.isArray(payload.plan));
      },
    },
    {
      row,
      title: `${row} succeeds`,
      play: async (world) => {
        const payload = await world.mutate(as, id, asked(world));
        equal(payload.operation.status, 'succeeded');
        await afterwards?.(payload, world);
      },
    },
  ];
}

function queryChecks(): readonly Check[] {
  return Object.entries(QUERIES).flatMap(([field, { as, written }]): readonly Check[] => [
    {
      row: `query ${field}`,
      title: `query ${field} answers, with all its plain fields`,
      play: async (world) => ok(await world.query(as, field, written(world))),
    },
  ]);
}

function formChecks(): readonly Check[] {
  return [
    {
      row: 'GraphQL over HTTP',
      title: 'a request without a token is 401, in GraphQL’s form',
      play: async ({ graphql }) => {
        const answer = await graphql(undefined, '{ whoami { __typename } }');
        equal(answer.status, 401);
        equal(answer.body.errors[0].extensions.code, 'unauthenticated');
      },
    },
    {
      row: 'GraphQL over HTTP',
      title: 'a document that is none is 400',
      play: async ({ graphql }) => equal((await graphql(GLOBEX, '{ whoami {')).status, 400),
    },
    {
      row: 'GraphQL over HTTP',
      title: 'a query by GET answers as by POST, and a mutation by GET is 405',
      play: async ({ ask }) => {
        const headers = { accept: 'application/graphql-response+json' };
        const query = encodeURIComponent('query Q($id: ID!) { department(id: $id) { displayName } }');
        const variables = encodeURIComponent(JSON.stringify({ id: department }));
        const read = await ask(GLOBEX, { path: `/graphql?query=${query}&variables=${variables}`, headers });
        deepEqual(read.body, { data: { department: { displayName: 'Globex' } } });
        const mutation = encodeURIComponent(
          `mutation { deleteDepartment(input: { department: "${department}" }) { __typename } }`,
        );
        equal((await ask(PLATFORM, { path: `/graphql?query=${mutation}`, headers })).status, 405);
      },
    },
    {
      row: 'GraphQL over HTTP',
      title: 'fields that lead from one thing to another are read with the rights of the caller',
      play: async ({ graphql }) => {
        const { body, text } = await graphql(
          GLOBEX,
          `{ department(id: "${department}") { repositories(first: 5) { nodes { name pusherCount pushers { nodes { __typename } } pullers(first: 1) { nodes { __typename } } department { id } } } grants(first: 5) { nodes { id } } } }`,
        );
        equal(body.data.department.repositories.nodes[0].department.id, department, text);
        equal(body.data.department.grants.nodes.length, 1);
        const [{ pusherCount, pushers, pullers }] = body.data.department.repositories.nodes;
        equal(pushers.nodes.length, pusherCount);
        equal(pullers.nodes.length, 1);
      },
    },
  ];
}
