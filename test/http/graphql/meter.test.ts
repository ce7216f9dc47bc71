import { buildSchema, graphql, GraphQLError } from 'graphql';
import t from 'tap';
import {
  createMeter,
  MAX_BYTES,
  MAX_CALLS,
  MAX_FIELDS,
  MAX_FOUND,
  meterFields,
} from '../../../src/http/graphql/meter.ts';
import { createTurns } from '../../../src/http/graphql/turns.ts';

t.test('each limit may be reached and not passed, and then nothing more is spent at all', async (t) => {
  const limits = { fields: MAX_FIELDS, bytes: MAX_BYTES, calls: MAX_CALLS, found: MAX_FOUND };
  for (const [kind, limit] of Object.entries(limits)) {
    const meter = createMeter();
    meter.spend({ [kind]: limit });
    t.equal(meter.fault(), undefined, `${kind}: all of it`);
    t.throws(() => meter.spend({ [kind]: 1 }), { message: new RegExp(`more than ${limit} `) }, `${kind}: one more`);
    const fault = meter.fault();
    t.type(fault, GraphQLError);
    for (const cost of [{}, { fields: 1 }, { bytes: 1 }, { calls: 1 }, { found: 1 }])
      try {
        meter.spend(cost);
        t.fail('it went on');
      } catch (error) {
        t.equal(error, fault, 'always the same error, so that a thousand fields that end cost nothing');
      }
  }
});

t.test('a list pays for all fields of its items before the first is answered', async (t) => {
  const schema = buildSchema('type Query { items(count: Int): [Item!]! } type Item { a: Int b: Int self: Item }');
  meterFields(schema);
  let begun = 0;
  const item: Record<string, unknown> = {
    get a() {
      begun += 1;
      return 1;
    },
    b: 2,
  };
  const ask = async (count: number) => {
    const meter = createMeter();
    begun = 0;
    await graphql({
      schema,
      source: `{ items(count: ${count}) { a ...f ... on Item { b a } } } fragment f on Item { b c: b }`,
      rootValue: { items: () => Array.from({ length: count }, () => item) },
      contextValue: { meter },
    });
    return meter.fault()?.message;
  };
  t.equal(await ask(MAX_FIELDS / 3), undefined, 'a, b and c of each');
  t.equal(begun, MAX_FIELDS / 3);
  t.match(await ask(MAX_FIELDS / 3 + 1), /fields of answer/);
  t.equal(begun, 0);
});

t.test(
  'no more look-ups of a request run at once than there are turns, in their order, whatever becomes of them',
  async (t) => {
    const turns = createTurns(2);
    const begun: number[] = [];
    const ends: ((how: 'well' | 'badly') => void)[] = [];
    const all = Array.from({ length: 6 }, (_, index) =>
      turns(
        () =>
          new Promise<void>((resolve, reject) => {
            begun.push(index);
            ends[index] = (how) => (how === 'well' ? resolve() : reject(new Error('badly')));
          }),
      ).catch(() => undefined),
    );
    await Promise.resolve();
    t.strictSame(begun, [0, 1]);
    for (let index = 0; index < all.length; index += 1) {
      ends[index]?.(index % 2 === 0 ? 'well' : 'badly');
      await all[index];
      t.ok(begun.length <= index + 3, `${begun.length} begun after ${index + 1} ended`);
    }
    t.strictSame(begun, [0, 1, 2, 3, 4, 5]);
  },
);
