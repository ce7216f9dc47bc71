import t from 'tap';
import { idOf, KOA, onboardKoaAndPol, PLATFORM, POL, startService, type Answer } from '../../support/service.ts';

const service = await startService(t);
await onboardKoaAndPol(service);
const { ask, graphql } = service;

await t.test('one request answers what a portal asks', async (t) => {
  for (const name of ['gq-a', 'gq-b', 'gq-c'])
    await ask(KOA, { method: 'POST', path: '/v1/departments/koa/repositories', body: { name } });
  const granted = await graphql(
    KOA,
    `mutation ($input: CreateGrantInput!) {
      createGrant(input: $input) { operation { status command } plan { action direction } blastRadius grant { id pushRoleArn } }
    }`,
    { input: { department: 'koa', organisation: 'JPPOL-KOA', repository: 'GiftCardService', refs: null } },
  );
  t.match(granted.body, { data: { createGrant: { operation: { status: 'succeeded', command: 'createGrant' } } } });
  const answer = await graphql(
    KOA,
    `{
      whoami { role departments { role department { displayName } } allowed { command allowed } }
      departments { nodes { id
        organisations { nodes { login department { id } } }
        accountAccess { accounts { accountId canWrite } revision }
        pushRoles { nodes { name trustPolicy { room } grants } }
        grants { nodes { organisation pushRoleName pushRole { name arn } pendingOperation { id } workflow(repository: "gq-a") { fileName yaml json } } }
        repositories { nodes { name departmentId pusherCount pushers { nodes { __typename ... on GrantPusher { grant } ... on AccountPrincipal { accountId } } } pullers { nodes { __typename } } } }
        auditEvents(first: 2, outcome: succeeded) { nodes { seq operation { status subject { type id } } } pageInfo { hasNextPage } }
      } }
    }`,
  );
  t.equal(answer.body.errors, undefined);
  const [koa] = answer.body.data.departments.nodes;
  t.equal(koa.id, 'koa');
  t.equal(koa.grants.nodes[0].pushRole.name, koa.grants.nodes[0].pushRoleName);
  t.match(koa.grants.nodes[0].workflow.yaml, /gq-a/);
  t.match(
    koa.repositories.nodes.find((one: { readonly name: string }) => one.name === 'gq-a'),
    { pusherCount: 1, pushers: { nodes: [{ __typename: 'GrantPusher' }] } },
  );
  t.match(koa.auditEvents, { nodes: [{ operation: { status: 'succeeded' } }], pageInfo: { hasNextPage: true } });
});

await t.test('a list pages with the cursors that REST has', async (t) => {
  const rest = await ask(KOA, { path: '/v1/departments/koa/repositories?first=2' });
  const page = (after: string | null) =>
    graphql(
      KOA,
      'query ($after: String) { department(id: "koa") { repositories(first: 2, after: $after) { edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }',
      { after },
    );
  const first = (await page(null)).body.data.department.repositories;
  t.equal(first.pageInfo.endCursor, rest.body.nextCursor);
  t.match(first.pageInfo, { hasNextPage: true, hasPreviousPage: false, startCursor: first.edges[0].cursor });
  const second = (await page(first.pageInfo.endCursor)).body.data.department.repositories;
  t.notOk(first.edges.some((edge: { readonly cursor: string }) => edge.cursor === second.edges[0].cursor));
  const fromEdge = (await page(first.edges[0].cursor)).body.data.department.repositories;
  t.equal(fromEdge.edges[0].node.name, first.edges[1].node.name, "an edge's cursor goes on from there");
});

