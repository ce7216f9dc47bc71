import type { Test } from 'tap';
import { refusalChain } from '../../src/ledger/chain.ts';
import { readChainHead } from '../../src/ledger/append.ts';
import type { Job } from '../../src/local/github/job.ts';
import { KOA, POL, STRANGER, type Answer } from './service.ts';
import { KOA_PULL_REQUEST, MEMBER, type Asked, type Asking, type World } from './world.ts';

/** A request that would be answered well, and who may make it. */
export interface Valid {
  readonly as: Job;
  readonly request: Asked;
}

/** Asks, and holds the answer to be the problem of a code, with nothing written in the ledger nor in AWS. */
export async function refused(
  t: Test,
  world: World,
  as: Job | undefined,
  request: Asked,
  expected: { readonly status: number; readonly code: string },
  ask: Asking = world.ask,
): Promise<Answer> {
  const before = { ledger: await world.ledger(), aws: world.awsWrites() };
  const answer = await ask(as, request);
  const what = `${request.method ?? 'GET'} ${request.path}`;
  t.equal(answer.status, expected.status, `${what} is answered ${expected.status}`);
  t.match(answer.headers['content-type'], /^application\/problem\+json/, 'as a problem');
  t.match(
    answer.body,
    { status: expected.status, code: expected.code, title: /./, detail: /./ },
    `of the code ${expected.code}`,
  );
  t.ok(
    String(answer.body?.type).endsWith(`/errors.md#${expected.code}`),
    'whose type is its section of the errors page',
  );
  t.strictSame({ ledger: await world.ledger(), aws: world.awsWrites() }, before, 'and nothing was written');
  return answer;
}

/** One thing that is wrong, and the pointers by which it is told. */
export interface BadInput {
  readonly request: Asked;
  readonly pointers: readonly string[];
  readonly as?: Job;
}

/** Bad input is refused with a pointer to each thing that is wrong and words that say what would do. */
export async function refusesBadInput(
  t: Test,
  world: World,
  as: Job,
  rows: Readonly<Record<string, BadInput>>,
): Promise<void> {
  for (const [what, row] of Object.entries(rows)) {
    const answer = await refused(t, world, row.as ?? as, row.request, { status: 400, code: 'invalid-input' });
    const errors = (answer.body.errors ?? []) as readonly { readonly pointer: string; readonly detail: string }[];
    t.strictSame(
      errors.map(({ pointer }) => pointer).sort(),
      [...row.pointers].sort(),
      `${what} is told at ${row.pointers.join(', ')}`,
    );
    t.ok(
      errors.every(({ detail }) => detail.length > 8),
      'with what would do',
    );
  }
}

/** A body that cannot be read is not guessed at. */
export async function refusesUnreadableBodies(t: Test, world: World, { as, request }: Valid): Promise<void> {
  const { body: _body, ...rest } = request;
  for (const raw of ['{"name":', 'name=app', '{"__proto__":{"x":1}}', '{"name":"a","n\\u0061me":"b"}']) {
    await refused(t, world, as, { ...rest, raw }, { status: 400, code: 'malformed-request' });
  }
  const without = await refused(t, world, as, rest, { status: 400, code: 'invalid-input' });
  t.match(without.body.errors, [{ pointer: '/body', detail: /required/ }], 'a body that is missing is told as that');
  const list = await refused(t, world, as, { ...rest, body: [] }, { status: 400, code: 'invalid-input' });
  t.match(list.body.errors, [{ pointer: '/body' }], 'and so is a list where an object is wanted');
}

/** Who has no valid token learns only that one is needed. */
export async function refusesWithoutToken(t: Test, world: World, { as, request }: Valid): Promise<void> {
  const { token } = world.service;
  const authorizations: Readonly<Record<string, string | undefined>> = {
    'no token': undefined,
    'another scheme': 'Basic dXNlcjpwYXNzd29yZA==',
    'no JWT': 'Bearer nonsense',
    'a token for another audience': `Bearer ${await token(as, 'sts.amazonaws.com')}`,
    'a token whose time is over': `Bearer ${await token({ ...as, claims: { exp: 1_700_000_000, iat: 1_699_999_000, nbf: 1_699_998_000 } })}`,
    'a token whose signature was cut off': `Bearer ${(await token(as)).replace(/\.[^.]*$/, '.')}`,
  };
  for (const [what, authorization] of Object.entries(authorizations)) {
    const headers = { ...request.headers, ...(authorization === undefined ? {} : { authorization }) };
    const answer = await refused(
      t,
      world,
      undefined,
      { ...request, headers },
      { status: 401, code: 'unauthenticated' },
    );
    t.match(answer.headers['www-authenticate'], /^Bearer/, `${what} is challenged`);
  }
}

