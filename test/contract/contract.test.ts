import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { parse, stringify } from 'yaml';
import { RULES } from '../../src/core/authorize/rules.ts';
import { readContractFiles } from '../../src/contract/contract-files.ts';
import { readContract } from '../../src/contract/contract.ts';
import { checkContract } from '../../src/contract/check.ts';
import {
  parameterOf,
  responseOf,
  type OpenapiDocument,
  type OpenapiOperation,
  type OpenapiResponse,
} from '../../src/contract/document.ts';
import type { RawRequest, Validation } from '../../src/contract/route.ts';
import { definitions } from '../../src/contract/request-schema.ts';
import { newAjv } from '../../src/contract/validators.ts';
import { ERRORS } from '../../src/core/errors.ts';

const { openapi: text } = readContractFiles();
const document = parse(text) as OpenapiDocument;
const contract = readContract(text);
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([verb, operation]) => ({ path, verb, operation, id: String(operation.operationId) })),
);
const sorted = (values: readonly unknown[]) => values.map(String).toSorted((a, b) => a.localeCompare(b));
const isOpen = (id: string) => ['healthz', 'getOpenapi', 'getPage'].includes(id);
const queryNames = new Set(Object.entries(RULES).flatMap(([name, rule]) => ('mutates' in rule ? [] : [name])));
const mutationNames = new Set(Object.entries(RULES).flatMap(([name, rule]) => ('mutates' in rule ? [name] : [])));

/** What the contract makes of a request for an operation. */
function validated(id: string, request: RawRequest): Validation<unknown> {
  const operation = contract.operations.get(id);
  if (operation === undefined || operation.kind === 'public') throw new Error(`Nothing is asked of the core by ${id}.`);
  return operation.validate(request);
}

/** The contract with something changed, as its text. */
function changed(change: (document: Mutable) => void): string {
  const copy = structuredClone(document) as unknown as Mutable;
  change(copy);
  return stringify(copy);
}

interface Mutable {
  security?: unknown;
  paths: Record<string, Record<string, Record<string, unknown>>>;
  components: Record<string, unknown>;
}

function responsesOf(operation: OpenapiOperation): [string, OpenapiResponse][] {
  return Object.entries(operation.responses).map(([status, response]) => [status, responseOf(response, document)]);
}

void test('the contract, the rules of authorisation and the core know the same operations', (t) => {
  t.doesNotThrow(() => checkContract(contract, { queryNames, mutationNames }));
  t.end();
});

void test('the process does not start', (t) => {
  const without = (names: ReadonlySet<string>, name: string) => new Set([...names].filter((one) => one !== name));
  t.throws(
    () => checkContract(contract, { queryNames, mutationNames: without(mutationNames, 'createGrant') }),
    /createGrant, but there is no command/,
    'when an operation has no command',
  );
  t.throws(
    () => checkContract(contract, { queryNames: without(queryNames, 'getGrant'), mutationNames }),
    /getGrant, but there is no query/,
    'when an operation has no query',
  );
  t.throws(
    () => checkContract(contract, { queryNames, mutationNames: new Set([...mutationNames, 'dropEverything']) }),
    /There is a mutation dropEverything/,
    'when a command is in no contract',
  );
  t.throws(
    () =>
      checkContract(contract, {
        queryNames: new Set([...queryNames, 'createGrant']),
        mutationNames: without(mutationNames, 'createGrant'),
      }),
    /createGrant/,
    'when a mutation would be run as a query',
  );
  t.throws(
    () => readContract(changed((one) => delete one.security)),
    /no security scheme/,
    'without a security scheme',
  );
  t.throws(
    () => readContract(changed((one) => delete one.components['securitySchemes'])),
    /no security scheme/,
    'when the scheme is unknown',
  );
  t.throws(
    () => readContract(changed((one) => Object.assign(one.paths['/v1/whoami']?.['get'] ?? {}, { security: [] }))),
    /GET \/v1\/whoami has no security scheme/,
    'when an operation under /v1 says that it needs none',
  );
  t.throws(
    () =>
      readContract(
        changed((one) => Object.assign(one.paths['/v1/whoami']?.['get'] ?? {}, { security: [{}, { gitHubOidc: [] }] })),
      ),
    /no security scheme/,
    'when the scheme is optional',
  );
  t.throws(
    () => readContract(changed((one) => delete one.paths['/v1/whoami']?.['get']?.['operationId'])),
    /has no operationId/,
    'when an operation has no name',
  );
  t.throws(
    () =>
      readContract(
        changed((one) => Object.assign(one.paths['/v1/whoami']?.['get'] ?? {}, { operationId: 'getGrant' })),
      ),
    /getGrant twice/,
    'when two operations have the same name',
  );
  const open = readContract(
    changed((one) => Object.assign(one.paths['/healthz']?.['get'] ?? {}, { operationId: 'metrics' })),
  );
  t.throws(
    () => checkContract(open, { queryNames, mutationNames }),
    /metrics, but nothing answers it/,
    'when nothing answers a public operation',
  );
  t.end();
});

