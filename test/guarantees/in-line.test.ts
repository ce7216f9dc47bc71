/** A burst on one department is served in turn: nobody is sent away because others were faster. */
import t from 'tap';
import { createLines } from '../../src/core/lines.ts';
import { KOA, onboardKoaAndPol, startService } from '../support/service.ts';

t.test('fifty creations at once on one department are all accepted', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      service.ask(KOA, {
        method: 'POST',
        path: '/v1/departments/koa/repositories',
        body: { name: `burst-${n}` },
        headers: { prefer: 'respond-async' },
      }),
    ),
  );
  t.strictSame(
    answers.filter(({ status }) => status !== 202).map(({ status, body }) => [status, body.code]),
    [],
  );
});

t.test('a line', async (t) => {
  await t.test('is served in the order of coming, one at a time, and goes on after a failure', async (t) => {
    const { inTurn } = createLines();
    const seen: string[] = [];
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const first = inTurn('koa', async () => {
      seen.push('first begins');
      await gate;
      seen.push('first ends');
      throw new Error('failed');
    });
    const second = inTurn('koa', async () => seen.push('second'));
    const third = inTurn('koa', async () => seen.push('third'));
    await inTurn('pol', async () => seen.push('another line'));
    open();
    await t.rejects(first, { message: 'failed' });
    await Promise.all([second, third]);
    t.strictSame(seen, ['first begins', 'another line', 'first ends', 'second', 'third']);
  });
});
