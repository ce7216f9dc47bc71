import t from 'tap';
import { refusesOtherMethods } from '../support/operation.ts';
import { KOA, STRANGER } from '../support/service.ts';
import { startWorld } from '../support/world.ts';

const world = await startWorld(t);

t.test('200: the process says that it answers, to anybody', async (t) => {
  for (const as of [undefined, STRANGER, KOA]) {
    const answer = await world.ask(as, { path: '/healthz' });
    t.equal(answer.status, 200);
    t.strictSame(answer.body, { status: 'ok' });
    t.equal(answer.headers['cache-control'], 'no-store', 'no cache answers in its place');
  }
  const withNonsense = await world.ask(undefined, { path: '/healthz', headers: { authorization: 'Bearer nonsense' } });
  t.equal(withNonsense.status, 200, 'a token is not looked at');
});

t.test('200: it says so without the ledger, which a load balancer must not be told of', async (t) => {
  const ask = world.process({ stateTable: 'ledger-that-is-gone' });
  t.equal((await ask(undefined, { path: '/healthz' })).status, 200);
});

t.test('default: another method is a problem that tells those that there are', (t) =>
  refusesOtherMethods(t, world, undefined, '/healthz', 'GET, HEAD'),
);