/** The one answer for what is not there and for what the caller must not know of. */
export async function learnsNothing(t: Test, world: World, asked: readonly Valid[]): Promise<void> {
  const texts = new Set<string>();
  const headers = new Set<string>();
  for (const { as, request } of asked) {
    const answer = await refused(t, world, as, request, { status: 404, code: 'not-found' });
    texts.add(answer.text);
    const { date: _date, 'x-request-id': _id, ...rest } = answer.headers;
    headers.add(JSON.stringify(rest));
  }
  t.equal(texts.size, 1, 'the bodies are the same, byte for byte');
  t.equal(headers.size, 1, 'and so are the headers');
}

/** What KOA and strangers may ask of departments that they must not know of, next to those that are not there. */
export function othersDepartments(request: (department: string) => Asked): readonly Valid[] {
  return [
    { as: KOA, request: request('pol') },
    { as: KOA, request: request('nosuch') },
    { as: POL, request: request('koa') },
    { as: STRANGER, request: request('koa') },
    { as: STRANGER, request: request('nosuch') },
  ];
}

/** There is no representation but those that are declared. */
export async function refusesOtherRepresentations(t: Test, world: World, { as, request }: Valid): Promise<void> {
  for (const accept of [
    'text/html',
    'application/xml;q=0.9, image/*',
    'application/json;q=0, application/yaml;q=0',
    '*/*;q=0',
  ]) {
    await refused(
      t,
      world,
      as,
      { ...request, headers: { ...request.headers, accept } },
      { status: 406, code: 'not-acceptable' },
    );
  }
}

/** A body beyond the limit is not read. */
export async function refusesHugeBodies(t: Test, world: World, { as, request }: Valid): Promise<void> {
  const raw = JSON.stringify({ ...(request.body as object), padding: 'x'.repeat(256 * 1_024) });
  const { body: _body, ...rest } = request;
  await refused(t, world, as, { ...rest, raw }, { status: 413, code: 'payload-too-large' });
}

/** JSON is all that is read. */
export async function refusesOtherMediaTypes(t: Test, world: World, { as, request }: Valid): Promise<void> {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/merge-patch+json',
    'application/xml',
  ]) {
    const headers = { ...request.headers, 'content-type': type };
    await refused(t, world, as, { ...request, headers }, { status: 415, code: 'unsupported-media-type' });
  }
}

/** A member who is nobody's manager is told the rule that was missed; so is a manager's pull request, which may dry-run. */
export async function deniesWhoMayNot(t: Test, world: World, denied: readonly Job[], request: Asked): Promise<void> {
  for (const as of denied) {
    const seq = await refusals(world);
    const answer = await refused(t, world, as, request, { status: 403, code: 'forbidden' });
    t.match(
      answer.body,
      { missed: /\w{5}/, nearest: /\w{5}/ },
      'the missed rule and the nearest one that would do are told',
    );
    t.ok((await refusals(world)) > seq, 'and the denial is audited');
  }
}

/** Those that a manager's command is denied to. */
export const NOT_MANAGERS: readonly Job[] = [
  MEMBER,
  KOA_PULL_REQUEST,
  { repository: KOA.repository, ref: 'refs/heads/feature' },
  { ...KOA, event: 'pull_request_target' },
  { ...KOA, event: 'issue_comment' },
];

/** Those that a command of the platform team is denied to. */
export const NOT_PLATFORM: readonly Job[] = [KOA, MEMBER];

/** How many refusals the chains hold that a denial of these tests can go to. */
async function refusals({ service }: World): Promise<number> {
  const { tables } = service.embedded.executor;
  const heads = await Promise.all(
    ['koa', undefined].map((department) => readChainHead(tables, refusalChain(department))),
  );
  return heads.reduce((sum, { seq }) => sum + seq, 0);
}

