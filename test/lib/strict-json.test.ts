import * as fc from 'fast-check';
import t from 'tap';
import { jsonFault, MAX_JSON_DEPTH, strictUtf8 } from '../../src/lib/strict-json.ts';

t.test('what JSON.stringify writes has no fault, as deep as is read', async () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
      return jsonFault(JSON.stringify(value, null, indent)) === undefined;
    }),
    { numRuns: 1_000 },
  );
});

t.test('a name that one object has twice is found, at any depth and however it is escaped', async (t) => {
  const rows: readonly (readonly [string, boolean])[] = [
    ['{"a":1,"a":1}', true],
    ['{"a":1,"\\u0061":1}', true],
    ['{"\\/":1,"/":1}', true],
    ['{"a":{"b":1},"c":{"b":1}}', false],
    ['[{"a":1},{"a":1}]', false],
    ['{"a":{"a":{"a":1}}}', false],
    ['{"x":[{"y":{"a":1,"b":2,"a":3}}]}', true],
    ['{"a":[{"b":1}],"a":2}', true],
    ['{"a":"\\"a\\":1,\\"a\\":2"}', false],
    ['{"a:":1,"a":":"}', false],
    ['{"":1,"":2}', true],
    ['{"__proto__":1,"__proto__":2}', true],
    ['{"a":1,"A":2}', false],
    ['{"\u00e9":1,"e\u0301":2}', false],
    ['"a"', false],
  ];
  for (const [text, isFault] of rows) t.equal(jsonFault(text), isFault ? 'repeated-name' : undefined, text);
});

t.test('nesting has an end, and text of any length is read', async (t) => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  t.equal(jsonFault(nested(MAX_JSON_DEPTH)), undefined);
  t.equal(jsonFault(nested(MAX_JSON_DEPTH + 1)), 'too-deep');
  t.equal(jsonFault(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`), 'too-deep');
  t.equal(jsonFault(JSON.stringify({ a: '\\"'.repeat(500_000) })), undefined);
});

t.test('only UTF-8 is read', async (t) => {
  t.equal(strictUtf8(Buffer.from('\ufeffa'), 'strip'), 'a');
  t.equal(strictUtf8(Buffer.from('\ufeffa'), 'keep'), '\ufeffa');
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]])
    t.equal(strictUtf8(Buffer.from(bytes), 'strip'), undefined, Buffer.from(bytes).toString('hex'));
});