void test('every operation declares the statuses that can happen', (t) => {
  for (const { id, verb, path, operation } of operations.filter(({ id }) => !isOpen(id))) {
    const isMutation = verb !== 'get';
    // A replay makes nothing, and an operation that is over has no revision to hold on to.
    const isReplay = id === 'replayOperation';
    const needed = [
      '200',
      '400',
      '401',
      '406',
      '503',
      'default',
      ...(path.includes('{') ? ['404'] : []),
      ...(isMutation ? ['403', '409', '422'] : []),
      ...(isMutation && !isReplay ? ['412'] : []),
      // A department's settings are ours alone, so that nothing of their change waits for AWS.
      ...(isMutation && id !== 'updateDepartment' ? ['202'] : []),
      // Operations wait where a department has repositories or grants; itself it then is neither made nor deleted.
      ...(isMutation && !id.endsWith('Department') ? ['429'] : []),
      ...(operation.requestBody === undefined ? [] : ['413', '415']),
      ...(verb === 'post' && !isReplay ? ['201'] : []),
    ];
    const declared = Object.keys(operation.responses);
    t.strictSame(
      needed.filter((status) => !declared.includes(status)),
      [],
      `${id} declares what it must`,
    );
  }
  t.end();
});

void test('every error is a problem, and brings the headers that its client needs', (t) => {
  const headersOf: Record<string, readonly string[]> = {
    '201': ['ETag', 'Location'],
    '202': ['Location', 'Retry-After'],
    '401': ['WWW-Authenticate'],
    '429': ['Retry-After'],
    '503': ['Retry-After'],
  };
  for (const { id, operation } of operations) {
    for (const [status, response] of responsesOf(operation)) {
      const isError = status === 'default' || status.startsWith('4') || status.startsWith('5');
      if (isError)
        t.strictSame(Object.keys(response.content ?? {}), ['application/problem+json'], `${id} ${status} is a problem`);
      for (const header of headersOf[status] ?? [])
        t.ok(response.headers?.[header], `${id} ${status} declares ${header}`);
    }
  }
  t.end();
});

void test('every mutation can be dry-run, repeated safely and told not to wait', (t) => {
  for (const { id, operation } of operations.filter(({ verb }) => verb !== 'get')) {
    const names = (operation.parameters ?? []).map((parameter) => parameterOf(parameter, document).name);
    const ifMatch = id === 'replayOperation' ? [] : ['If-Match'];
    for (const name of ['dryRun', 'Idempotency-Key', 'Prefer', ...ifMatch])
      t.ok(names.includes(name), `${id} takes ${name}`);
  }
  t.end();
});

void test('every list pages', (t) => {
  for (const { id, operation } of operations.filter(({ id }) => id.startsWith('list'))) {
    const names = (operation.parameters ?? []).map((parameter) => parameterOf(parameter, document).name);
    t.ok(names.includes('first') && names.includes('after'), `${id} takes first and after`);
    t.ok(responsesOf(operation).find(([status]) => status === '200')?.[1].headers?.['Link'], `${id} declares Link`);
  }
  t.end();
});

void test('every string and every list has a limit, and every body is closed', (t) => {
  const unlimited: string[] = [];
  const open: string[] = [];
  const walk = (node: unknown, place: string, isInput: boolean): void => {
    if (Array.isArray(node)) node.forEach((inner, index) => walk(inner, `${place}/${index}`, isInput));
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    const schema = node as Record<string, unknown>;
    const types = [schema['type']].flat();
    if (
      types.includes('string') &&
      schema['maxLength'] === undefined &&
      schema['enum'] === undefined &&
      schema['const'] === undefined
    )
      unlimited.push(place);
    if (types.includes('array') && schema['maxItems'] === undefined) unlimited.push(place);
    if (isInput && types.includes('object') && schema['additionalProperties'] !== false) open.push(place);
    for (const [key, inner] of Object.entries(schema))
      if (key !== 'example' && key !== 'examples') walk(inner, `${place}/${key}`, isInput);
  };
  const { schemas } = document.components;
  const isInput = (name: string) =>
    /^(Create|Update|Put)|^(ManagerRule|AccessAccountInput|LifecyclePolicy|Encryption)$/.test(name);
  for (const [name, schema] of Object.entries(schemas)) walk(schema, name, isInput(name));
  for (const [name, parameter] of Object.entries(document.components.parameters ?? {}))
    walk(parameter.schema, name, false);
  t.strictSame(unlimited, []);
  t.strictSame(open, []);
  t.end();
});