/** A change is made only to what was read: another tag is refused, and so is `*` for what is not there. */
export async function holdsIfMatch(
  t: Test,
  world: World,
  { as, request }: Valid,
  tags: readonly string[],
): Promise<void> {
  for (const tag of tags) {
    const headers = { ...request.headers, 'if-match': tag };
    const answer = await refused(t, world, as, { ...request, headers }, { status: 412, code: 'precondition-failed' });
    t.match(answer.body.detail, /[Rr]ead it again/, `${tag} does not hold`);
    const dryRun = { ...request, path: withQuery(request.path, 'dryRun=true'), headers };
    await refused(t, world, as, dryRun, { status: 412, code: 'precondition-failed' });
  }
}

/** The keys of the token's issuer cannot be fetched: nobody is let in, and nobody is taken for a liar. */
export async function needsTheIssuer(t: Test, world: World, { as, request }: Valid): Promise<void> {
  const ask = world.process({}, async () => {
    throw new TypeError('fetch failed');
  });
  const answer = await refused(t, world, as, request, { status: 503, code: 'issuer-unavailable' }, ask);
  t.match(answer.headers['retry-after'], /^[0-9]+$/, 'it says when to ask again');
  t.equal(answer.headers['www-authenticate'], undefined, 'and does not blame the token');
}