await t.test('both APIs refuse the same input with the same code, words and pointers', async (t) => {
  const account = { description: 'aws', accountId: '1', canWrite: false };
  const grant = 'grant-01kaxq3v7d8e9fabcdefghjkmn';
  const table: readonly [string, Parameters<typeof ask>[1], string, Record<string, unknown>][] = [
    [
      'createRepository',
      { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'Not/A/Name' } },
      'CreateRepositoryInput',
      { department: 'koa', name: 'Not/A/Name' },
    ],
    [
      'createRepository',
      { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'pol/app' } },
      'CreateRepositoryInput',
      { department: 'koa', name: 'pol/app' },
    ],
    [
      'createRepository',
      { method: 'POST', path: '/v1/departments/koa/repositories', body: { name: 'gq-a' } },
      'CreateRepositoryInput',
      { department: 'koa', name: 'gq-a' },
    ],
    [
      'createRepository',
      { method: 'POST', path: '/v1/departments/pol/repositories', body: { name: 'x1' } },
      'CreateRepositoryInput',
      { department: 'pol', name: 'x1' },
    ],
    [
      'createRepository',
      {
        method: 'POST',
        path: '/v1/departments/koa/repositories',
        body: { name: 'x1', lifecyclePolicy: { rules: [{}] } },
      },
      'CreateRepositoryInput',
      { department: 'koa', name: 'x1', lifecyclePolicy: { rules: [{}] } },
    ],
    [
      'createGrant',
      { method: 'POST', path: '/v1/departments/koa/grants', body: { organisation: 'JPPOL-KOA', repository: '*' } },
      'CreateGrantInput',
      { department: 'koa', organisation: 'JPPOL-KOA', repository: '*' },
    ],
    [
      'createGrant',
      {
        method: 'POST',
        path: '/v1/departments/koa/grants',
        body: { organisation: 'JPPOL-POL', repository: 'Website' },
      },
      'CreateGrantInput',
      { department: 'koa', organisation: 'JPPOL-POL', repository: 'Website' },
    ],
    [
      'updateGrant',
      { method: 'PATCH', path: `/v1/departments/koa/grants/${grant}`, body: { refs: ['main'] } },
      'UpdateGrantInput',
      { department: 'koa', id: grant, refs: ['main'] },
    ],
    [
      'updateGrant',
      { method: 'PATCH', path: `/v1/departments/koa/grants/${grant}`, body: {} },
      'UpdateGrantInput',
      { department: 'koa', id: grant },
    ],
    [
      'updateGrant',
      { method: 'PATCH', path: `/v1/departments/koa/grants/${grant}`, body: { refs: ['refs/heads/main'] } },
      'UpdateGrantInput',
      { department: 'koa', id: grant, refs: ['refs/heads/main'] },
    ],
    [
      'updateRepository',
      { method: 'PATCH', path: '/v1/repositories/gq-a', body: { scanOnPush: false }, headers: { 'if-match': '"99"' } },
      'UpdateRepositoryInput',
      { name: 'gq-a', scanOnPush: false, ifMatch: '99' },
    ],
    [
      'putAccountAccess',
      { method: 'PUT', path: '/v1/departments/koa/account-access', body: { accounts: [account] } },
      'PutAccountAccessInput',
      { department: 'koa', accounts: [account] },
    ],
    [
      'putAccountAccess',
      { method: 'PUT', path: '/v1/departments/koa/account-access', body: { accounts: [] } },
      'PutAccountAccessInput',
      { department: 'koa', accounts: [] },
    ],
    [
      'revokeGrant',
      { method: 'DELETE', path: '/v1/departments/koa/grants/x' },
      'RevokeGrantInput',
      { department: 'koa', id: 'x' },
    ],
    [
      'deleteDepartment',
      { method: 'DELETE', path: '/v1/departments/koa', headers: { 'idempotency-key': 'a b' } },
      'DeleteDepartmentInput',
      { department: 'koa', idempotencyKey: 'a b' },
    ],
  ];
  const codes = new Set<string>();
  for (const [name, request, type, input] of table) {
    const rest = await ask(KOA, request);
    const twin = await graphql(KOA, `mutation ($input: ${type}!) { ${name}(input: $input) { plan { action } } }`, {
      input,
    });
    const { message, extensions } = twin.body.errors[0];
    const what = `${name} ${JSON.stringify(input)}`;
    t.equal(extensions.code, rest.body.code, `${what}: ${rest.body.code}`);
    t.equal(message, rest.body.detail, what);
    t.strictSame(extensions.errors, rest.body.errors, what);
    t.equal(extensions.type, rest.body.type, what);
    t.strictSame(extensions.acknowledge, rest.body.acknowledge, what);
    codes.add(rest.body.code);
  }
  t.ok(codes.size >= 6, [...codes].join(', '));
});