void test('every example can be pasted: it is valid', (t) => {
  const ajv = newAjv();
  ajv.addSchema(definitions(document));
  const path = {
    department: 'koa',
    login: 'JPPOL-KOA',
    name: 'giftcard-service',
    id: 'grant-01kaxq3v7d8e9fabcdefghjkmn',
  };
  for (const { id, operation } of operations) {
    const examples = operation.requestBody?.content['application/json']?.examples ?? {};
    if (operation.requestBody !== undefined) t.not(Object.keys(examples).length, 0, `${id} has an example`);
    for (const [name, { value }] of Object.entries(examples)) {
      const wanted = (operation.parameters ?? [])
        .map((parameter) => parameterOf(parameter, document))
        .filter((one) => one.in === 'path');
      const params = Object.fromEntries(wanted.map((one) => [one.name, path[one.name as keyof typeof path]]));
      const validation = validated(id, { path: params, body: value });
      t.strictSame(validation.ok ? [] : validation.errors, [], `${id}: ${name}`);
    }
  }
  for (const [name, response] of Object.entries(document.components.responses ?? {})) {
    const example = response.content?.['application/problem+json']?.example;
    if (example === undefined) continue;
    t.ok(ajv.validate({ $ref: 'contract#/$defs/Problem' }, example), `the example of ${name}`);
  }
  for (const [name, parameter] of Object.entries(document.components.parameters ?? {})) {
    if (parameter.example === undefined) continue;
    const schema = JSON.parse(
      JSON.stringify(parameter.schema).replaceAll('#/components/schemas/', 'contract#/$defs/'),
    ) as object;
    t.ok(ajv.validate(schema, parameter.example), `the example of the parameter ${name}`);
  }
  t.end();
});

