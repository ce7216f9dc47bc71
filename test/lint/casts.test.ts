import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';

/** Most places in src that tell the compiler a type which it cannot see. */
const MOST = 8;

/** A line of a source, with the lines above it up to the next blank one, nearest first. */
interface Line {
  readonly at: string;
  readonly text: string;
  readonly above: readonly string[];
}

function linesOf(file: string): readonly Line[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.map((text, index) => {
    const before = lines.slice(0, index).reverse();
    const blank = before.indexOf('');
    return { at: `${file}:${index + 1}`, text, above: before.slice(0, blank === -1 ? undefined : blank) };
  });
}

const SOURCES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((file) => `src/${file.replaceAll('\\', '/')}`)
  .filter((file) => file.endsWith('.ts') && !file.startsWith('src/generated/'));
const CODE = SOURCES.flatMap(linesOf).filter(({ text }) => !isComment(text));

function isComment(text: string): boolean {
  return /^\s*(\/\/|\/?\*)/.test(text);
}

t.test('nothing in src gets past the compiler as any or as never', (t) => {
  // Lint refuses `any` itself and `!` (typescript/no-explicit-any, typescript/no-non-null-assertion); of `never` it knows nothing.
  const found = CODE.filter(({ text }) => /\bas (any|never)\b/.test(text.replace(/\/\/.*/, '')));
  t.strictSame(
    found.map(({ at }) => at),
    [],
  );
  t.end();
});

t.test(
  `at most ${MOST} places in src give a value another type by way of unknown, each with its reason beside it`,
  (t) => {
    const places = CODE.filter(({ text }) => text.includes('as unknown as'));
    t.ok(places.length <= MOST, places.map(({ at }) => at).join(' '));
    t.ok(places.length > 0, 'they are found');
    const withoutReason = places.filter(({ text, above }) => !text.includes('//') && !above.some(isComment));
    t.strictSame(
      withoutReason.map(({ at }) => at),
      [],
      'each says why',
    );
    t.end();
  },
);
