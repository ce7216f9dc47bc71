import t from 'tap';
import { parse } from 'yaml';
import { readContractFiles } from '../../../src/contract/contract-files.ts';
import { parameterOf, type OpenapiDocument, type OpenapiOperation } from '../../../src/contract/document.ts';
import { resolve } from '../../../src/contract/schema.ts';
import { RULES } from '../../../src/core/authorize/rules.ts';
import type { AuditEvent } from '../../../src/model/audit-event.ts';
import { canonicalJson } from '../../../src/model/canonical-json.ts';
import type { EntityChange } from '../../../src/model/entity-change.ts';
import { isLifecyclePreset, lifecycleDocument } from '../../../src/model/lifecycle.ts';
import { readChain } from '../../support/told.ts';
import { KOA, PLATFORM } from '../../support/service.ts';
import { MEMBER, startWorld, type Asked } from '../../support/world.ts';

const world = await startWorld(t, { env: { ECP_AWS_ORGANISATION_ID: 'o-abcdefgh12' } });
const { tables } = world.service.embedded.executor;
const document = parse(readContractFiles().openapi) as OpenapiDocument;

type Members = Readonly<Record<string, unknown>>;

/** A request that is accepted, by the mutation that it is. */
interface Row {
  readonly mutation: string;
  readonly request: (made: {
    readonly grants: readonly string[];
    readonly operation: string;
  }) => Asked & { readonly body?: Members };
}

const HR = '/v1/departments/hr';
const DEPLOYER = { repositoryId: '424242', repository: 'JPPOL-HR/Deployer' };
const LIFECYCLE = {
  rules: [
    {
      rulePriority: 1,
      description: 'few of them are kept',
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 10 },
      action: { type: 'expire' },
    },
  ],
};