void test('the catalogue of errors, the documentation and the contract know the same codes', (t) => {
  const docs = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const codes = Object.keys(ERRORS);
  const sections = docs.split(/^## /m).slice(1);
  t.strictSame(sorted(sections.map((section) => section.split('\n')[0])), sorted(codes), 'a section for each');
  t.strictSame(sorted(document.components.schemas['ErrorCode']?.enum ?? []), sorted(codes), 'all in ErrorCode');
  for (const section of sections) {
    const code = section.split('\n')[0] ?? '';
    t.match(section, new RegExp(`"code": "${code}"`), `${code} has an example`);
    t.match(section, /\*\*Do:\*\*/, `${code} says what to do`);
  }
  for (const [code, { status }] of Object.entries(ERRORS)) {
    t.match(
      docs,
      new RegExp(`^\\| ${status} \\|.*\\[${code}\\]\\(#${code}\\)`, 'm'),
      `${code} stands in the table under ${status}`,
    );
    // What is answered where no operation is.
    if (status === 405 || code === 'unknown-path') continue;
    const described = operations.flatMap(({ operation }) =>
      responsesOf(operation).filter(([declared]) => declared === (status === 500 ? 'default' : String(status))),
    );
    t.ok(
      described.some(([, response]) => response.description.includes(`\`${code}\``)),
      `the contract's ${status} names ${code}`,
    );
  }
  t.end();
});

void test('what is wrong with an input is told with its place, its rule and what would do', (t) => {
  const grant = { path: { department: 'koa', id: 'grant-01kaxq3v7d8e9fabcdefghjkmn' } };
  const department = { id: 'koa', displayName: 'KOA' };
  const account = { description: 'aws-koa-dev', accountId: '931827427725', canWrite: false };
  const table: readonly [string, string, RawRequest, string, RegExp][] = [
    [
      'an account id as a number',
      'putAccountAccess',
      { path: { department: 'koa' }, body: { accounts: [{ ...account, accountId: 931827427725 }] } },
      '/body/accounts/0/accountId',
      /must be a string, got a number.*twelve digits in quotes/,
    ],
    [
      'an account id that lost its zero',
      'putAccountAccess',
      { path: { department: 'koa' }, body: { accounts: [{ ...account, accountId: '12345678901' }] } },
      '/body/accounts/0/accountId',
      /twelve digits/,
    ],
    [
      'an account id of zeros',
      'putAccountAccess',
      { path: { department: 'koa' }, body: { accounts: [{ ...account, accountId: '000000000000' }] } },
      '/body/accounts/0/accountId',
      /twelve digits/,
    ],
    [
      'an id with a sign',
      'putOrganisation',
      { path: { department: 'koa', login: 'JPPOL-KOA' }, body: { ownerId: '-1' } },
      '/body/ownerId',
      /numeric id/,
    ],
    [
      'an id with a newline',
      'putOrganisation',
      { path: { department: 'koa', login: 'JPPOL-KOA' }, body: { ownerId: '1\n' } },
      '/body/ownerId',
      /numeric id/,
    ],
    [
      'a misspelt field',
      'createDepartment',
      { body: { ...department, displayname: 'x' } },
      '/body/displayname',
      /did you mean "displayName"/,
    ],
    [
      'an unknown field',
      'createDepartment',
      { body: { ...department, colour: 'red' } },
      '/body/colour',
      /allowed: id, displayName/,
    ],
    ['a missing field', 'createDepartment', { body: { id: 'koa' } }, '/body/displayName', /is required/],
    ['a missing body', 'createDepartment', {}, '/body', /body is required/],
    ['a body that is a list', 'createDepartment', { body: [] }, '/body', /must be an object, got an array/],
    ['a body that is null', 'createDepartment', { body: null }, '/body', /must be an object, got null/],
    [
      'a manager of every ref',
      'createDepartment',
      { body: { ...department, managers: [{ repositoryId: '1' }] } },
      '/body/managers/0',
      /`ref` or an `environment`/,
    ],
    ['an upper-case department', 'getDepartment', { path: { department: 'KOA' } }, '/path/department', /lower-case/],
    ['a department with a slash', 'getDepartment', { path: { department: 'koa/x' } }, '/path/department', /lower-case/],
    [
      'a repository name that climbs',
      'getRepository',
      { path: { name: '../koa' } },
      '/path/name',
      /ECR repository name/,
    ],
    ['a name still encoded', 'getRepository', { path: { name: 'koa%2Fapp' } }, '/path/name', /ECR repository name/],
    ['a ref without its prefix', 'updateGrant', { ...grant, body: { refs: ['main'] } }, '/body/refs/0', /refs\/heads/],
    ['no refs at all', 'updateGrant', { ...grant, body: { refs: [] } }, '/body/refs', /1 to 20 refs/],
    [
      'an environment with a wildcard',
      'updateGrant',
      { ...grant, body: { environment: 'prod*' } },
      '/body/environment',
      /without wildcards/,
    ],
    [
      'an environment with a policy variable',
      'updateGrant',
      { ...grant, body: { environment: '${aws:PrincipalTag/x}' } },
      '/body/environment',
      /without wildcards/,
    ],
    ['nothing to change', 'updateGrant', { ...grant, body: {} }, '/body', /at least one of/],
    [
      'a change of whom it is for',
      'updateGrant',
      { ...grant, body: { repository: 'Other' } },
      '/body/repository',
      /make a new grant/,
    ],
    [
      'a change of the encryption',
      'updateRepository',
      { path: { name: 'app' }, body: { encryption: { encryptionType: 'KMS' } } },
      '/body/encryption',
      /cannot be changed/,
    ],
    [
      'a preset that is none',
      'createRepository',
      { path: { department: 'koa' }, body: { name: 'app', lifecyclePolicy: 'keep-last-7' } },
      '/body/lifecyclePolicy',
      /keep-last-30/,
    ],
    [
      'an unknown acknowledgement',
      'createGrant',
      { path: { department: 'koa' }, body: { organisation: 'O', repository: '*', acknowledge: ['yes'] } },
      '/body/acknowledge/0',
      /organisation-wide/,
    ],
    [
      'a misspelt query parameter',
      'deleteDepartment',
      { path: { department: 'koa' }, query: { dryrun: 'true' } },
      '/query/dryrun',
      /did you mean "dryRun"/,
    ],
    [
      'a dryRun that is neither',
      'deleteDepartment',
      { path: { department: 'koa' }, query: { dryRun: 'yes' } },
      '/query/dryRun',
      /`true` or `false`/,
    ],
    [
      'an empty dryRun',
      'deleteDepartment',
      { path: { department: 'koa' }, query: { dryRun: '' } },
      '/query/dryRun',
      /`true` or `false`/,
    ],
    [
      'a dryRun that is given twice',
      'deleteDepartment',
      { path: { department: 'koa' }, query: { dryRun: ['true', 'false'] } },
      '/query/dryRun',
      /got an array/,
    ],
    ['a page of none', 'listDepartments', { query: { first: '0' } }, '/query/first', /1 to 100/],
    ['a page without end', 'listDepartments', { query: { first: '1000000' } }, '/query/first', /1 to 100/],
    ['a page of a half', 'listDepartments', { query: { first: '1.5' } }, '/query/first', /1 to 100/],
    ['a page in exponents', 'listDepartments', { query: { first: '1e1' } }, '/query/first', /1 to 100/],
    ['a made-up cursor', 'listDepartments', { query: { after: 'a b' } }, '/query/after', /unchanged/],
    ['an order that is none', 'listAuditEvents', { query: { order: 'random' } }, '/query/order', /newest/],
    ['a time that is none', 'listAuditEvents', { query: { from: 'yesterday' } }, '/query/from', /2026/],
    ['a date that is none', 'listAuditEvents', { query: { from: '2026-02-30' } }, '/query/from', /a date such as/],
    [
      'a + that a URL made a space',
      'listAuditEvents',
      { query: { to: '2026-11-24T14:00:00 02:00' } },
      '/query/to',
      /2026-11-24T14:00:00%2B02:00.*`Z`/,
    ],
    [
      'an entity tag without quotes',
      'deleteDepartment',
      { path: { department: 'koa' }, headers: { 'if-match': '3' } },
      '/headers/if-match',
      /double quotes/,
    ],
    [
      'an Idempotency-Key with a space',
      'deleteDepartment',
      { path: { department: 'koa' }, headers: { 'idempotency-key': 'a b' } },
      '/headers/idempotency-key',
      /visible ASCII/,
    ],
    [
      'an Idempotency-Key beyond measure',
      'deleteDepartment',
      { path: { department: 'koa' }, headers: { 'idempotency-key': 'k'.repeat(65) } },
      '/headers/idempotency-key',
      /1 to 64/,
    ],
    [
      'an empty Idempotency-Key',
      'deleteDepartment',
      { path: { department: 'koa' }, headers: { 'idempotency-key': '' } },
      '/headers/idempotency-key',
      /1 to 64/,
    ],
  ];
  for (const [what, id, request, pointer, detail] of table) {
    const validation = validated(id, request);
    if (validation.ok) {
      t.fail(`${what} passed`);
      continue;
    }
    const told = validation.errors.filter((error) => error.pointer === pointer);
    t.equal(told.length, 1, `${what} is told once, at ${pointer}`);
    t.match(told[0]?.detail, detail, `${what} is told in words that help`);
    t.equal(validation.errors.length, 1, `${what} is all that is told`);
  }
  t.end();
});

void test('nobody can make the errors of an input long', (t) => {
  const body = {
    id: 'koa',
    displayName: 'KOA',
    ...Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`${'x'.repeat(500)}${index}`, 1])),
  };
  const validation = validated('createDepartment', { body });
  t.equal(validation.ok, false);
  if (!validation.ok) {
    t.ok(validation.errors.length <= 20, 'at most twenty are told');
    t.ok(
      validation.errors.every((error) => error.pointer.length < 100),
      'each by a short pointer',
    );
  }
  t.end();
});

