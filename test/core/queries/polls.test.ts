import t from 'tap';
import { createPolls, POLLS_OF_ONE } from '../../../src/core/queries/polls.ts';

/** A pause that only the test ends. */
const never = (): Promise<void> => new Promise(() => undefined);

t.test('no caller has more than its share of the places, and all together no more than there are', async (t) => {
  const polls = createPolls(12, never);
  const own = Array.from({ length: 50 }, () => polls.take('1')).filter((poll) => poll !== undefined);
  t.equal(own.length, POLLS_OF_ONE, 'one caller');
  const others = Array.from({ length: 50 }, (_, index) => polls.take(String(index + 2)));
  t.equal(others.filter((poll) => poll !== undefined).length, 12 - POLLS_OF_ONE, 'all others');
  own[0]?.leave();
  t.ok(polls.take('1'), 'a place that was given back is there again');
  t.notOk(polls.take('1'));
});

t.test('where there are no places nobody waits', async (t) => t.notOk(createPolls(0, never).take('1')));

t.test('closing ends all waiting and lets nobody begin', async (t) => {
  const polls = createPolls(10, never);
  const poll = polls.take('1');
  const waiting = poll?.pause(20_000);
  t.equal(poll?.isOver(), false);
  polls.close();
  await waiting;
  t.equal(poll?.isOver(), true);
  t.notOk(polls.take('2'));
});
