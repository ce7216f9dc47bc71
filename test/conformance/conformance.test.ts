/** One suite, for every target: `npm run conformance -- --target NAME`; plainly run, it is about the embedded AWS. */
import { test } from 'tap';
import models from '../../src/local/aws/constraints.json' with { type: 'json' };
import { openAwsBench } from './aws-bench.ts';
import { hold } from './check.ts';
import { openLedgerBench } from './ledger-bench.ts';
import { LEDGER_CHECKS } from './ledger-checks.ts';
import { JOB_CHECKS } from './main-job.ts';
import { REPOSITORY_CHECKS } from './repository-checks.ts';
import { REPOSITORY_LIMIT_CHECKS } from './repository-limit-checks.ts';
import { ROLE_CHECKS } from './role-checks.ts';
import { STREAM_CHECKS } from './stream-checks.ts';
import { startTarget } from './target.ts';

const target = await startTarget(process.env);
const aws = await openAwsBench(target);
const ledger = await openLedgerBench(target.dynamoDb, target.region);

const awsOf = target.awsOf ?? target.name;

void test(`ECR and IAM on ${awsOf}`, async (t) => {
  await hold(t, awsOf, [...REPOSITORY_CHECKS, ...REPOSITORY_LIMIT_CHECKS, ...ROLE_CHECKS], aws);
});

/** What any operation may answer: input that does not fit the model, before the operation itself is asked. */
const COMMON = ['ValidationError'];
/** What AWS answers although its model does not say so: for a boundary that is not there, as many have reported. */
const UNDECLARED = ['CreateRole NoSuchEntityException'];

if (awsOf === 'embedded') {
  void test('each error that the embedded AWS answered is one that AWS declares for the operation', (t) => {
    const declared = Object.entries({ ...models.ecr.declared, ...models.iam.declared, ...models.sts.declared });
    const known = new Set(
      declared.flatMap(([operation, errors]) => [...errors, ...COMMON].map((error) => `${operation} ${error}`)),
    );
    t.strictSame(
      [...aws.errors].filter((one) => !known.has(one)),
      UNDECLARED,
    );
    t.ok(aws.errors.size > 20, `${aws.errors.size} kinds of errors were seen`);
    t.end();
  });
}

void test(`the ledger on ${target.name}`, async (t) => {
  await hold(t, target.name, [...LEDGER_CHECKS, ...STREAM_CHECKS], ledger);
});

void test(`the main job on ${target.name}`, async (t) => {
  const own = target.jobDynamoDb === undefined ? ledger : await openLedgerBench(target.jobDynamoDb, target.region);
  t.teardown(async () => {
    if (own !== ledger) await own.close();
    await ledger.close();
    await aws.close();
    await target.close();
  });
  await hold(t, target.name, JOB_CHECKS, { aws, ledger: own });
});