await t.test('a null is an input that was not given, but where it means something', async (t) => {
  const made = await graphql(
    KOA,
    'mutation ($input: CreateRepositoryInput!) { createRepository(input: $input) { repository { lifecyclePolicy scanOnPush } } }',
    {
      input: {
        department: 'koa',
        name: 'gq-null',
        lifecyclePolicy: 'keep-last-30',
        scanOnPush: null,
        encryption: null,
        imageTagMutability: null,
        dryRun: null,
        ifMatch: undefined,
        idempotencyKey: null,
      },
    },
  );
  t.match(made.body.data.createRepository.repository, { scanOnPush: true, lifecyclePolicy: { rules: [{}] } });
  const cleared = await graphql(
    KOA,
    'mutation { updateRepository(input: { name: "gq-null", lifecyclePolicy: null, scanOnPush: null }) { repository { lifecyclePolicy scanOnPush } } }',
  );
  t.strictSame(cleared.body.data.updateRepository.repository, { lifecyclePolicy: null, scanOnPush: true });
  const managed = await graphql(
    PLATFORM,
    'mutation ($managers: [ManagerRuleInput!]) { updateDepartment(input: { department: "pol", managers: $managers, dryRun: true }) { department { managers { ref environment } } } }',
    {
      managers: [{ repositoryId: idOf(POL.repository), ref: 'refs/heads/main', environment: null, repository: null }],
    },
  );
  t.strictSame(managed.body.data.updateDepartment.department.managers, [{ ref: 'refs/heads/main', environment: null }]);
});

await t.test('the options mean what they mean in REST', async (t) => {
  const make = (options: string) =>
    graphql(
      KOA,
      `mutation { createRepository(input: { department: "koa", name: "gq-options"${options} }) { operation { id status } repository { revision } } }`,
    );
  t.strictSame((await make(', dryRun: true')).body.data.createRepository.operation, null);
  t.equal((await ask(KOA, { path: '/v1/repositories/gq-options' })).status, 404, 'a dry run writes nothing');
  const first = (await make(', idempotencyKey: "once"')).body.data.createRepository;
  t.equal(
    (await make(', idempotencyKey: "once"')).body.data.createRepository.operation.id,
    first.operation.id,
    'a repeat gets the first answer',
  );
  const viaRest = await ask(KOA, {
    method: 'POST',
    path: '/v1/departments/koa/repositories',
    body: { name: 'gq-options' },
    headers: { 'idempotency-key': 'once' },
  });
  t.equal(viaRest.body.operation?.id, first.operation.id, 'through the other face too');
  const change = (ifMatch: string) =>
    graphql(
      KOA,
      'mutation ($ifMatch: String) { updateRepository(input: { name: "gq-options", scanOnPush: false, ifMatch: $ifMatch }) { repository { revision } } }',
      { ifMatch },
    );
  t.equal((await change('7')).body.errors[0].extensions.code, 'precondition-failed');
  t.equal((await change(String(first.repository.revision))).body.errors, undefined, 'the bare revision will do');
});

await t.test('nothing is changed by GET', async (t) => {
  const get = (query: string, more = '') =>
    ask(KOA, {
      path: `/graphql?query=${encodeURIComponent(query)}${more}`,
      headers: { accept: 'application/graphql-response+json' },
    });
  const refused = await get(
    'mutation { createRepository(input: { department: "koa", name: "gq-get" }) { plan { action } } }',
  );
  t.equal(refused.status, 405);
  t.equal(refused.headers['allow'], 'POST');
  t.equal(refused.body.errors[0].extensions.code, 'method-not-allowed');
  const chosen = await get(
    'query a { whoami { because } } mutation b { createRepository(input: { department: "koa", name: "gq-get" }) { plan { action } } }',
    '&operationName=b',
  );
  t.equal(chosen.status, 405, 'nor by the choice of an operation');
  t.equal((await ask(KOA, { path: '/v1/repositories/gq-get' })).status, 404);
  t.equal(
    (await get('query ($id: ID!) { department(id: $id) { id } }', `&variables=${encodeURIComponent('{"id":"koa"}')}`))
      .body.data.department.id,
    'koa',
    'a query may',
  );
});

