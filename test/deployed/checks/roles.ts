import { equal } from 'node:assert/strict';
import {
  DeleteItemCommand,
  GetItemCommand,
  GetResourcePolicyCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { BatchGetImageCommand, CreateRepositoryCommand, PutRegistryPolicyCommand } from '@aws-sdk/client-ecr';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  PutRolePermissionsBoundaryCommand,
} from '@aws-sdk/client-iam';
import { SignCommand } from '@aws-sdk/client-kms';
import { UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, GetObjectCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { ACCOUNT_ID, REGION, type Deployment } from '../deployment.ts';
import type { Stage } from '../stage.ts';
import { failureOf, type Check } from './check.ts';
import { sessionOf, type Hands } from './role-session.ts';

const NAME = 'ecr-control-plane';
const TRUST = JSON.stringify({ Version: '2012-10-17', Statement: [] });
/** The two tags without which the executor makes nothing; each attempt below lacks one of them, and nothing else. */
const MARK = { Key: 'ecp:managed-by', Value: NAME };
const DEPARTMENT = { Key: 'ecp:department', Value: 'koa' };
const PUSH_ROLE = {
  Path: '/ecr-access/',
  AssumeRolePolicyDocument: TRUST,
  PermissionsBoundary: `arn:aws:iam::${ACCOUNT_ID}:policy/ecr-access/push-role-boundary`,
};

type Attempt = readonly [what: string, attempt: (hands: Hands, outputs: Deployment['outputs']) => Promise<unknown>];

const key = { pk: { S: 'koa' }, sk: { S: '0' } };
const lease = { pk: { S: 'LEASE#koa' }, sk: { S: 'LEASE' } };

const ANYBODY: readonly Attempt[] = [
  [
    'changes an audit event',
    ({ dynamoDb }, { tables }) => dynamoDb.send(new UpdateItemCommand({ TableName: tables.audit, Key: key })),
  ],
  [
    'removes an audit event',
    ({ dynamoDb }, { tables }) => dynamoDb.send(new DeleteItemCommand({ TableName: tables.audit, Key: key })),
  ],
  ['scans the state', ({ dynamoDb }, { tables }) => dynamoDb.send(new ScanCommand({ TableName: tables.state }))],
  ['makes a user', ({ iam }) => iam.send(new CreateUserCommand({ UserName: 'backdoor' }))],
  [
    'attaches a policy to itself',
    ({ iam }) =>
      iam.send(
        new AttachRolePolicyCommand({
          RoleName: `${NAME}-api`,
          PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
        }),
      ),
  ],
  [
    'takes a boundary away',
    ({ iam }) =>
      iam.send(
        new PutRolePermissionsBoundaryCommand({
          RoleName: `${NAME}-api`,
          PermissionsBoundary: 'arn:aws:iam::aws:policy/AdministratorAccess',
        }),
      ),
  ],
  [
    'changes a function',
    ({ lambda }) =>
      lambda.send(new UpdateFunctionCodeCommand({ FunctionName: `${NAME}-executor`, ZipFile: new Uint8Array([0]) })),
  ],
  ['changes the registry', ({ ecr }) => ecr.send(new PutRegistryPolicyCommand({ policyText: TRUST }))],
  [
    'pulls an image',
    ({ ecr }) => ecr.send(new BatchGetImageCommand({ repositoryName: 'koa/app', imageIds: [{ imageTag: 'x' }] })),
  ],
  [
    'removes an exported file',
    ({ s3 }, { audit_bucket: Bucket }) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'x' })),
  ],
  [
    'opens the bucket',
    ({ s3 }, { audit_bucket: Bucket }) => s3.send(new PutBucketPolicyCommand({ Bucket, Policy: TRUST })),
  ],
  [
    'writes into the queue of changed events',
    ({ sqs }, { queue_urls }) =>
      sqs.send(new SendMessageCommand({ QueueUrl: queue_urls.audit_changes, MessageBody: 'x' })),
  ],
];

