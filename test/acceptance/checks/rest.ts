import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { observeRepository, observeRole } from '../../../src/aws/observe.ts';
import type { Job } from '../../../src/local/github/job.ts';
import { CONTRACT, restRequest } from '../../support/both-faces.ts';
import { idOf, KOA, PLATFORM, STRANGER, type Answer } from '../../support/service.ts';
import type { Check } from '../check.ts';
import { expectStatus, learnedBy, type World } from '../world.ts';

/** The department that these checks make, its workflows, and what they know each other by. */
const ACME: Job = { repository: 'ACME-Corp/shop', ref: 'refs/heads/main' };
const ACME_MEMBER: Job = { repository: 'ACME-Corp/newsletter', ref: 'refs/heads/main' };
const ACME_PULL_REQUEST: Job = { repository: 'ACME-Corp/shop', pullRequest: 7 };
const MANAGERS = [{ repositoryId: idOf(ACME.repository), repository: ACME.repository, ref: 'refs/heads/main' }];
const ACCOUNTS = [{ description: 'aws-acme-dev', accountId: '222233334444', canWrite: false }];
const department = 'acme';

/** Who may do a thing, and who may not: the status and code that each is answered. */
interface Refusal {
  readonly what: string;
  readonly as?: Job;
  readonly asked?: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly code: string;
}

/** An operation of the contract in words that both APIs share: its success, and its main refusals, which come first. */
interface Row {
  readonly id: string;
  readonly as: Job;
  readonly asked: (world: World) => Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly refusals?: readonly Refusal[];
  /** What makes another request of it; another `If-Match` unless said. */
  readonly other?: (wish: Readonly<Record<string, unknown>>, world: World) => Readonly<Record<string, unknown>>;
  readonly afterwards?: (body: Json, world: World) => Promise<void> | void;
}

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

const NOT_THE_PLATFORM: Refusal = { what: 'a manager', as: ACME, status: 403, code: 'forbidden' };
const NO_MANAGER: Refusal = { what: 'a member', as: ACME_MEMBER, status: 403, code: 'forbidden' };
const PULL_REQUEST: Refusal = { what: 'a pull request', as: ACME_PULL_REQUEST, status: 403, code: 'forbidden' };
const UNKNOWN_TO_STRANGERS: Refusal = { what: 'a stranger', as: STRANGER, status: 404, code: 'not-found' };
const STALE: Refusal = {
  what: 'who has read another revision',
  asked: { ifMatch: '"999"' },
  status: 412,
  code: 'precondition-failed',
};
const NONE = '01kaxq3v7d8e9fabcdefghjkmn';

/** A list of what belongs to the repository. */
function ofShop(id: string): Row {
  return {
    id,
    as: ACME_MEMBER,
    asked: () => ({ name: 'acme/shop', first: 1 }),
    status: 200,
    refusals: [
      UNKNOWN_TO_STRANGERS,
      { what: 'who misspells it', asked: { name: 'acme/shop-2' }, status: 404, code: 'not-found' },
    ],
  };
}

