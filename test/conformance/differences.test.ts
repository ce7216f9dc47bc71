import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { STORY } from '../../src/local/story.ts';
import { DIFFERENCES, rowOf } from './differences.ts';
import { LEDGER_CHECKS } from './ledger-checks.ts';
import { REPOSITORY_CHECKS } from './repository-checks.ts';
import { REPOSITORY_LIMIT_CHECKS } from './repository-limit-checks.ts';
import { ROLE_CHECKS } from './role-checks.ts';
import { STREAM_CHECKS } from './stream-checks.ts';

const ON_AWS = [...REPOSITORY_CHECKS, ...REPOSITORY_LIMIT_CHECKS, ...ROLE_CHECKS].map(({ id }) => id);
const ON_DYNAMODB = [...LEDGER_CHECKS, ...STREAM_CHECKS].map(({ id }) => id);
const CHECKS = [...ON_AWS, ...ON_DYNAMODB, ...STORY.map(({ title }) => `story: ${title}`)];

void test('docs/local-differences.md shows every difference that the suite knows, and no other', (t) => {
  const page = readFileSync('docs/local-differences.md', 'utf8');
  const [, ...rows] = page
    .split(/^\| target \| checks \| .*\n\|---.*\n/m)
    .flatMap((part) => part.split('\n\n')[0] ?? []);
  t.strictSame(rows.join('\n').trim().split('\n'), DIFFERENCES.map(rowOf));
  t.end();
});

void test('each line of what is different says how it was found', (t) => {
  const page = readFileSync('docs/local-differences.md', 'utf8');
  const different = page.slice(page.indexOf('## What is different'), page.indexOf('## State'));
  const items = different.split(/^- /m).slice(1);
  t.ok(items.length > 25, `${items.length} lines`);
  for (const item of items)
    t.match(item.split(/\n\n/)[0]?.replaceAll('\n', ' '), /\*Found by: .+\.\*\s*$/, item.slice(0, 60));
  const rows = different.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| | AWS'));
  for (const row of rows) t.equal(row.split(' | ').length, 4, `${row.slice(0, 60)}: four columns`);
  t.end();
});

void test('each difference is about checks that are there, and each check has a name of its own', (t) => {
  t.equal(new Set(CHECKS).size, CHECKS.length);
  for (const { target, checks } of DIFFERENCES) {
    for (const check of checks) {
      t.ok(CHECKS.includes(check), `${target} ${check}`);
      t.equal(DIFFERENCES.filter((one) => one.target === target && one.checks.includes(check)).length, 1, 'one row');
    }
  }
  t.end();
});
