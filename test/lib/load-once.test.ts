import t from 'tap';
import { loadOnce } from '../../src/lib/load-once.ts';

t.test('what is loaded is loaded once, also by callers who come while it loads', async (t) => {
  let loads = 0;
  const load = loadOnce(async () => ++loads);
  t.same(await Promise.all([load(), load()]), [1, 1]);
  t.equal(await load(), 1);
});

t.test(
  'a load that failed is not remembered: who waits for it gets its error, and the next caller loads again',
  async (t) => {
    let loads = 0;
    const load = loadOnce(async () => {
      loads += 1;
      if (loads === 1) throw new Error('a hiccup');
      return loads;
    });
    const together = await Promise.allSettled([load(), load()]);
    t.same(
      together.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    t.equal(await load(), 2);
    t.equal(await load(), 2);
  },
);