/** The scenario, in its order: a department from its beginning to its end. */
const ROWS: readonly Row[] = [
  {
    id: 'healthz',
    as: STRANGER,
    asked: () => ({}),
    status: 200,
    afterwards: (body) => deepEqual(body, { status: 'ok' }),
  },
  { id: 'whoami', as: STRANGER, asked: () => ({}), status: 200 },
  {
    id: 'createDepartment',
    as: PLATFORM,
    asked: () => ({ id: department, displayName: 'Acme', managers: MANAGERS, namespace: 'acme' }),
    status: 201,
    refusals: [
      { what: 'a stranger', as: STRANGER, status: 403, code: 'forbidden' },
      STALE,
      { what: 'an id in capitals', asked: { id: 'ACME' }, status: 400, code: 'invalid-input' },
    ],
    afterwards: async (body, { form }) => {
      ok(await observeRole(form.aws, body.department.roleName), 'IAM has its push role');
    },
  },
  {
    id: 'putOrganisation',
    as: PLATFORM,
    asked: () => ({ department, login: 'ACME-Corp', ownerId: idOf('ACME-Corp') }),
    status: 201,
    refusals: [
      STALE,
      { what: 'an owner id that is no number', asked: { ownerId: 'ACME' }, status: 400, code: 'invalid-input' },
      { what: 'a department that is not there', asked: { department: 'nobody' }, status: 404, code: 'not-found' },
    ],
  },
  {
    id: 'getDepartment',
    as: ACME_MEMBER,
    asked: () => ({ department }),
    status: 200,
    refusals: [UNKNOWN_TO_STRANGERS],
  },
  {
    id: 'listDepartments',
    as: ACME,
    asked: () => ({ first: 5 }),
    status: 200,
    afterwards: (body) => equal(body.items.length, 1),
  },
  {
    id: 'updateDepartment',
    as: PLATFORM,
    asked: () => ({ department, displayName: 'Acme Corporation' }),
    status: 200,
    refusals: [NOT_THE_PLATFORM, UNKNOWN_TO_STRANGERS, STALE],
    afterwards: (body) => equal(body.department.displayName, 'Acme Corporation'),
  },
  { id: 'listOrganisations', as: ACME, asked: () => ({ department }), status: 200, refusals: [UNKNOWN_TO_STRANGERS] },
  {
    id: 'getOrganisation',
    as: ACME,
    asked: () => ({ department, login: 'ACME-Corp' }),
    status: 200,
    refusals: [UNKNOWN_TO_STRANGERS],
  },
  {
    id: 'putAccountAccess',
    as: PLATFORM,
    asked: () => ({ department, accounts: ACCOUNTS, ifMatch: '*' }),
    status: 200,
    refusals: [
      NOT_THE_PLATFORM,
      UNKNOWN_TO_STRANGERS,
      { what: 'who has not read it', asked: { ifMatch: undefined }, status: 428, code: 'precondition-required' },
      STALE,
    ],
  },
  { id: 'getAccountAccess', as: ACME, asked: () => ({ department }), status: 200, refusals: [UNKNOWN_TO_STRANGERS] },
  {
    id: 'createRepository',
    as: ACME,
    asked: () => ({ department, name: 'acme/shop', scanOnPush: false }),
    status: 201,
    refusals: [
      NO_MANAGER,
      PULL_REQUEST,
      UNKNOWN_TO_STRANGERS,
      { what: 'a name outside the namespace', asked: { name: 'other/shop' }, status: 400, code: 'invalid-input' },
      {
        what: 'a name that the story’s department has',
        asked: { department: 'koa', name: 'giftcard-service' },
        as: KOA,
        status: 409,
        code: 'already-exists',
      },
      STALE,
      { what: 'a name that ECR refuses', asked: { name: 'acme/Shop' }, status: 400, code: 'invalid-input' },
    ],
    afterwards: async (body, { form, learned }) => {
      learned.set('operation', body.operation.id);
      const there = await observeRepository(form.aws, 'acme/shop');
      ok(there?.policy !== undefined, 'ECR has it, with the policy of the account access');
    },
  },
  {
    id: 'getRepository',
    as: ACME_MEMBER,
    asked: () => ({ name: 'acme/shop' }),
    status: 200,
    refusals: [
      UNKNOWN_TO_STRANGERS,
      { what: 'who misspells it', asked: { name: 'acme/shop-2' }, status: 404, code: 'not-found' },
    ],
  },
  { id: 'listRepositories', as: ACME, asked: () => ({ department }), status: 200, refusals: [UNKNOWN_TO_STRANGERS] },
  { ...ofShop('listRepositoryPullers'), afterwards: (body) => equal(body.items[0].kind, 'account') },
  {
    id: 'updateRepository',
    as: ACME,
    asked: () => ({ name: 'acme/shop', scanOnPush: true, lifecyclePolicy: 'keep-last-30' }),
    status: 200,
    refusals: [NO_MANAGER, PULL_REQUEST, UNKNOWN_TO_STRANGERS, STALE],
    afterwards: (body, { learned }) => void learned.set('another operation', body.operation.id),
  },
  {
    id: 'createGrant',
    as: ACME,
    asked: () => ({
      department,
      organisation: 'ACME-Corp',
      repository: 'shop',
      repositories: ['acme/shop'],
      refs: ['refs/heads/main'],
    }),
    status: 201,
    refusals: [
      NO_MANAGER,
      PULL_REQUEST,
      UNKNOWN_TO_STRANGERS,
      STALE,
      {
        what: 'an organisation that is nobody’s',
        asked: { organisation: 'somebody-else', repositoryId: '1' },
        status: 400,
        code: 'invalid-input',
      },
    ],
    afterwards: (body, { learned }) => void learned.set('grant', body.grant.id),
  },
  { ...ofShop('listRepositoryPushers'), afterwards: (body) => equal(body.items[0].kind, 'grant') },
  {
    id: 'getGrant',
    as: ACME_MEMBER,
    asked: (world) => ({ department, id: learnedBy(world, 'grant') }),
    status: 200,
    refusals: [
      UNKNOWN_TO_STRANGERS,
      { what: 'who misspells it', asked: { id: `grant-${NONE}` }, status: 404, code: 'not-found' },
    ],
  },
  { id: 'listGrants', as: ACME, asked: () => ({ department }), status: 200, refusals: [UNKNOWN_TO_STRANGERS] },
  {
    id: 'updateGrant',
    as: ACME,
    asked: (world) => ({ department, id: learnedBy(world, 'grant'), refs: ['refs/heads/main', 'refs/tags/v1'] }),
    status: 200,
    refusals: [NO_MANAGER, PULL_REQUEST, UNKNOWN_TO_STRANGERS, STALE],
  },
  { id: 'listPushRoles', as: ACME, asked: () => ({ department }), status: 200, refusals: [UNKNOWN_TO_STRANGERS] },
  {
    id: 'getGrantWorkflow',
    as: ACME_MEMBER,
    asked: (world) => ({ department, id: learnedBy(world, 'grant') }),
    status: 200,
    refusals: [UNKNOWN_TO_STRANGERS],
  },
  {
    id: 'getOperation',
    as: ACME,
    asked: (world) => ({ id: learnedBy(world, 'operation') }),
    status: 200,
    refusals: [
      UNKNOWN_TO_STRANGERS,
      { what: 'who makes one up', asked: { id: `op-${NONE}` }, status: 404, code: 'not-found' },
    ],
    afterwards: (body) => equal(body.status, 'succeeded'),
  },
  {
    id: 'replayOperation',
    as: PLATFORM,
    asked: (world) => ({ id: learnedBy(world, 'operation') }),
    status: 200,
    refusals: [NOT_THE_PLATFORM, UNKNOWN_TO_STRANGERS],
    other: (_wish, world) => ({ id: learnedBy(world, 'another operation') }),
  },
  {
    id: 'listDepartmentAuditEvents',
    as: ACME,
    asked: () => ({ department, order: 'oldest', first: 100, subject: 'acme/shop' }),
    status: 200,
    refusals: [UNKNOWN_TO_STRANGERS],
    afterwards: (body) => {
      const creation = body.items.filter((event: Json) => event.action === 'createRepository');
      const outcomes = creation.map((event: Json) => event.outcome);
      deepEqual(outcomes.slice(-2), ['accepted', 'succeeded']);
      deepEqual(
        [...new Set(outcomes.slice(0, -2))],
        ['denied'],
        'whoever was refused before is found by the name that was tried',
      );
    },
  },
  {
    id: 'listAuditEvents',
    as: PLATFORM,
    asked: () => ({ first: 3 }),
    status: 200,
    refusals: [{ what: 'a manager', as: ACME, status: 403, code: 'forbidden' }],
    afterwards: (body) => equal(body.items.length, 3),
  },
  {
    id: 'exportDepartmentAuditEvents',
    as: ACME,
    asked: () => ({ department }),
    status: 200,
    refusals: [UNKNOWN_TO_STRANGERS],
  },
  {
    id: 'exportAuditEvents',
    as: PLATFORM,
    asked: () => ({ format: 'csv' }),
    status: 200,
    refusals: [{ what: 'a manager', as: ACME, status: 403, code: 'forbidden' }],
  },
  { id: 'getOpenapi', as: STRANGER, asked: () => ({}), status: 200 },
  {
    id: 'getPage',
    as: STRANGER,
    asked: () => ({ page: 'errors.md' }),
    status: 200,
    refusals: [{ what: 'who misspells it', asked: { page: 'nothing.md' }, status: 404, code: 'not-found' }],
  },
  {
    id: 'revokeGrant',
    as: ACME,
    asked: (world) => ({ department, id: learnedBy(world, 'grant'), revokeSessions: true }),
    status: 200,
    refusals: [NO_MANAGER, PULL_REQUEST, UNKNOWN_TO_STRANGERS, STALE],
  },
  {
    id: 'deleteRepository',
    as: ACME,
    asked: () => ({ name: 'acme/shop' }),
    status: 200,
    refusals: [NO_MANAGER, PULL_REQUEST, UNKNOWN_TO_STRANGERS, STALE],
    afterwards: async (_body, { form }) => {
      equal(await observeRepository(form.aws, 'acme/shop'), undefined, 'ECR has it no more');
    },
  },
  {
    id: 'deleteOrganisation',
    as: PLATFORM,
    asked: () => ({ department, login: 'ACME-Corp' }),
    status: 200,
    refusals: [NOT_THE_PLATFORM, UNKNOWN_TO_STRANGERS, STALE],
  },
  {
    id: 'deleteDepartment',
    as: PLATFORM,
    asked: () => ({ department }),
    status: 200,
    refusals: [UNKNOWN_TO_STRANGERS, STALE],
  },
];