await t.test('a document that asks for too much is not begun', async (t) => {
  // Whoever follows each of them comes to no end in a lifetime, and this test to none either.
  const doubling = (type: string, end: string) =>
    `${Array.from({ length: 40 }, (_, index) => `fragment f${index} on ${type} { ...f${index + 1} ...f${index + 1} }`).join(' ')} fragment f40 on ${type} { ${end} }`;
  const table: readonly [string, string, RegExp][] = [
    [
      'deep',
      `{ department(id: "koa") { ${'accountAccess { department { '.repeat(8)} id ${'} }'.repeat(8)} } }`,
      /fields deep/,
    ],
    [
      'many aliases',
      `{ ${Array.from({ length: 40 }, (_, index) => `a${index}: whoami { because }`).join(' ')} }`,
      /aliases/,
    ],
    [
      'many mutations',
      `mutation { ${Array.from({ length: 11 }, (_, index) => `m${index}: deleteRepository(input: { name: "gq-a", dryRun: true }) { plan { action } }`).join(' ')} }`,
      /11 mutations/,
    ],
    [
      'page in page in page',
      '{ departments(first: 100) { nodes { repositories(first: 100) { nodes { department { grants(first: 100) { nodes { workflow { yaml } } } } } } } } }',
      /look-ups/,
    ],
    [
      'the same by a variable',
      'query ($n: Int = 1) { departments(first: $n) { nodes { repositories(first: $n) { nodes { department { grants(first: $n) { nodes { workflow { yaml } } } } } } } } }',
      /look-ups/,
    ],
    [
      'the same, beside a page of less than nothing',
      '{ departments(first: 100) { nodes { repositories(first: 100) { nodes { department { grants(first: 100) { nodes { workflow { yaml } } } } } } } } department(id: "koa") { repositories(first: -2000000) { nodes { department { id } } } } }',
      /look-ups/,
    ],
    ['many tokens', `{ ${'whoami { because } '.repeat(600)} }`, /token/],
    ['long', `{ whoami { because } } #${'x'.repeat(20_000)}`, /longer than/],
    ['fragments that double', `{ ...f0 } ${doubling('Query', 'whoami { because }')}`, /look-ups/],
    [
      'a circle of fragments',
      '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }',
      /Cannot spread fragment/,
    ],
    ['a document as a tree in JSON', JSON.stringify({ kind: 'Document', definitions: [] }), /Syntax Error/],
    [
      'introspection without end',
      `{ __schema { types { ${'fields { type { '.repeat(6)} name ${'} }'.repeat(6)} } } }`,
      /Maximum introspection depth/,
    ],
  ];
  for (const [what, query, words] of table) {
    const answer = await graphql(KOA, query);
    t.equal(answer.status, 400, what);
    t.match(answer.body.errors[0].message, words, what);
  }
  const doubled = await graphql(KOA, `{ whoami { ...f0 } } ${doubling('Whoami', 'because')}`);
  t.match(doubled.body.data, { whoami: { because: String } }, 'fragments that double at no cost are answered');
});

await t.test('a query that turns out too large keeps to its budget', async (t) => {
  for (const id of ['gq-a', 'gq-b', 'gq-c', 'gq-d', 'gq-e', 'gq-f', 'gq-g']) {
    const body = { id, displayName: id };
    t.equal((await ask(PLATFORM, { method: 'POST', path: '/v1/departments', body })).status, 201);
  }
  const aliases = Array.from(
    { length: 30 },
    (_, index) => `p${index}: repositories(first: ${index + 1}) { nodes { name } }`,
  );
  const ask30 = (count: number) =>
    graphql(PLATFORM, `{ departments { nodes { ${aliases.slice(0, count).join(' ')} } } }`);
  t.equal((await ask30(20)).body.errors, undefined, 'one and 9 times 20 look-ups are in it');
  const { status, body } = await ask30(30);
  t.equal(status, 400, 'one and 9 times 30 are not');
  t.notOk('data' in body, 'and nothing of it is answered');
  t.equal(body.errors.length, 1);
  t.match(body.errors[0], { message: /more than 250 look-ups/, extensions: { code: 'invalid-input' } });
});

