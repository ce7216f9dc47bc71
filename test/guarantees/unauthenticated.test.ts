/** Without a good token nobody learns or changes anything, and whatever was sent as one leaves no trace. */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import t from 'tap';
import { badTokens, goodToken } from '../support/bad-tokens.ts';
import { CONTRACT, graphqlMutation, restRequest } from '../support/both-faces.ts';
import { anotherInstance, graphqlRequest, send } from '../support/instances.ts';
import { readWholeLedger } from '../support/invariants.ts';
import { idOf, KOA, onboardKoaAndPol, startService, type Ask } from '../support/service.ts';

const CREATE = { department: 'koa', name: 'unauthenticated' };

/** One request on every kind of route. */
const ROUTES: Readonly<Record<string, Ask>> = {
  'a read in REST': restRequest('getDepartment', { department: 'koa' }),
  'a mutation in REST': restRequest('createRepository', CREATE),
  'a dry run in REST': restRequest('createRepository', { ...CREATE, dryRun: true }),
  'a query in GraphQL': graphqlRequest('query { whoami { role } }'),
  'a query in GraphQL by GET': { method: 'GET', path: `/graphql?query=${encodeURIComponent('{ whoami { role } }')}` },
  'a mutation in GraphQL': graphqlMutation('createRepository', CREATE),
};

/** A second later these are good, or expired for good: the verifier's own tests hold the clock still for them. */
const ONLY_FOR_A_MOMENT = /just beyond the leeway/;

t.test('every bad token is refused on every kind of route, and neither logged nor stored', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const logged: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged.push(chunk.toString());
      done();
    },
  });
  const { app } = anotherInstance(t, service, { logger: pino({ level: 'trace' }, sink) });
  const { embedded } = service;
  const world = { issuer: embedded.issuer, now: new Date(), audience: embedded.config.audience };
  const ledger = async (): Promise<readonly unknown[]> =>
    Object.values(await readWholeLedger(embedded.executor.tables)).map((part: unknown) =>
      part instanceof Map ? [...part] : part,
    );
  const before = await ledger();

  const overHttp = badTokens.filter((bad) => bad.overHttp && !ONLY_FOR_A_MOMENT.test(bad.name));
  t.ok(overHttp.length >= 40, `${overHttp.length} tokens`);
  for (const bad of overHttp) {
    const here = bad.name.startsWith('iss') ? world : { ...world, now: new Date() };
    const authorization = await bad.authorization(here);
    for (const [route, request] of Object.entries(ROUTES)) {
      const answer = await send(app, authorization, request);
      const what = `${bad.name}, ${route}`;
      if (answer.status !== 401) t.fail(`${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
      const challenge = answer.headers['www-authenticate'] ?? '';
      if (!/^Bearer realm="[^"]+"/.test(challenge)) t.fail(`${what}: WWW-Authenticate is ${challenge}`);
      // RFC 6750, section 3.1: who sent no bearer token is told no error.
      if (
        bad.reason !== 'missing-token' &&
        bad.reason !== 'wrong-scheme' &&
        !/error="invalid_(token|request)", error_description="[^"]{10,}"/.test(challenge)
      )
        t.fail(`${what}: WWW-Authenticate is ${challenge}`);
      const body = route.includes('GraphQL') ? answer.body?.errors?.[0]?.extensions : answer.body;
      if (body?.code !== 'unauthenticated') t.fail(`${what}: ${answer.text.slice(0, 200)}`);
      if (answer.body?.data != null) t.fail(`${what}: it has data`);
      const secret = longPartsOf(authorization).find((part) => answer.text.includes(part) || challenge.includes(part));
      if (secret !== undefined) t.fail(`${what}: the answer repeats the token`);
    }
  }
  t.pass('each was refused');
  t.strictSame(await ledger(), before, 'nothing was written');
  const log = logged.join('');
  t.ok(logged.length > overHttp.length, 'requests are logged');
  for (const bad of overHttp) {
    for (const part of longPartsOf(await bad.authorization(world)))
      if (log.includes(part)) t.fail(`${bad.name}: the log holds a part of the token`);
  }
});

t.test('a good token is not logged or stored either, nor where a request fails', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const logged: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged.push(chunk.toString());
      done();
    },
  });
  const { app } = anotherInstance(t, service, { logger: pino({ level: 'trace' }, sink) });
  const token = await service.token(KOA);
  const ask = (request: Ask) => send(app, `Bearer ${token}`, request);
  t.equal((await ask(restRequest('createRepository', CREATE))).status, 201);
  t.equal((await ask(restRequest('createRepository', { ...CREATE, name: 'NOT VALID' }))).status, 400);
  t.equal((await ask(restRequest('deleteDepartment', { department: 'koa' }))).status, 403);
  t.equal((await ask(restRequest('getDepartment', { department: 'pol' }))).status, 404);
  t.equal((await ask(graphqlMutation('createRepository', { ...CREATE, name: 'second' }))).status, 200);
  const { embedded } = service;
  await embedded.aws.close();
  const broken = await ask(restRequest('createRepository', { ...CREATE, name: 'third', dryRun: true }));
  t.ok(broken.status >= 500, `${broken.status}`);
  t.notMatch(broken.text, /at .*\.ts|ECONNREFUSED|127\.0\.0\.1/, 'an unexpected error shows nothing of the inside');
  const kept = JSON.stringify([...(await readWholeLedger(embedded.executor.tables)).chains]);
  for (const part of longPartsOf(token)) {
    t.notOk(logged.join('').includes(part), 'no part of it is in the log');
    t.notOk(kept.includes(part), 'nor in the audit trail');
  }
});

t.test('every operation that is not public needs a token, and no other does', async (t) => {
  const service = await startService(t);
  for (const operation of CONTRACT.operations.values()) {
    const path = operation.path
      .replaceAll('{department}', 'koa')
      .replaceAll('{id}', 'grant-01k00000000000000000000000')
      .replaceAll(/\{\w+\}/g, 'koa');
    const answer = await send(service.app, undefined, { method: operation.method, path });
    t.equal(answer.status === 401, operation.kind !== 'public', `${operation.id}: ${answer.status}`);
  }
  const good = goodToken({
    issuer: service.embedded.issuer,
    now: new Date(),
    audience: service.embedded.config.audience,
  });
  const claims = await send(service.app, `Bearer ${good}`, { path: '/v1/whoami' });
  t.not(claims.status, 401, `the token that the bad ones are made from is good: ${idOf('JPPOL-KOA')}`);
});

/** The parts of what was sent that nobody could know without having seen it: headers of tokens are alike. */
function longPartsOf(authorization: string | undefined): readonly string[] {
  return (authorization ?? '')
    .split(/[ .,]/)
    .slice(1)
    .filter((part) => part.length > 80);
}