/** Each operation of the contract over REST, with its refusals, its dry run and its repeat where it has them. */
export function restChecks(): readonly Check[] {
  return ROWS.flatMap((row) => [...refusalChecks(row), ...dryRunCheck(row), successCheck(row)]);
}

function refusalChecks(row: Row): readonly Check[] {
  const { id, as } = row;
  const { kind, bodyProperties } = operation(id);
  const takesBody = bodyProperties.size > 0;
  const common: readonly Check[] =
    kind === 'public'
      ? []
      : [
          {
            row: id,
            title: `${id} without a token is 401`,
            play: async (world) => {
              const answer = await world.rest(undefined, id, row.asked(world));
              match(String(expectStatus(answer, 401, 'unauthenticated').headers['www-authenticate']), /^Bearer/);
            },
          },
          {
            row: id,
            title: `${id} with a parameter that the contract does not know is 400`,
            play: async (world) => {
              const request = restRequest(id, row.asked(world));
              const path = `${request.path}${request.path.includes('?') ? '&' : '?'}nonsense=1`;
              expectStatus(await world.ask(as, { ...request, path }), 400, 'invalid-input');
            },
          },
          {
            row: id,
            title: `${id} for a client that takes only images is 406`,
            play: async (world) => {
              const request = restRequest(id, row.asked(world));
              const headers = { ...request.headers, accept: 'image/png' };
              expectStatus(await world.ask(as, { ...request, headers }), 406, 'not-acceptable');
            },
          },
          ...(takesBody ? bodyChecks(row) : []),
        ];
  const own = (row.refusals ?? []).map(
    ({ what, as: who = as, asked: changes = {}, status, code }): Check => ({
      row: id,
      title: `${id} by ${what} is ${status} ${code}`,
      play: async (world) => {
        expectStatus(await world.rest(who, id, { ...row.asked(world), ...changes }), status, code);
      },
    }),
  );
  return [...common, ...own];
}