/** Every mutation with every field of its input, in an order in which each is accepted. */
const ROWS: readonly Row[] = [
  {
    mutation: 'createDepartment',
    request: () => ({
      method: 'POST',
      path: '/v1/departments',
      body: {
        id: 'hr',
        displayName: 'Human Resources',
        namespace: 'people',
        roleName: 'hr-pushes',
        managers: [{ ...DEPLOYER, ref: 'refs/heads/release-*', environment: 'prod' }],
        selfService: true,
        acknowledge: ['wildcard-manager', 'reused-id'],
      },
    }),
  },
  {
    mutation: 'updateDepartment',
    request: () => ({
      method: 'PATCH',
      path: HR,
      body: {
        displayName: 'People',
        managers: [{ ...DEPLOYER, environment: 'prod' }],
        selfService: false,
        acknowledge: ['wildcard-manager'],
      },
    }),
  },
  {
    mutation: 'putAccountAccess',
    request: () => ({
      method: 'PUT',
      path: `${HR}/account-access`,
      headers: { 'if-match': '*' },
      body: {
        accounts: [{ description: 'production', accountId: '931827427725', canWrite: true }],
        organisationPull: true,
      },
    }),
  },
  {
    mutation: 'putOrganisation',
    request: () => ({
      method: 'PUT',
      path: `${HR}/organisations/JPPOL-HR`,
      body: { ownerId: '777001', shared: true, acknowledge: ['widens-grants'] },
    }),
  },
  {
    mutation: 'createRepository',
    request: () => ({
      method: 'POST',
      path: `${HR}/repositories`,
      body: {
        name: 'people/payroll',
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: ['latest'],
        scanOnPush: false,
        lifecyclePolicy: LIFECYCLE,
        encryption: { encryptionType: 'KMS', kmsKey: 'alias/people' },
      },
    }),
  },
  {
    mutation: 'createRepository',
    request: () => ({
      method: 'POST',
      path: `${HR}/repositories`,
      body: { name: 'people/holidays', lifecyclePolicy: 'keep-last-30' },
    }),
  },
  {
    mutation: 'updateRepository',
    request: () => ({
      method: 'PATCH',
      path: '/v1/repositories/people%2Fholidays',
      body: {
        imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: ['v*'],
        scanOnPush: false,
        lifecyclePolicy: LIFECYCLE,
      },
    }),
  },
  {
    mutation: 'updateRepository',
    request: () => ({
      method: 'PATCH',
      path: '/v1/repositories/people%2Fholidays',
      body: { lifecyclePolicy: 'keep-last-30' },
    }),
  },
  {
    mutation: 'createGrant',
    request: () => ({
      method: 'POST',
      path: `${HR}/grants`,
      body: {
        organisation: 'JPPOL-HR',
        repository: 'Payslips',
        repositoryId: '555333',
        repositories: ['people/payroll'],
        pullRequests: true,
        acknowledge: ['pull-requests'],
      },
    }),
  },
  {
    mutation: 'updateGrant',
    request: ({ grants: [payslips] }) => ({
      method: 'PATCH',
      path: `${HR}/grants/${payslips}`,
      body: {
        repositories: ['people/holidays'],
        refs: ['refs/heads/main'],
        environment: null,
        pullRequests: false,
        acknowledge: ['pull-requests'],
      },
    }),
  },
  {
    mutation: 'updateGrant',
    request: ({ grants: [payslips] }) => ({
      method: 'PATCH',
      path: `${HR}/grants/${payslips}`,
      body: { refs: null, environment: 'test' },
    }),
  },
  {
    mutation: 'createGrant',
    request: () => ({
      method: 'POST',
      path: `${HR}/grants`,
      body: { organisation: 'JPPOL-HR', repository: 'Rota', repositoryId: '555444', refs: ['refs/tags/v*'] },
    }),
  },
  {
    mutation: 'createGrant',
    request: () => ({
      method: 'POST',
      path: `${HR}/grants`,
      body: { organisation: 'JPPOL-HR', repository: 'Canteen', repositoryId: '555555', environment: 'prod' },
    }),
  },
  {
    mutation: 'revokeGrant',
    request: ({ grants: [, , canteen] }) => ({ method: 'DELETE', path: `${HR}/grants/${canteen}` }),
  },
  {
    mutation: 'revokeGrant',
    request: ({ grants: [, rota] }) => ({ method: 'DELETE', path: `${HR}/grants/${rota}?revokeSessions=true` }),
  },
  {
    mutation: 'replayOperation',
    request: ({ operation }) => ({ method: 'POST', path: `/v1/operations/${operation}/replay` }),
  },
  {
    mutation: 'deleteRepository',
    request: () => ({
      method: 'DELETE',
      path: '/v1/repositories/people%2Fpayroll?force=true&acknowledge=deletes-images',
      headers: { 'if-match': '*' },
    }),
  },
  {
    mutation: 'revokeGrant',
    request: ({ grants: [payslips] }) => ({ method: 'DELETE', path: `${HR}/grants/${payslips}` }),
  },
  { mutation: 'deleteRepository', request: () => ({ method: 'DELETE', path: '/v1/repositories/people%2Fholidays' }) },
  { mutation: 'deleteOrganisation', request: () => ({ method: 'DELETE', path: `${HR}/organisations/JPPOL-HR` }) },
  { mutation: 'deleteDepartment', request: () => ({ method: 'DELETE', path: HR }) },
];

/** Members that ask for something and are no part of the state. */
const NO_STATE = new Set(['acknowledge', 'force', 'revokeSessions']);

/** Each row with the event of its acceptance. */
const accepted: { readonly row: Row; readonly body: Members; readonly event: AuditEvent }[] = [];

t.test('each mutation of the contract is accepted with each field of its input', async (t) => {
  const grants: string[] = [];
  let operation = '';
  for (const row of ROWS) {
    const request = row.request({ grants, operation });
    const answer = await world.ask(PLATFORM, request);
    t.match(String(answer.status), /^20[01]$/, `${row.mutation}: ${answer.text.slice(0, 300)}`);
    operation = answer.body.operation.id;
    if (row.mutation === 'createGrant') grants.push(answer.body.grant.id);
    const event = (await readChain(tables, 'hr')).find(
      (one) => one.operation === operation && one.outcome === 'accepted',
    );
    if (event === undefined) throw new Error(`${row.mutation} has no event`);
    accepted.push({ row, body: request.body ?? {}, event });
  }
  const mutations = Object.entries(RULES).flatMap(([name, rule]) => ('mutates' in rule ? [name] : []));
  for (const mutation of mutations) {
    const asked = accepted.filter(({ row }) => row.mutation === mutation);
    const given = new Set(asked.flatMap(({ body, event }) => Object.keys({ ...body, ...event.input?.query })));
    t.strictSame(
      fieldsOf(mutation).filter((field) => !given.has(field)),
      [],
      `all of ${mutation} is asked for`,
    );
  }
});