await t.test('what is not GraphQL over HTTP is refused', async (t) => {
  const send = (body: unknown, headers: Record<string, string> = {}) =>
    ask(KOA, {
      method: 'POST',
      path: '/graphql',
      body,
      headers: { accept: 'application/graphql-response+json', ...headers },
    });
  const table: readonly [string, Promise<Answer>, number, string][] = [
    ['several requests in one', send([{ query: '{ whoami { because } }' }]), 400, 'malformed-request'],
    ['no query', send({}), 400, 'malformed-request'],
    ['a query that is a number', send({ query: 1 }), 400, 'malformed-request'],
    ['variables as a list', send({ query: '{ whoami { because } }', variables: [] }), 400, 'malformed-request'],
    [
      'an operation that is not there',
      send({ query: 'query a { whoami { because } }', operationName: 'b' }),
      400,
      'invalid-input',
    ],
    ['a field that is not there', send({ query: '{ whoamy { because } }' }), 400, 'invalid-input'],
    [
      'a number as a string',
      send({
        query:
          'mutation ($a: [AccessAccountInput!]!) { putAccountAccess(input: { department: "koa", accounts: $a }) { plan { action } } }',
        variables: { a: [{ description: 'x', accountId: 12, canWrite: false }] },
      }),
      400,
      'invalid-input',
    ],
    [
      'a form',
      send({ query: '{ whoami { because } }' }, { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'unsupported-media-type',
    ],
    [
      'an Accept that cannot be met',
      send({ query: '{ whoami { because } }' }, { accept: 'text/html' }),
      406,
      'not-acceptable',
    ],
    [
      'a body beyond measure',
      send({ query: `{ whoami { because } } #${'x'.repeat(300_000)}` }),
      413,
      'payload-too-large',
    ],
  ];
  for (const [what, sent, status, code] of table) {
    const answer = await sent;
    t.equal(answer.status, status, what);
    t.equal(answer.body.errors[0].extensions.code, code, what);
    t.notMatch(answer.text, /Did you mean/, `${what}: nothing is suggested`);
  }
});

await t.test('a document of almost as many tokens as are allowed reaches its command', async (t) => {
  const refs = '"x" '.repeat(1_965);
  const input = `{ department: "koa", organisation: "o", repository: "r", refs: [${refs}] }`;
  const { body } = await service.graphql(KOA, `mutation { createGrant(input: ${input}) { plan { action } } }`);
  t.match(body.errors, [{ path: ['createGrant'], extensions: { code: 'invalid-input' } }]);
});

await t.test('without a token there is neither data nor schema', async (t) => {
  for (const query of [
    '{ whoami { because } }',
    '{ __schema { types { name } } }',
    '{ __typename }',
    '{ nonsense',
    '',
  ]) {
    const answer = await graphql(undefined, query);
    t.equal(answer.status, 401, query);
    t.match(answer.headers['www-authenticate'], /^Bearer/);
    t.equal(answer.body.data, undefined);
    t.equal(answer.body.errors[0].extensions.code, 'unauthenticated');
  }
  t.match(
    (await graphql(KOA, '{ __schema { mutationType { name } } }')).body.data,
    { __schema: { mutationType: { name: 'Mutation' } } },
    'with one there is',
  );
});

await t.test('one field that is refused leaves the others', async (t) => {
  const answer = await graphql(
    KOA,
    '{ mine: department(id: "koa") { id } theirs: department(id: "pol") { id } none: department(id: "nobody") { id } }',
  );
  t.equal(answer.status, 200);
  t.strictSame(answer.body.data, { mine: { id: 'koa' }, theirs: null, none: null });
  const [theirs, none] = answer.body.errors;
  t.strictSame(
    { ...theirs, path: [], locations: [] },
    { ...none, path: [], locations: [] },
    'what is not yours is like what is not there',
  );
  const mutations = await graphql(
    KOA,
    'mutation { a: createRepository(input: { department: "koa", name: "gq-two" }) { repository { name } } b: createRepository(input: { department: "pol", name: "gq-three" }) { repository { name } } }',
  );
  t.match(mutations.body, {
    data: { a: { repository: { name: 'gq-two' } }, b: null },
    errors: [{ path: ['b'], extensions: { code: 'not-found' } }],
  });
});

await t.test('it keeps to GraphQL over HTTP, as its own audit has it', async (t) => {
  const { serverAudits } = await import('graphql-http');
  const address = await service.app.listen({ port: 0, host: '127.0.0.1' });
  const authorization = `Bearer ${await service.token(KOA)}`;
  const fetchFn = (url: string, init: RequestInit = {}) =>
    fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization } });
  for (const audit of serverAudits({ url: `${address}/graphql`, fetchFn })) {
    const result = await audit.fn();
    const isDue = audit.name.startsWith('MUST') || audit.name.startsWith('SHOULD');
    if (isDue) t.equal(result.status, 'ok', `${audit.name}${'reason' in result ? `: ${result.reason}` : ''}`);
  }
});
