/** Nothing is lost where DynamoDB answers with less than it was asked for: a page ends after 1 MB, whatever its limit. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { refusalChain } from '../../src/ledger/chain.ts';
import { connectTables, type Tables } from '../../src/ledger/client.ts';
import { listDeadLetters } from '../../src/ledger/dead-letters.ts';
import {
  auditSortKey,
  chainKey,
  deadLetterKey,
  departmentPartition,
  DIRECTORY_PARTITION,
  repositoriesPartition,
} from '../../src/ledger/keys.ts';
import { queryPage } from '../../src/ledger/pages.ts';
import { countRepositories, listDepartmentIds, listRepositories, readDepartment } from '../../src/ledger/read.ts';
import { listChains, readEvents, readIndex, readRun } from '../../src/ledger/read-audit.ts';
import { ensureTables } from '../../src/ledger/tables.ts';
import { startLocalDynamoDb } from '../../src/local/dynamodb.ts';
import type { DepartmentId } from '../../src/model/ids.ts';
import { readState } from '../../src/ledger/state-table.ts';

const KOA = 'koa' as DepartmentId;
/** Nearly what an item may hold, 400 KB: three of them fill a page. */
const LARGE = 'x'.repeat(380_000);
const MANY = 12;

async function startTables(t: Test): Promise<Tables> {
  const dynamoDb = await startLocalDynamoDb(undefined);
  const tables = connectTables({
    state: 'state',
    audit: 'audit',
    region: 'eu-west-1',
    endpoint: dynamoDb.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  t.teardown(async () => {
    tables.documents.destroy();
    await dynamoDb.close();
  });
  await ensureTables(tables);
  return tables;
}

const numbers = Array.from({ length: MANY }, (_, index) => index + 1);
const nameOf = (index: number): string => `koa/app-${String(index).padStart(2, '0')}`;

/** As many items as fill several pages, each as large as an item may be. */
async function fill({ documents }: Tables, TableName: string, itemOf: (index: number) => object): Promise<void> {
  for (const index of numbers) await documents.send(new PutCommand({ TableName, Item: { ...itemOf(index), LARGE } }));
}

t.test('a list of items of the largest size is whole', async (t) => {
  const tables = await startTables(t);
  const names = numbers.map(nameOf);

  await fill(tables, tables.state, (index) => ({
    pk: repositoriesPartition(KOA),
    sk: nameOf(index),
    value: { name: nameOf(index) },
  }));
  const { items } = await queryPage(
    tables,
    {
      TableName: tables.state,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': repositoriesPartition(KOA) },
    },
    MANY,
  );
  t.ok(items.length < MANY, `one answer holds ${items.length} of ${MANY}, so that this is a test`);
  const listed = async (limit: number, after?: string): Promise<readonly string[]> =>
    (await listRepositories(tables, KOA, limit, after)).map(({ name }) => name);
  t.strictSame(await listed(MANY), names, 'of repositories');
  t.strictSame(await listed(MANY + 1), names, 'of repositories, where more are wanted than there are');
  t.strictSame(await listed(7), names.slice(0, 7), 'of as many repositories as are wanted');
  t.strictSame(await listed(7, names[2]), names.slice(3, 10), 'of those after one');
  t.equal(await countRepositories(tables, KOA), MANY, 'and counted');

  await fill(tables, tables.state, (index) => ({ pk: DIRECTORY_PARTITION, sk: nameOf(index) }));
  t.strictSame(await listDepartmentIds(tables, MANY), names, 'of departments');

  await fill(tables, tables.state, (index) => ({
    ...deadLetterKey(nameOf(index)),
    letter: JSON.stringify({ operation: nameOf(index), at: nameOf(index) }),
  }));
  t.strictSame(
    (await listDeadLetters(tables)).map(({ operation }) => operation),
    names,
    'of dead letters',
  );

  await fill(tables, tables.state, (index) => ({
    pk: departmentPartition(KOA),
    sk: `GRANT#${nameOf(index)}`,
    value: { id: nameOf(index) },
  }));
  await tables.documents.send(
    new PutCommand({
      TableName: tables.state,
      Item: { pk: departmentPartition(KOA), sk: 'DEPARTMENT', value: { id: KOA }, head: { deleted: false } },
    }),
  );
  const { state } = await readDepartment(tables, KOA);
  t.strictSame(
    state?.grants.map(({ id }) => id),
    names,
    "of a department's grants",
  );

  const all: string[] = [];
  for await (const { sk } of readState(tables)) all.push(sk);
  t.equal(all.length, 4 * MANY + 1, 'of the whole state');
});

t.test('an audit log of events of the largest size is whole', async (t) => {
  const tables = await startTables(t);
  const chains = numbers.map((index) => refusalChain(`koa-${String(index).padStart(2, '0')}`));
  await fill(tables, tables.audit, (index) => chainKey(chains[index - 1] ?? ''));
  t.strictSame(await listChains(tables), chains, 'of chains');

  await fill(tables, tables.audit, (index) => ({
    pk: KOA,
    sk: auditSortKey(index),
    at: `2026-01-01T00:00:00.${String(index).padStart(3, '0')}Z`,
    department: KOA,
    event: JSON.stringify({ seq: index }),
  }));
  const keys = numbers.map((index) => ({ pk: KOA, sk: auditSortKey(index) }));
  const seqsOf = (events: readonly { readonly seq: number }[]): readonly number[] => events.map(({ seq }) => seq);
  t.strictSame(seqsOf(await readEvents(tables, keys)), numbers, 'by keys');

  const run: number[] = [];
  while (run.length < MANY) {
    const texts = await readRun(tables, { chain: KOA, after: run.at(-1) ?? 0, last: MANY });
    if (texts.length === 0) break;
    run.push(...seqsOf(texts.map((text) => JSON.parse(text) as { seq: number })));
  }
  t.strictSame(run, numbers, 'run by run');

  const found: string[] = [];
  const range = { index: 'by-department', value: KOA, filters: {}, order: 'oldest', limit: MANY } as const;
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await readIndex(tables, { ...range, ...(after === undefined ? {} : { after }) });
    found.push(...page.found.map(({ sk }) => sk));
    after = page.more;
  }
  t.strictSame(
    found,
    keys.map(({ sk }) => sk),
    'by an index, whose key is handed on',
  );
});

/** What may answer with less than was asked for. Nobody but the functions of one file sends it. */
const PARTIAL = /\b(?:(?:Query|Scan|BatchGet|BatchGetItem|ExecuteStatement)Command|paginate(?:Query|Scan))\b(?!Input)/;

t.test('only src/ledger/pages.ts queries and scans, so that no page is taken for the whole', async (t) => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const senders = files.filter((file) => PARTIAL.test(readFileSync(join('src', file), 'utf8')));
  t.strictSame(senders, [join('ledger', 'pages.ts')]);
  t.match("import { QueryCommand } from '@aws-sdk/lib-dynamodb';", PARTIAL, 'a new one would be seen');
  t.match('new sdk.ScanCommand({})', PARTIAL);
  t.match('paginateQuery({ client }, {})', PARTIAL);
});