/** What is unexpected, here tables that are not there, is told by an id and nothing else; other methods by those that there are. */
export async function tellsTheUnexpected(t: Test, world: World, { as, request }: Valid, allow: string): Promise<void> {
  const ask = world.process({ stateTable: 'ledger-that-is-gone', auditTable: 'audit-that-is-gone' });
  const answer = await refused(t, world, as, request, { status: 500, code: 'internal' }, ask);
  t.match(answer.body.instance, /^urn:uuid:[0-9a-f-]{36}$/, 'an id is told');
  t.ok(
    String(answer.body.detail).includes(String(answer.body.instance).slice('urn:uuid:'.length)),
    'which the detail repeats',
  );
  t.notMatch(answer.text, /gone|table|dynamo|Exception|at \//i, 'and nothing of what is behind it');
  await refusesOtherMethods(t, world, as, request.path, allow);
}

/** A method that the path does not know. */
export async function refusesOtherMethods(
  t: Test,
  world: World,
  as: Job | undefined,
  path: string,
  allow: string,
): Promise<void> {
  const known = allow.split(', ');
  const unknown = (['POST', 'PUT', 'PATCH', 'DELETE'] as const).find((method) => !known.includes(method)) ?? 'OPTIONS';
  const other = await refused(t, world, as, { method: unknown, path }, { status: 405, code: 'method-not-allowed' });
  t.strictSame(
    other.headers['allow']?.split(', ').sort(),
    [...known].sort(),
    `${unknown} is answered with those that there are`,
  );
}

/** With `respond-async`, or when AWS takes too long, the operation is told, and brings the change into AWS by itself. */
export async function answersBeforeAws(
  t: Test,
  world: World,
  entity: string,
  asynchronous: Valid,
  impatient: Valid,
): Promise<readonly Answer[]> {
  world.executor.stop();
  const before = world.awsWrites();
  const headers = { ...asynchronous.request.headers, prefer: 'return=minimal, respond-async; wait=5' };
  const first = await world.ask(asynchronous.as, { ...asynchronous.request, headers });
  t.equal(first.headers['preference-applied'], 'respond-async', 'the preference is said to be honoured');
  const second = await world.impatient(impatient.as, impatient.request);
  t.equal(second.headers['preference-applied'], undefined, 'which it is not where there was none');
  for (const answer of [first, second]) {
    const { operation } = answer.body;
    t.equal(answer.status, 202, answer.text);
    t.match(answer.headers['retry-after'], /^[1-9][0-9]*$/, 'it says when to look');
    t.equal(answer.headers['location'], `/v1/operations/${operation.id}`, 'and where');
    t.equal(operation.status, 'pending');
    t.ok(operation.plan.length > 0, 'the plan is there already');
    if (answer.body[entity] !== null && entity !== 'replayed')
      t.equal(answer.body[entity].pendingOperation, operation.id, 'the entity names what it waits for');
  }
  t.strictSame(world.awsWrites(), before, 'AWS has not been asked anything');
  await world.executor.start();
  return Promise.all([first, second].map((answer) => finished(t, world, asynchronous.as, answer)));
}

/** The operation of a 202, once it has succeeded. */
export async function finished(t: Test, world: World, as: Job, accepted: Answer): Promise<Answer> {
  const answer = await ended(world, as, accepted);
  t.equal(answer.body.status, 'succeeded', answer.text);
  return answer;
}

/** The operation of a 202, once it is no longer pending. */
export async function ended(world: World, as: Job, accepted: Answer): Promise<Answer> {
  for (;;) {
    const answer = await world.ask(as, { path: String(accepted.headers['location']) });
    if (answer.body.status !== 'pending') return answer;
  }
}

/**
 * The same key with the same request gets the first answer, from another process too, and changes nothing more.
 * @returns the first answer
 */
export async function repeats(t: Test, world: World, { as, request }: Valid): Promise<Answer> {
  const keyed = { ...request, headers: { ...request.headers, 'idempotency-key': `run-${request.method}-1` } };
  const first = await world.ask(as, keyed);
  t.ok([200, 201].includes(first.status), first.text);
  const before = { ledger: await world.ledger(), aws: world.awsWrites() };
  for (const ask of [world.ask, world.process()]) {
    const again = await ask(as, keyed);
    t.strictSame(
      { status: again.status, body: again.body },
      { status: first.status, body: first.body },
      'the first answer again',
    );
    t.strictSame(
      [again.headers['etag'], again.headers['location']],
      [first.headers['etag'], first.headers['location']],
      'with its headers',
    );
  }
  t.strictSame({ ledger: await world.ledger(), aws: world.awsWrites() }, before, 'and no second change');
  return first;
}

/** The same key with another request is refused. */
export async function refusesAnotherRequest(t: Test, world: World, { as, request }: Valid): Promise<void> {
  const keyed = { ...request, headers: { ...request.headers, 'idempotency-key': `run-${request.method}-1` } };
  await refused(t, world, as, keyed, { status: 422, code: 'idempotency-mismatch' });
}

/**
 * A dry run answers 200 with the plan and writes nothing. A run of an event that is not on the list is a member at most, so it may not try
 * what only a manager or the platform may do: the platform's own workflow is then a stranger.
 */
export async function dryRuns(t: Test, world: World, { as, request }: Valid): Promise<Answer> {
  const before = { ledger: await world.ledger(), aws: world.awsWrites() };
  const dryRun = { ...request, path: withQuery(request.path, 'dryRun=true') };
  const answer = await world.ask(as, dryRun);
  t.equal(answer.status, 200, answer.text);
  t.equal(answer.body.operation, null, 'there is no operation');
  t.equal(answer.headers['location'], undefined, 'nor an address');
  for (const [what, asked] of Object.entries({ 'try it': dryRun, 'do it': request })) {
    const denied = await world.ask({ ...as, event: 'deployment' }, asked);
    t.ok([403, 404].includes(denied.status), `a run of another event must not ${what}: ${denied.status}`);
    t.notOk('plan' in denied.body, 'and is told no plan');
  }
  t.strictSame({ ledger: await world.ledger(), aws: world.awsWrites() }, before, 'nothing was written');
  return answer;
}

/** Leaves KOA with a hundred operations on their way; the executor is stopped. */
export async function floods(world: World): Promise<void> {
  world.executor.stop();
  const headers = { prefer: 'respond-async' };
  for (let number = 1; number <= 100; number++) {
    const body = { name: `waiting-${number}` };
    const answer = await world.ask(KOA, { method: 'POST', path: '/v1/departments/koa/repositories', headers, body });
    if (answer.status !== 202) throw new Error(`Operation ${number} was answered ${answer.status}: ${answer.text}`);
  }
}

/** With a hundred operations of the department on their way, no further one is accepted. */
export async function refusesTheHundredAndFirst(t: Test, world: World, { as, request }: Valid): Promise<void> {
  await floods(world);
  const headers = { ...request.headers, prefer: 'respond-async' };
  const answer = await refused(t, world, as, { ...request, headers }, { status: 429, code: 'too-many-requests' });
  t.match(answer.headers['retry-after'], /^[1-9][0-9]*$/, 'it says when to ask again');
}

/** A path with one more query parameter. */
function withQuery(path: string, query: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

/** Walks a list page by page as a client does, by `nextCursor`, and by `Link` as well. */
export async function walked(t: Test, world: World, as: Job, path: string, first: number): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  let next: string | undefined = withQuery(path, `first=${first}`);
  while (next !== undefined) {
    const page: Answer = await world.ask(as, { path: next });
    t.equal(page.status, 200, page.text);
    t.ok(page.body.items.length <= first, `a page has at most ${first}`);
    items.push(...page.body.items);
    const cursor = page.body.nextCursor as string | undefined;
    const linked = /^<([^>]+)>; rel="next"$/.exec(page.headers['link'] ?? '')?.[1];
    t.equal(linked === undefined, cursor === undefined, 'Link and nextCursor agree on whether there is more');
    if (cursor !== undefined && linked !== undefined) {
      t.equal(new URL(linked, 'http://service').searchParams.get('after'), cursor, 'and on where');
      t.match(cursor, /^[A-Za-z0-9_-]+$/, 'a cursor needs no encoding in a URL');
    }
    next = linked;
  }
  return items;
}

/** What is wrong with a page that is asked for; the same for each list. */
export function badPages(path: string, foreignCursor: string): Readonly<Record<string, BadInput>> {
  return {
    'no items': { request: { path: withQuery(path, 'first=0') }, pointers: ['/query/first'] },
    'too many items': { request: { path: withQuery(path, 'first=101') }, pointers: ['/query/first'] },
    'a word for a number': { request: { path: withQuery(path, 'first=ten') }, pointers: ['/query/first'] },
    'a size that is given twice': { request: { path: withQuery(path, 'first=1&first=2') }, pointers: ['/query/first'] },
    'a cursor that is none': { request: { path: withQuery(path, 'after=bm8tY3Vyc29y') }, pointers: ['/query/after'] },
    'a cursor with other characters': {
      request: { path: withQuery(path, 'after=%2F..%2F') },
      pointers: ['/query/after'],
    },
    'a cursor of another list': {
      request: { path: withQuery(path, `after=${foreignCursor}`) },
      pointers: ['/query/after'],
    },
    'an unknown parameter': { request: { path: withQuery(path, 'offset=3') }, pointers: ['/query/offset'] },
  };
}

/** Whoever has the current representation is answered 304 without a body; whoever has another one gets it. */
export async function isNotModified(
  t: Test,
  world: World,
  as: Job,
  path: string,
  change: () => Promise<unknown>,
): Promise<void> {
  const read = await world.ask(as, { path });
  const tag = String(read.headers['etag']);
  t.match(tag, /^"[0-9]+-[0-9a-f]+"$/, 'an entity has a strong tag');
  for (const has of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    const answer = await world.ask(as, { path, headers: { 'if-none-match': has } });
    t.equal(answer.status, 304, `${has} is current`);
    t.equal(answer.text, '', 'there is no body');
    t.equal(answer.headers['etag'], tag, 'the tag is told again');
  }
  t.equal(
    (await world.ask(as, { path, headers: { 'if-none-match': '"other"' } })).status,
    200,
    'another tag is not current',
  );
  await change();
  const changed = await world.ask(as, { path, headers: { 'if-none-match': tag } });
  t.equal(changed.status, 200, 'and after a change neither is this one');
  t.not(changed.headers['etag'], tag, 'which has a new tag');
}

/** A mutation that must succeed for the test to go on. */
export async function made(world: World, as: Job, request: Asked): Promise<Answer> {
  const answer = await world.ask(as, request);
  if (answer.status >= 300)
    throw new Error(`${request.method} ${request.path} answered ${answer.status}: ${answer.text}`);
  return answer;
}

/** A mutation that takes no body refuses one, whatever it says. */
export async function refusesBodies(t: Test, world: World, { as, request }: Valid): Promise<void> {
  const answer = await refused(
    t,
    world,
    as,
    { ...request, body: { dryRun: true } },
    { status: 400, code: 'invalid-input' },
  );
  t.match(
    answer.body.errors,
    [{ pointer: '/body', detail: /query parameters/ }],
    'and says where to put what was meant',
  );
}

/** A cursor of another list, found in its first item's place. */
export async function foreignCursor(world: World, path: string): Promise<string> {
  const name = path.split('/').at(-1) ?? '';
  const made = Buffer.from(JSON.stringify([name, 'koa'])).toString('base64url');
  const page = await world.ask(KOA, { path: withQuery(path, 'first=1') });
  return (page.body.nextCursor as string | undefined) ?? made;
}
