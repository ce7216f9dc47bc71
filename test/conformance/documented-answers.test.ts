/** What AWS documents for a call, held against the embedded AWS: ECR, IAM and STS, row by row, each on an account of its own. */
import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { startEmbeddedAws } from '../../src/local/aws/server.ts';
import { ACCOUNT, jwks, REGION, token } from '../local/aws-support.ts';
import { DISAGREEMENTS, lineOf } from './documented/differences.ts';
import { disagreementOf } from './documented/disagreement.ts';
import { ECR_ROWS } from './documented/ecr.ts';
import { IAM_ROWS } from './documented/iam.ts';
import type { Answered, Known, Row } from './documented/row.ts';
import { STS_ROWS } from './documented/sts.ts';
import { askOverWire } from './documented/wire.ts';

const ROWS: readonly Row[] = [...ECR_ROWS, ...IAM_ROWS, ...STS_ROWS];
const LISTED = new Set(DISAGREEMENTS.flatMap(({ rows }) => rows));

/** Plays one row on an account where nothing else is. @throws Error when a call before it does not succeed */
async function play({ given, call }: Row): Promise<Answered> {
  const aws = await startEmbeddedAws({ accountId: ACCOUNT, region: REGION, issuerKeys: () => Promise.resolve(jwks) });
  try {
    const answers: Answered[] = [];
    const known: Known = {
      given: answers,
      token: (claims = {}, at) => token(claims, at === undefined ? {} : { at }),
    };
    for (const before of given) {
      const asked = typeof before === 'function' ? await before(known) : before;
      const answered = await askOverWire(aws.endpoint, asked);
      if (answered.status !== 200)
        throw new Error(`${asked.operation}, before it, answered ${JSON.stringify(answered)}`);
      answers.push(answered);
    }
    return await askOverWire(aws.endpoint, typeof call === 'function' ? await call(known) : call);
  } finally {
    await aws.close();
  }
}

for (const row of ROWS) {
  const isListed = LISTED.has(row.id);
  void test(`${row.id}: ${isListed ? 'differs from AWS, as listed' : 'as AWS documents it'}`, async (t) => {
    const disagreement = await play(row).then(
      (answered) => disagreementOf(answered, row.answer),
      (error: unknown) => String(error),
    );
    if (isListed) t.type(disagreement, 'string', 'the difference is still there; else take its row out of the list');
    else t.equal(disagreement, undefined, row.page);
  });
}

void test('the table has at least 120 calls, each with a name of its own and a page of AWS’s documentation', (t) => {
  t.ok(ROWS.length >= 120, `${ROWS.length} rows in the table of documented answers`);
  t.equal(new Set(ROWS.map(({ id }) => id)).size, ROWS.length);
  for (const { id, page } of ROWS) t.match(page, /^https:\/\/docs\.aws\.amazon\.com\/\S+\.html$/, id);
  t.end();
});

void test('docs/local-differences.md shows every answer that differs from AWS’s documentation, and no other', (t) => {
  const page = readFileSync('docs/local-differences.md', 'utf8');
  const lines = page.split('\n').filter((line) => /^\| `(?:ecr|iam|sts)\/[A-Z]/.test(line));
  t.strictSame(lines, DISAGREEMENTS.map(lineOf));
  for (const listed of LISTED)
    t.ok(
      ROWS.some(({ id }) => id === listed),
      listed,
    );
  t.end();
});