t.test('each field of the input is found in the event of its acceptance', async (t) => {
  for (const { row, body, event } of accepted) {
    t.strictSame(event.input?.body ?? {}, body, `${row.mutation}: what was asked for`);
    t.strictSame(event.acknowledged, body['acknowledge'] ?? event.input?.query?.['acknowledge']);
    for (const [member, value] of Object.entries(body))
      if (!NO_STATE.has(member)) t.ok(isTold(event.change ?? [], member, value), `${row.mutation}: ${member}`);
    const named = Object.values(event.input?.params ?? {}).map(String);
    const ids = [event.department, event.subject?.id, event.operation, ...(event.change ?? []).map(({ id }) => id)];
    if (row.mutation !== 'replayOperation')
      t.ok(
        named.every((name) => ids.includes(name)),
        `${row.mutation}: ${named.join()}`,
      );
  }
});

t.test('what nobody found in the log before is found', async (t) => {
  const tried = { name: 'people/never-made' };
  const denied = await world.ask(MEMBER, { method: 'POST', path: '/v1/departments/koa/repositories', body: tried });
  t.equal(denied.status, 403, denied.text);
  const stranger = await world.ask(KOA, { path: `${HR}/grants/grant-01kaxq3v7d8e9fabcdefghjkmn` });
  t.equal(stranger.status, 404);
  const chains = ['hr', 'koa.refusals', 'platform.refusals'];
  const log = JSON.stringify(await Promise.all(chains.map((chain) => readChain(tables, chain))));
  for (const text of [
    '"repositoryId":"424242"',
    '"repository":"JPPOL-HR/Deployer"',
    '"ownerId":"777001"',
    '"accountId":"931827427725"',
    '"repository":"Payslips"',
    '"selfService":true',
    '"displayName":"Human Resources"',
    '"shared":true',
    '"acknowledged":["pull-requests"]',
    '"blastRadius":{"owners":',
    '"subject":{"type":"repository","id":"people/never-made"}',
    '"input":{"params":{"department":"koa"},"body":{"name":"people/never-made"}}',
    '"subject":{"type":"grant","id":"grant-01kaxq3v7d8e9fabcdefghjkmn"}',
  ])
    t.ok(log.includes(text), text);
});

/** Whether some entity has a member of this name and value afterwards; for `null`, whether one has none. */
function isTold(changes: readonly EntityChange[], member: string, value: unknown): boolean {
  const told = changes.map(({ after }): unknown => Object(after)[member]);
  if (value === null) return told.includes(undefined);
  return told.some((one) => one !== undefined && canonicalJson(one) === canonicalJson(asKept(member, value)));
}

/** A lifecycle policy is kept as text, of a preset too. */
function asKept(member: string, value: unknown): unknown {
  if (member !== 'lifecyclePolicy') return value;
  return canonicalJson(typeof value === 'string' && isLifecyclePreset(value) ? lifecycleDocument(value) : value);
}

/** The fields of a mutation's body and query, as the contract has them. */
function fieldsOf(mutation: string): readonly string[] {
  const operation = Object.values(document.paths)
    .flatMap((item): readonly OpenapiOperation[] => Object.values(item))
    .find(({ operationId }) => operationId === mutation);
  const parameters = (operation?.parameters ?? []).map((parameter) => parameterOf(parameter, document));
  const query = parameters.flatMap(({ in: place, name }) => (place === 'query' && name !== 'dryRun' ? [name] : []));
  const schema = operation?.requestBody?.content['application/json']?.schema;
  const properties = schema === undefined ? {} : (resolve(schema, document.components.schemas).properties ?? {});
  return [...query, ...Object.keys(properties)];
}