void test('a valid request becomes the input that it says, and no more', (t) => {
  t.strictSame(
    validated('createRepository', {
      path: { department: 'koa' },
      query: { dryRun: 'true' },
      headers: {
        'idempotency-key': 'k1',
        'if-match': '"3-0123456789abcdef"',
        prefer: 'wait=5, Respond-Async',
        authorization: 'Bearer secret',
      },
      body: { name: 'koa/app' },
    }),
    {
      ok: true,
      asked: {
        call: {
          name: 'createRepository',
          input: { params: { department: 'koa' }, query: {}, body: { name: 'koa/app' } },
        },
        options: { dryRun: true, respondAsync: true, ifMatch: '"3"', idempotencyKey: 'k1' },
      },
    },
    'headers become options, and no default is written into the body',
  );
  t.strictSame(
    validated('listDepartmentAuditEvents', { path: { department: 'koa' }, query: { outcome: 'denied' } }),
    {
      ok: true,
      asked: {
        name: 'listDepartmentAuditEvents',
        input: { params: { department: 'koa' }, query: { first: 50, order: 'newest', outcome: 'denied' }, body: {} },
      },
    },
    "a list's defaults are filled in",
  );
  t.match(
    validated('deleteRepository', { path: { name: 'app' }, query: { force: 'true', acknowledge: 'deletes-images' } }),
    {
      ok: true,
      asked: {
        call: { input: { query: { force: true, acknowledge: ['deletes-images'] } } },
        options: { dryRun: false },
      },
    },
    'one value of a list parameter is a list',
  );
  t.end();
});