const NOT_EXECUTOR: readonly Attempt[] = [
  ['makes a repository', ({ ecr }) => ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/backdoor' }))],
  [
    'makes a role',
    ({ iam }) => iam.send(new CreateRoleCommand({ RoleName: 'backdoor', AssumeRolePolicyDocument: TRUST })),
  ],
  [
    'writes dead letters',
    ({ sqs }, { queue_urls }) =>
      sqs.send(new SendMessageCommand({ QueueUrl: queue_urls.dead_letters, MessageBody: 'x' })),
  ],
];

const NOT_EXPORTER: readonly Attempt[] = [
  ['reads an exported file', ({ s3 }, { audit_bucket: Bucket }) => s3.send(new GetObjectCommand({ Bucket, Key: 'x' }))],
  [
    'signs',
    ({ kms }, { signing_key_arn }) =>
      kms.send(
        new SignCommand({
          KeyId: signing_key_arn,
          Message: new Uint8Array(32),
          MessageType: 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      ),
  ],
];

const FORBIDDEN: Readonly<Record<'api' | 'executor' | 'exporter', readonly Attempt[]>> = {
  api: [...ANYBODY, ...NOT_EXECUTOR, ...NOT_EXPORTER],
  executor: [
    ...ANYBODY,
    ...NOT_EXPORTER,
    [
      'reads the audit log',
      ({ dynamoDb }, { tables }) => dynamoDb.send(new GetItemCommand({ TableName: tables.audit, Key: key })),
    ],
    [
      'makes a repository that is not marked',
      ({ ecr }) => ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/unmarked', tags: [DEPARTMENT] })),
    ],
    [
      'makes a repository of no department',
      ({ ecr }) => ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/nobodys', tags: [MARK] })),
    ],
    [
      'makes a role that is not marked',
      ({ iam }) => iam.send(new CreateRoleCommand({ ...PUSH_ROLE, RoleName: 'koa-unmarked', Tags: [DEPARTMENT] })),
    ],
    [
      'makes a role of no department',
      ({ iam }) => iam.send(new CreateRoleCommand({ ...PUSH_ROLE, RoleName: 'koa-nobodys', Tags: [MARK] })),
    ],
    [
      'makes a repository with tags beyond ours',
      ({ ecr }) =>
        ecr.send(
          new CreateRepositoryCommand({
            repositoryName: 'koa/tagged',
            tags: [MARK, DEPARTMENT, { Key: 'cost-centre', Value: '1' }],
          }),
        ),
    ],
  ],
  exporter: [
    ...ANYBODY,
    ...NOT_EXECUTOR,
    [
      'removes state',
      ({ dynamoDb }, { tables }) => dynamoDb.send(new DeleteItemCommand({ TableName: tables.state, Key: lease })),
    ],
  ],
};

/** What each role must be refused, tried with sessions of the roles themselves. */
export const ROLE_CHECKS: readonly Check[] = [
  {
    name: 'roles',
    promise: 'a session of each role is refused what the role must never do',
    play: async ({ deployment }) => {
      const got: string[] = [];
      for (const [part, attempts] of Object.entries(FORBIDDEN)) {
        const hands = await sessionOf(deployment, part);
        for (const [what, attempt] of attempts) {
          const error = await failureOf(attempt(hands, deployment.outputs));
          if (!isRefusal(error)) got.push(`${part} ${what}: ${error === undefined ? 'done' : String(error)}`);
        }
      }
      equal(got.join('\n'), '', 'what was not refused');
    },
  },
  {
    name: 'tables',
    promise: 'somebody who may write to every table can’t put an audit event of their own',
    play: async (stage) => mayOnlyServicePut(stage),
  },
];

interface TableStatement {
  readonly Effect?: string;
  readonly Principal?: string;
  readonly Action?: string | readonly string[];
}

const DENIED_ON_THE_LOG = [
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:DeleteTable',
  'dynamodb:PartiQLDelete',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
];

/** The emulator evaluates no resource policies of tables, so the table's own policy is asked for and read. */
async function mayOnlyServicePut({ deployment: { ground, outputs } }: Stage): Promise<void> {
  const ResourceArn = `arn:aws:dynamodb:${REGION}:${ACCOUNT_ID}:table/${outputs.tables.audit}`;
  const { Policy = '{}' } = await ground.clients.dynamoDb.send(new GetResourcePolicyCommand({ ResourceArn }));
  const { Statement = [] } = JSON.parse(Policy) as { readonly Statement?: readonly TableStatement[] };
  const denied = Statement.filter(({ Effect, Principal }) => Effect === 'Deny' && Principal === '*');
  equal(
    denied
      .flatMap(({ Action = [] }) => Action)
      .sort()
      .join(' '),
    DENIED_ON_THE_LOG.join(' '),
  );
}

function isRefusal(error: Error | undefined): boolean {
  return error !== undefined && /AccessDenied|not authorized/i.test(`${error.name} ${error.message}`);
}
