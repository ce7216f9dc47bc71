import t from 'tap';
import type { FormLetter } from './form.ts';
import type { Played } from './suite.ts';
import { tableOf, verdictOf } from './table.ts';

function failed(title: string, error = 'not so in any check'): Played {
  return { row: 'healthz', title, outcome: { kind: 'failed', error } };
}

const OK: Played = { row: 'healthz', title: 'it answers', outcome: { kind: 'ok' } };

/** What `.ci/run` shows of a step that fails. */
function endOf(results: ReadonlyMap<FormLetter, readonly Played[]>): readonly string[] {
  return `${tableOf(results)}${verdictOf(results)}`.split('\n').slice(-61);
}

t.test(
  'the last lines name each check that failed with its form, whatever the table and the errors are like',
  async (t) => {
    const rows = Array.from({ length: 80 }, (_, at): Played => ({ ...OK, row: `row ${at}` }));
    const results = new Map<FormLetter, readonly Played[]>([
      ['a', [...rows, OK]],
      ['b', [...rows, failed('it answers', `answered 500:\n${'a long trace\n'.repeat(100)}`)]],
    ]);
    const told = endOf(results).filter((line) => line.startsWith('FAILED'));
    t.equal(told.length, 1);
    t.match(told[0], /^FAILED {2}b {2}healthz: it answers: answered 500: a long trace/);
    t.equal(endOf(results).at(-2), '161 passed, 1 failed');
  },
);

t.test('where very much failed the last lines say how much of it they leave out', async (t) => {
  const results = new Map<FormLetter, readonly Played[]>([
    ['c', Array.from({ length: 100 }, (_, at) => failed(`promise ${at}`))],
  ]);
  t.match(endOf(results).at(-3), /and 60 more, which are told above the table/);
  t.equal(endOf(results).at(-2), '0 passed, 100 failed');
});

t.test('a suite in which nothing failed ends with its counts alone', async (t) => {
  t.equal(verdictOf(new Map([['a', [OK]]])), '1 passed, 0 failed\n');
});
