/**
 * Holds the roles' rights against the code: every SDK command that a function's bundle can send is allowed for the role
 * that sends it, and nothing is allowed that neither the code sends nor AWS asks for on its behalf.
 */
import * as ecr from '@aws-sdk/client-ecr';
import * as iam from '@aws-sdk/client-iam';
import * as documents from '@aws-sdk/lib-dynamodb';
import { build } from 'esbuild';
import t from 'tap';
import { listOf, type PolicyDocument } from '../../src/policy/document.ts';
import { document } from './documents.ts';

/** The functions: where their code begins, and whose documents they run with. */
const FUNCTIONS = {
  api: { entry: 'src/entry/lambda-api.ts', policies: ['api'] },
  executor: { entry: 'src/entry/lambda-executor.ts', policies: ['executor', 'executor-keys'] },
  exporter: {
    entry: 'src/entry/lambda-exporter.ts',
    policies: ['exporter'],
  },
} as const;

type FunctionName = keyof typeof FUNCTIONS;

/** What a document client's command is authorised as. Transactions are authorised item by item. */
const DOCUMENT_COMMANDS: Readonly<Record<string, string>> = {
  GetCommand: 'GetItem',
  PutCommand: 'PutItem',
  UpdateCommand: 'UpdateItem',
  DeleteCommand: 'DeleteItem',
  BatchWriteCommand: 'BatchWriteItem',
};
/** What src/ledger/pages.ts sends; its callers name the table. */
const PAGED_COMMANDS: Readonly<Record<string, string>> = {
  queryPage: 'Query',
  queryUpTo: 'Query',
  queryAll: 'Query',
  queryCount: 'Query',
  scanAll: 'Scan',
};
/** Commands of clients that only the exporter has. */
const OTHER_COMMANDS: Readonly<Record<string, string>> = {
  GetObjectCommand: 's3:GetObject',
  PutObjectCommand: 's3:PutObject',
  SignCommand: 'kms:Sign',
  VerifyCommand: 'kms:Verify',
};
const TRANSACTION_ITEMS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

/** What AWS itself asks of a function's role, and for what. */
const ASKED_BY_AWS: Readonly<Record<FunctionName, Readonly<Record<string, string>>>> = {
  api: {
    'kms:Decrypt': 'DynamoDB, to open the tables',
    'kms:DescribeKey': 'DynamoDB, to open the tables',
    'kms:Encrypt': 'DynamoDB, to open the tables',
    'kms:GenerateDataKey': 'DynamoDB, to open the tables',
    'logs:CreateLogStream': 'Lambda, to write logs',
    'logs:PutLogEvents': 'Lambda, to write logs',
    'xray:PutTelemetryRecords': 'Lambda, to trace',
    'xray:PutTraceSegments': 'Lambda, to trace',
  },
  exporter: {
    'kms:Decrypt': 'DynamoDB and S3, to open the tables and to close objects',
    'kms:DescribeKey': 'DynamoDB, to open the tables',
    'kms:Encrypt': 'DynamoDB, to open the tables',
    'kms:GenerateDataKey': 'DynamoDB and S3, to open the tables and to close objects',
    'logs:CreateLogStream': 'Lambda, to write logs',
    'logs:PutLogEvents': 'Lambda, to write logs',
    'xray:PutTelemetryRecords': 'Lambda, to trace',
    'xray:PutTraceSegments': 'Lambda, to trace',
  },
  executor: {
    'dynamodb:DescribeStream': "Lambda's event source mapping, to read the stream",
    'dynamodb:GetRecords': "Lambda's event source mapping, to read the stream",
    'dynamodb:GetShardIterator': "Lambda's event source mapping, to read the stream",
    'dynamodb:ListStreams': "Lambda's event source mapping, to read the stream",
    'ecr:TagResource': 'ECR, to create with tags',
    'iam:TagRole': 'IAM, to create with tags',
    'kms:CreateGrant': 'ECR, for a repository with a key of its own',
    'kms:Decrypt': 'DynamoDB and SQS, to open the tables and to close letters',
    'kms:DescribeKey': 'DynamoDB and ECR',
    'kms:Encrypt': 'DynamoDB, to open the tables',
    'kms:GenerateDataKey': 'DynamoDB and SQS, to open the tables and to close letters',
    'kms:RetireGrant': 'ECR, for a repository with a key of its own',
    'logs:CreateLogStream': 'Lambda, to write logs',
    'logs:PutLogEvents': 'Lambda, to write logs',
    'sqs:SendMessage': "Lambda's event source mapping, for what was given up",
    'xray:PutTelemetryRecords': 'Lambda, to trace',
    'xray:PutTraceSegments': 'Lambda, to trace',
  },
};

/** What a bundle holds and its function never sends. */
const NEVER_SENT: Readonly<
  Record<
    FunctionName,
    Readonly<Record<string, { readonly because: string; readonly proof: (code: string) => boolean }>>
  >
> = {
  api: {
    'dynamodb:ConditionCheckItem on state': {
      because: "only a transaction with a leaseOwner checks the lease, and only the executor's has one",
      proof: (code) => !/\bleaseOwner:/.test(code),
    },
  },
  executor: {},
  exporter: {},
};

/** The code of a function as it is deployed: what it can't reach is not in it. */
async function codeOf(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles.map(({ text }) => text).join('\n');
}