function bodyChecks(row: Row): readonly Check[] {
  const { id, as } = row;
  return [
    {
      row: id,
      title: `${id} with a form in its body is 415`,
      play: async (world) => {
        const { body: _body, ...request } = restRequest(id, row.asked(world));
        const headers = { ...request.headers, 'content-type': 'application/x-www-form-urlencoded' };
        expectStatus(await world.ask(as, { ...request, raw: 'name=x', headers }), 415, 'unsupported-media-type');
      },
    },
    {
      row: id,
      title: `${id} with a body over 256 KiB is 413`,
      play: async (world) => {
        const body = { nonsense: 'x'.repeat(300 * 1024) };
        expectStatus(await world.ask(as, { ...restRequest(id, row.asked(world)), body }), 413, 'payload-too-large');
      },
    },
  ];
}

function dryRunCheck(row: Row): readonly Check[] {
  const { id, as } = row;
  if (operation(id).kind !== 'mutation') return [];
  return [
    {
      row: id,
      title: `a dry run of ${id} answers the plan and changes nothing`,
      play: async (world) => {
        const { body } = expectStatus(await world.rest(as, id, { ...row.asked(world), dryRun: true }), 200);
        equal(body.operation, null);
        ok(Array.isArray(body.plan));
      },
    },
  ];
}

function successCheck(row: Row): Check {
  const { id, as, status } = row;
  const isMutation = operation(id).kind === 'mutation';
  return {
    row: id,
    title: isMutation ? `${id} succeeds, and its repeat with the same Idempotency-Key is the same` : `${id} answers`,
    play: async (world) => {
      const wish = { ...row.asked(world), ...(isMutation ? { idempotencyKey: `acceptance-${id}` } : {}) };
      const answer = expectStatus(await world.rest(as, id, wish), status);
      if (isMutation) {
        equal(answer.body.operation.status, 'succeeded');
        const again = expectStatus(await world.rest(as, id, wish), status);
        equal(again.body.operation.id, answer.body.operation.id, 'a repeat is the same operation');
        await expectMismatch(world, row, wish);
      } else if (operation(id).statuses.includes(304)) await expectNotModified(world, row, wish, answer);
      else notEqual(answer.text, '');
      await row.afterwards?.(answer.body, world);
    },
  };
}

/** A key belongs to what was asked with it: whoever asks for something else with it learns so, and nothing is done. */
async function expectMismatch(
  world: World,
  { id, as, other = anotherRevision }: Row,
  wish: Readonly<Record<string, unknown>>,
): Promise<void> {
  const answer = await world.rest(as, id, { ...wish, ...other(wish, world) });
  // Of what was deleted nothing is known any more, and so no key.
  if (id.startsWith('delete')) ok([404, 422].includes(answer.status), answer.text);
  else expectStatus(answer, 422, 'idempotency-mismatch');
}

function anotherRevision({ ifMatch }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { ifMatch: ifMatch === '*' ? '"1"' : '*' };
}

async function expectNotModified(
  world: World,
  { id, as }: Row,
  wish: Readonly<Record<string, unknown>>,
  answer: Answer,
): Promise<void> {
  const request = restRequest(id, wish);
  const headers = { ...request.headers, 'if-none-match': String(answer.headers['etag']) };
  expectStatus(await world.ask(as, { ...request, headers }), 304);
}

function operation(id: string) {
  const found = CONTRACT.operations.get(id);
  if (found === undefined) throw new Error(`The contract has no operation ${id}.`);
  return found;
}
