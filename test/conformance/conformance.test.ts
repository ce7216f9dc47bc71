/** One suite, for every target: `npm run conformance -- --target NAME`; plainly run, it is about the embedded AWS. */
import { test } from 'tap';
import { openAwsBench } from './aws-bench.ts';
import { hold } from './check.ts';
import { openLedgerBench } from './ledger-bench.ts';
import { LEDGER_CHECKS } from './ledger-checks.ts';
import { REPOSITORY_CHECKS } from './repository-checks.ts';
import { REPOSITORY_LIMIT_CHECKS } from './repository-limit-checks.ts';
import { ROLE_CHECKS } from './role-checks.ts';
import { STREAM_CHECKS } from './stream-checks.ts';
import { startTarget } from './target.ts';

const target = await startTarget(process.env);

void test(`ECR and IAM on ${target.name}`, async (t) => {
  if (target.aws === undefined) {
    t.pass(`${target.name} has no ECR and no IAM`);
    return;
  }
  const bench = await openAwsBench({ aws: target.aws, lagSeconds: target.lagSeconds });
  t.teardown(() => bench.close());
  await hold(t, target.name, [...REPOSITORY_CHECKS, ...REPOSITORY_LIMIT_CHECKS, ...ROLE_CHECKS], bench);
});

void test(`the ledger on ${target.name}’s DynamoDB`, async (t) => {
  t.teardown(() => target.close());
  if (target.dynamoDb === undefined) {
    t.pass(`${target.name} has no DynamoDB`);
    return;
  }
  const bench = await openLedgerBench(target.dynamoDb, target.region);
  t.teardown(() => bench.close());
  await hold(t, target.name, [...LEDGER_CHECKS, ...STREAM_CHECKS], bench);
});