/** The actions that a function's code can ask AWS for, such as `dynamodb:Query on audit/index`. */
function sentBy(code: string): readonly string[] {
  const commands = [...code.matchAll(/new (?:\w+\.)?(\w+?Command)\d*\((?=(.{0,400}))/gs)].flatMap(
    ([, command = '', after = '']) => actionsOf(command, after),
  );
  const pages = [...code.matchAll(/\bpaginate(\w+)\(/g)].map(([, command]) => serviceOf(`${command}Command`));
  const inTransactions = [
    ...code.matchAll(/\b(Put|Update|Delete|ConditionCheck): \{\s*TableName: (?:\w+\.)*(state|audit)\b/g),
  ].map(([, item = '', table]) => `dynamodb:${TRANSACTION_ITEMS[item]} on ${table}`);
  return [...new Set([...commands, ...pagedBy(code), ...pages, ...inTransactions])].sort();
}

/** The queries and scans: of each call of a paging function, the table and whether it names an index. */
function pagedBy(code: string): readonly string[] {
  const calls = new RegExp(
    String.raw`\b(${Object.keys(PAGED_COMMANDS).join('|')})\d*\(\s*\w+,\s*\{(?=(.{0,400}))`,
    'gs',
  );
  const queries = [...code.matchAll(calls)].map(([, name = '', after = '']) =>
    actionOn(String(PAGED_COMMANDS[name]), name, after),
  );
  const batches = [...code.matchAll(/\bgetAll\d*\(\s*\w+,\s*(?:\w+\.)*(state|audit)\b/g)];
  return [...queries, ...batches.map(([, table]) => `dynamodb:BatchGetItem on ${table}`)];
}

function actionsOf(command: string, after: string): readonly string[] {
  if (command === 'TransactWriteCommand') return [];
  // Only src/ledger/pages.ts sends these, as test/ledger/pages.test.ts holds; its callers say to which table.
  if (['QueryCommand', 'ScanCommand', 'BatchGetCommand'].includes(command)) return [];
  if (command in DOCUMENT_COMMANDS) {
    return [actionOn(String(DOCUMENT_COMMANDS[command]), command, after)];
  }
  return [serviceOf(command)];
}

function actionOn(action: string, sender: string, after: string): string {
  const table = /TableName: (?:\w+\.)*(state|audit)\b/.exec(after)?.[1];
  if (table === undefined) throw new Error(`${sender} is sent to a table that can't be told: ${after}`);
  const index = /^[^;]*?\bIndexName:/.test(after) ? '/index' : '';
  return `dynamodb:${action} on ${table}${index}`;
}

function serviceOf(command: string): string {
  const action = command.replace(/Command$/, '');
  if (command in ecr) return `ecr:${action}`;
  if (command in iam) return `iam:${action}`;
  const other = OTHER_COMMANDS[command];
  if (other !== undefined) return other;
  throw new Error(
    `${command} is a command of ${command in documents ? 'the document client' : 'no client'} that this test does not know: add it and its right.`,
  );
}

/** What a function's documents allow, in the same words. */
function allowedFor(policies: readonly string[]): readonly string[] {
  const statements = policies.flatMap((name) => (document(name) satisfies PolicyDocument).Statement);
  const allowed = statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource }) =>
      listOf(Action).flatMap((action) => listOf(Resource).map((resource) => withTable(action, resource))),
    );
  return [...new Set(allowed)].sort();
}

function withTable(action: string, resource: string): string {
  const table = /:table\/[a-z-]+-(state|audit)(\/index)?(?:\/\*)?$/.exec(resource);
  return table === null ? action : `${action} on ${table[1]}${table[2] ?? ''}`;
}

for (const [name, { entry, policies }] of Object.entries(FUNCTIONS) as [
  FunctionName,
  (typeof FUNCTIONS)[FunctionName],
][]) {
  t.test(`the ${name} may send what it sends, and is allowed nothing else`, async (t) => {
    const code = await codeOf(entry);
    const never = NEVER_SENT[name];
    for (const [action, { because, proof }] of Object.entries(never))
      t.ok(proof(code), `${action} is never sent: ${because}`);
    const sent = sentBy(code).filter((action) => never[action] === undefined);
    const allowed = allowedFor(policies);
    const asked = Object.keys(ASKED_BY_AWS[name]);
    t.strictSame(
      sent.filter((action) => !allowed.includes(action)),
      [],
      `of ${sent.length} actions that the code sends none is missing`,
    );
    t.strictSame(
      allowed.filter((action) => !sent.includes(action) && !asked.includes(action)),
      [],
      `of ${allowed.length} actions that are allowed none is unused`,
    );
    t.strictSame(
      asked.filter((action) => !allowed.includes(action)),
      [],
      `of ${asked.length} actions that AWS asks for none is missing`,
    );
  });
}

t.test('a command that is new in the code is noticed', async (t) => {
  t.strictSame(sentBy('x.send(new PutImageCommand({}))'), ['ecr:PutImage']);
  t.strictSame(sentBy('x.send(new sdk.AttachRolePolicyCommand({}))'), ['iam:AttachRolePolicy']);
  t.strictSame(sentBy('for await (const p of sdk.paginateListRoles({}))'), ['iam:ListRoles']);
  t.strictSame(sentBy('scanAll(tables, { TableName: tables.audit })'), ['dynamodb:Scan on audit']);
  t.strictSame(sentBy("queryPage(tables, { TableName: tables.audit, IndexName: 'x' })"), [
    'dynamodb:Query on audit/index',
  ]);
  t.strictSame(sentBy('getAll(tables, tables.state, [])'), ['dynamodb:BatchGetItem on state']);
  t.strictSame(sentBy('({ Update: { TableName: tables.audit, Key: key } })'), ['dynamodb:UpdateItem on audit']);
  t.throws(() => sentBy('new InvokeCommand({})'), /InvokeCommand is a command of no client/);
  t.throws(() => sentBy('new BatchExecuteStatementCommand({})'), /does not know/);
  t.throws(() => sentBy('new PutCommand({ TableName: someTable })'), /can't be told/);
  t.throws(() => sentBy('queryAll(tables, { TableName: someTable })'), /can't be told/);
});
