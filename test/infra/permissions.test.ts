/**
 * What the service's roles may do in AWS, by evaluating the IAM documents of infra/policies. Each row of the tables is one
 * call; each guard in a document is taken out in turn, and must then let something through that was denied.
 */
import t from 'tap';
import type { PolicyDocument, Statement } from '../../src/policy/document.ts';
import { listOf } from '../../src/policy/document.ts';
import { authorize, type ConditionContext } from '../../src/policy/evaluate.ts';
import { permissionsBoundary } from '../../src/policy/push-policy.ts';
import { DEPLOYMENT, document, renderDocuments, SETTINGS } from './documents.ts';

const { accountId, region, name } = DEPLOYMENT;
const table = (part: string): string => `arn:aws:dynamodb:${region}:${accountId}:table/${name}-${part}`;
const role = (path: string): string => `arn:aws:iam::${accountId}:role${path}`;
const repository = (called: string): string => `arn:aws:ecr:${region}:${accountId}:repository/${called}`;
const key = `arn:aws:kms:${region}:${accountId}:key/0f1e2d3c`;

// ---- The requests' contexts, as AWS sends them -----------------------------------------------------------------------

const TAGS = {
  'aws:RequestTag/ecp:department': 'koa',
  'aws:RequestTag/ecp:managed-by': 'ecr-control-plane',
  'aws:RequestTag/ecp:operation': 'op-1',
};
const TAG_KEYS = { 'aws:TagKeys': ['ecp:department', 'ecp:managed-by', 'ecp:operation'] };
const BOUNDARY = { 'iam:PermissionsBoundary': SETTINGS.boundaryArn };
const OURS = { 'aws:ResourceTag/ecp:managed-by': 'ecr-control-plane', 'aws:ResourceTag/ecp:department': 'koa' };
const NEW = { ...TAGS, ...TAG_KEYS };
const OTHER_TABLE = `arn:aws:dynamodb:${region}:${accountId}:table/payroll`;
const elsewhere = (arn: string): string => arn.replace(accountId, '111122223333');
const BUCKET_OBJECT = `arn:aws:s3:::${name}-audit-${accountId}-${region}/x`;
const OUR_KEY = { 'kms:ViaService': `dynamodb.${region}.amazonaws.com`, 'kms:ResourceAliases': [`alias/${name}`] };

interface Row {
  readonly why: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: ConditionContext;
}

const row = (why: string, action: string, resource: string, context: ConditionContext = {}): Row => ({
  why,
  action,
  resource,
  context,
});

/** A role of the service: its documents, what it must be able to do, and what it must never. */
interface Subject {
  readonly documents: readonly string[];
  readonly allowed: readonly Row[];
  readonly denied: readonly Row[];
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  api: {
    documents: ['api'],
    allowed: [
      row('reads the ledger', 'dynamodb:GetItem', table('state')),
      row('lists', 'dynamodb:Query', table('state')),
      row('reads the heads of chains', 'dynamodb:BatchGetItem', table('state')),
      row('commits an intent', 'dynamodb:PutItem', table('state'), { 'dynamodb:LeadingKeys': ['DEPARTMENT#koa'] }),
      row('gives a name back', 'dynamodb:DeleteItem', table('state'), {
        'dynamodb:LeadingKeys': ['CLAIM#role-name#koa'],
      }),
      row('appends to a chain', 'dynamodb:PutItem', table('audit'), { 'dynamodb:LeadingKeys': ['koa'] }),
      row('counts refusals', 'dynamodb:UpdateItem', table('state'), { 'dynamodb:LeadingKeys': ['REFUSALS'] }),
      row('reads a chain', 'dynamodb:Query', table('audit')),
      row('finds events', 'dynamodb:Query', `${table('audit')}/index/by-action`),
      row('reads what it found', 'dynamodb:BatchGetItem', table('audit')),
      row('asks whether a name is taken', 'ecr:DescribeRepositories', repository('koa/app')),
      row('counts images', 'ecr:ListImages', repository('koa/app')),
      row('opens the ledger', 'kms:Decrypt', key, OUR_KEY),
      row(
        'logs',
        'logs:PutLogEvents',
        `arn:aws:logs:${region}:${accountId}:log-group:/aws/lambda/${name}-api:log-stream:x`,
      ),
      row('traces', 'xray:PutTraceSegments', '*'),
    ],
    denied: [
      row('queries no other table', 'dynamodb:Query', OTHER_TABLE),
      row('queries no index of another table', 'dynamodb:Query', `${OTHER_TABLE}/index/by-salary`),
      row("looks at no other account's registry", 'ecr:DescribeRepositories', elsewhere(repository('koa/app'))),
      row("uses no other account's key", 'kms:Decrypt', elsewhere(key), OUR_KEY),
      row('makes no role', 'iam:CreateRole', role('/ecr-access/koa'), { ...BOUNDARY, ...NEW }),
      row('writes no role policy', 'iam:PutRolePolicy', role('/ecr-access/koa'), { ...BOUNDARY, ...OURS }),
      row('changes no trust', 'iam:UpdateAssumeRolePolicy', role('/ecr-access/koa'), { ...BOUNDARY, ...OURS }),
      row('deletes no role', 'iam:DeleteRole', role('/ecr-access/koa'), { ...BOUNDARY, ...OURS }),
      row('passes no role', 'iam:PassRole', role('/ecr-control-plane/ecr-control-plane-executor')),
      row('assumes no role', 'sts:AssumeRole', role('/ecr-access/koa')),
      row('makes no repository', 'ecr:CreateRepository', repository('koa/app'), NEW),
      row('opens no repository', 'ecr:SetRepositoryPolicy', repository('koa/app'), OURS),
      row('deletes no repository', 'ecr:DeleteRepository', repository('koa/app'), OURS),
      row('pulls no image', 'ecr:BatchGetImage', repository('koa/app'), OURS),
      row('pushes no image', 'ecr:PutImage', repository('koa/app'), OURS),
      row('logs in to no registry', 'ecr:GetAuthorizationToken', '*'),
      row('changes no audit event', 'dynamodb:UpdateItem', table('audit')),
      row('removes no audit event', 'dynamodb:DeleteItem', table('audit')),
      row('removes none by batch', 'dynamodb:BatchWriteItem', table('audit')),
      row('removes none by PartiQL', 'dynamodb:PartiQLDelete', table('audit')),
      row('takes no lease', 'dynamodb:PutItem', table('state'), { 'dynamodb:LeadingKeys': ['LEASE#koa'] }),
      row('breaks no lease', 'dynamodb:DeleteItem', table('state'), { 'dynamodb:LeadingKeys': ['LEASE#koa'] }),
      row('takes none beside something else', 'dynamodb:PutItem', table('state'), {
        'dynamodb:LeadingKeys': ['DEPARTMENT#koa', 'LEASE#koa'],
      }),
      row('counts nothing else', 'dynamodb:UpdateItem', table('state'), { 'dynamodb:LeadingKeys': ['DEPARTMENT#koa'] }),
      row('stretches no lease', 'dynamodb:UpdateItem', table('state'), { 'dynamodb:LeadingKeys': ['LEASE#koa'] }),
      row('reads no other table', 'dynamodb:GetItem', OTHER_TABLE),
      row('reads no table of a look-alike name', 'dynamodb:GetItem', `${table('state')}-copy`),
      row('scans nothing', 'dynamodb:Scan', table('state')),
      row('deletes no table', 'dynamodb:DeleteTable', table('state')),
      row('rings nobody', 'lambda:InvokeFunction', `arn:aws:lambda:${region}:${accountId}:function:${name}-executor`),
      row(
        'changes no function',
        'lambda:UpdateFunctionCode',
        `arn:aws:lambda:${region}:${accountId}:function:${name}-executor`,
      ),
      row('opens nothing with another key', 'kms:Decrypt', key, {
        ...OUR_KEY,
        'kms:ResourceAliases': ['alias/payroll'],
      }),
      row('uses no key by itself', 'kms:Decrypt', key, { 'kms:ResourceAliases': [`alias/${name}`] }),
      row('reads no secret', 'secretsmanager:GetSecretValue', '*'),
      row('reads no bucket', 's3:GetObject', `arn:aws:s3:::${name}-audit-${accountId}-${region}/x`),
      row(
        "writes into nobody else's log",
        'logs:PutLogEvents',
        `arn:aws:logs:${region}:${accountId}:log-group:/aws/lambda/${name}-executor:log-stream:x`,
      ),
    ],
  },
  executor: {
    documents: ['executor', 'executor-keys'],
    allowed: [
      row('reads the ledger', 'dynamodb:GetItem', table('state')),
      row('lists', 'dynamodb:Query', table('state')),
      row('takes a lease', 'dynamodb:PutItem', table('state'), { 'dynamodb:LeadingKeys': ['LEASE#koa'] }),
      row('gives it back', 'dynamodb:DeleteItem', table('state'), { 'dynamodb:LeadingKeys': ['LEASE#koa'] }),
      row('holds it while it commits', 'dynamodb:ConditionCheckItem', table('state')),
      row('counts attempts', 'dynamodb:UpdateItem', table('state')),
      row('appends to a chain', 'dynamodb:PutItem', table('audit')),
      row('hears the doorbell', 'dynamodb:GetRecords', `${table('state')}/stream/2026-01-01T00:00:00.000`),
      row('keeps dead letters', 'sqs:SendMessage', `arn:aws:sqs:${region}:${accountId}:${name}-dead-letters`),
      row('reads the quotas', 'iam:GetAccountSummary', '*'),
      row('looks at a role', 'iam:GetRole', role('/ecr-access/koa')),
      row('looks at a role that has the name', 'iam:GetRole', role('/elsewhere/koa')),
      row('makes a push role', 'iam:CreateRole', role('/ecr-access/koa'), { ...BOUNDARY, ...NEW }),
      row('marks it', 'iam:TagRole', role('/ecr-access/koa'), NEW),
      row('writes its policy', 'iam:PutRolePolicy', role('/ecr-access/koa'), { ...BOUNDARY, ...OURS }),
      row('takes its policy away', 'iam:DeleteRolePolicy', role('/ecr-access/koa'), { ...BOUNDARY, ...OURS }),
      row('changes its trust', 'iam:UpdateAssumeRolePolicy', role('/ecr-access/koa'), { ...BOUNDARY, ...OURS }),
      row('deletes it', 'iam:DeleteRole', role('/ecr-access/koa'), { ...BOUNDARY, ...OURS }),
      row("changes an adopted role's trust", 'iam:UpdateAssumeRolePolicy', DEPLOYMENT.adoptedRole, {
        ...BOUNDARY,
        ...OURS,
      }),
      row('looks at a repository', 'ecr:DescribeRepositories', repository('koa/app')),
      row('makes a repository', 'ecr:CreateRepository', repository('koa/app'), NEW),
      row('marks it', 'ecr:TagResource', repository('koa/app'), NEW),
      row('opens it to accounts', 'ecr:SetRepositoryPolicy', repository('koa/app'), OURS),
      row('lets it forget images', 'ecr:PutLifecyclePolicy', repository('pol/app'), OURS),
      row('deletes it', 'ecr:DeleteRepository', repository('koa/app'), OURS),
      row('opens the ledger', 'kms:Decrypt', key, OUR_KEY),
      row("lets ECR use a repository's key", 'kms:CreateGrant', DEPLOYMENT.repositoryKey, {
        'kms:ViaService': `ecr.${region}.amazonaws.com`,
      }),
    ],
    denied: [
      row('puts into no other table', 'dynamodb:PutItem', OTHER_TABLE),
      row('writes no other letters', 'sqs:SendMessage', `arn:aws:sqs:${region}:${accountId}:payroll`),
      row("looks at no other account's role", 'iam:GetRole', elsewhere(role('/ecr-access/koa'))),
      row("looks at no other account's repository", 'ecr:DescribeRepositories', elsewhere(repository('koa/app'))),
      row("opens no other account's repository", 'ecr:SetRepositoryPolicy', elsewhere(repository('koa/app')), OURS),
      row("uses no other account's key", 'kms:Decrypt', elsewhere(key), OUR_KEY),
      row(
        "writes into nobody else's log",
        'logs:PutLogEvents',
        `arn:aws:logs:${region}:${accountId}:log-group:/aws/lambda/${name}-api:log-stream:x`,
      ),
      row('makes no role without the boundary', 'iam:CreateRole', role('/ecr-access/koa'), NEW),
      row('makes no role with another boundary', 'iam:CreateRole', role('/ecr-access/koa'), {
        ...NEW,
        'iam:PermissionsBoundary': `arn:aws:iam::aws:policy/AdministratorAccess`,
      }),
      row('makes no role with a look-alike boundary', 'iam:CreateRole', role('/ecr-access/koa'), {
        ...NEW,
        'iam:PermissionsBoundary': `${SETTINGS.boundaryArn}-2`,
      }),
      row('makes no role elsewhere', 'iam:CreateRole', role('/admin'), { ...BOUNDARY, ...NEW }),
      row('makes no role on a look-alike path', 'iam:CreateRole', role('/ecr-accessx/koa'), { ...BOUNDARY, ...NEW }),
      row('makes no unmarked role', 'iam:CreateRole', role('/ecr-access/koa'), { ...BOUNDARY }),
      row('makes no role that another is said to manage', 'iam:CreateRole', role('/ecr-access/koa'), {
        ...BOUNDARY,
        ...NEW,
        'aws:RequestTag/ecp:managed-by': 'terraform',
      }),
      row('makes no role of no department', 'iam:CreateRole', role('/ecr-access/koa'), {
        ...BOUNDARY,
        'aws:RequestTag/ecp:managed-by': 'ecr-control-plane',
        'aws:TagKeys': ['ecp:managed-by'],
      }),
      row('makes no role with tags beyond ours', 'iam:CreateRole', role('/ecr-access/koa'), {
        ...BOUNDARY,
        ...TAGS,
        'aws:TagKeys': ['ecp:department', 'ecp:managed-by', 'cost-centre'],
      }),
      row('moves no role to another department', 'iam:TagRole', role('/ecr-access/koa'), { ...NEW, ...OURS }),
      row('marks no role elsewhere as ours', 'iam:TagRole', role('/admin'), NEW),
      row('takes no mark away', 'iam:UntagRole', role('/ecr-access/koa'), {
        ...OURS,
        'aws:TagKeys': ['ecp:department'],
      }),
      row('writes no policy of a role without the boundary', 'iam:PutRolePolicy', role('/ecr-access/koa'), OURS),
      row('writes no policy of a role that is not ours', 'iam:PutRolePolicy', role('/ecr-access/koa'), BOUNDARY),
      row('writes no policy of a role elsewhere', 'iam:PutRolePolicy', role('/admin'), { ...BOUNDARY, ...OURS }),
      row('writes no policy of its own', 'iam:PutRolePolicy', role(`${DEPLOYMENT.serviceRolePath}${name}-executor`), {
        ...BOUNDARY,
        ...OURS,
      }),
      row(
        'changes no trust of its own',
        'iam:UpdateAssumeRolePolicy',
        role(`${DEPLOYMENT.serviceRolePath}${name}-api`),
        { ...BOUNDARY, ...OURS },
      ),
      row(
        'changes no trust of a role that is not ours',
        'iam:UpdateAssumeRolePolicy',
        role('/ecr-access/koa'),
        BOUNDARY,
      ),
      row(
        'changes no trust of a role without the boundary',
        'iam:UpdateAssumeRolePolicy',
        role('/ecr-access/koa'),
        OURS,
      ),
      row(
        'changes no trust of a role of an adopted name elsewhere',
        'iam:UpdateAssumeRolePolicy',
        `${DEPLOYMENT.adoptedRole}2`,
        { ...BOUNDARY, ...OURS },
      ),
      row('deletes no role that is not ours', 'iam:DeleteRole', role('/ecr-access/koa'), BOUNDARY),
      row('deletes no role elsewhere', 'iam:DeleteRole', role('/admin'), { ...BOUNDARY, ...OURS }),
      row('attaches no policy', 'iam:AttachRolePolicy', role('/ecr-access/koa'), { ...BOUNDARY, ...OURS }),
      row('detaches no policy', 'iam:DetachRolePolicy', role('/ecr-access/koa'), { ...BOUNDARY, ...OURS }),
      row('passes no role', 'iam:PassRole', role('/ecr-access/koa'), OURS),
      row('takes no boundary away', 'iam:DeleteRolePermissionsBoundary', role('/ecr-access/koa'), {
        ...BOUNDARY,
        ...OURS,
      }),
      row('sets no boundary', 'iam:PutRolePermissionsBoundary', role('/ecr-access/koa'), { ...BOUNDARY, ...OURS }),
      row('rewrites no boundary', 'iam:CreatePolicyVersion', SETTINGS.boundaryArn),
      row('makes no policy', 'iam:CreatePolicy', `arn:aws:iam::${accountId}:policy/x`),
      row('makes no user', 'iam:CreateUser', `arn:aws:iam::${accountId}:user/x`),
      row('makes no access key', 'iam:CreateAccessKey', `arn:aws:iam::${accountId}:user/x`),
      row(
        'makes no OIDC provider',
        'iam:CreateOpenIDConnectProvider',
        `arn:aws:iam::${accountId}:oidc-provider/evil.example.com`,
      ),
      row(
        "adds no audience to GitHub's provider",
        'iam:AddClientIDToOpenIDConnectProvider',
        `arn:aws:iam::${accountId}:oidc-provider/token.actions.githubusercontent.com`,
      ),
      row('lengthens no session', 'iam:UpdateRole', role('/ecr-access/koa'), { ...BOUNDARY, ...OURS }),
      row('assumes no role', 'sts:AssumeRole', role('/ecr-access/koa')),
      row('makes no repository outside the prefixes', 'ecr:CreateRepository', repository('payroll/app'), NEW),
      row('makes no unmarked repository', 'ecr:CreateRepository', repository('koa/app')),
      row('makes no repository of no department', 'ecr:CreateRepository', repository('koa/app'), {
        'aws:RequestTag/ecp:managed-by': 'ecr-control-plane',
        'aws:TagKeys': ['ecp:managed-by'],
      }),
      row('makes no repository with tags beyond ours', 'ecr:CreateRepository', repository('koa/app'), {
        ...TAGS,
        'aws:TagKeys': ['ecp:department', 'ecp:managed-by', 'x'],
      }),
      row('moves no repository to another department', 'ecr:TagResource', repository('koa/app'), { ...NEW, ...OURS }),
      row('takes no mark away', 'ecr:UntagResource', repository('koa/app'), {
        ...OURS,
        'aws:TagKeys': ['ecp:department'],
      }),
      row('opens no repository that is not ours', 'ecr:SetRepositoryPolicy', repository('payroll/app')),
      row('closes no repository that is not ours', 'ecr:DeleteRepositoryPolicy', repository('payroll/app')),
      row('deletes no repository that is not ours', 'ecr:DeleteRepository', repository('payroll/app'), {
        'aws:ResourceTag/ecp:managed-by': 'terraform',
      }),
      row('expires no images that are not ours', 'ecr:PutLifecyclePolicy', repository('payroll/app')),
      row('opens not the whole registry', 'ecr:PutRegistryPolicy', '*'),
      row('copies the registry nowhere', 'ecr:PutReplicationConfiguration', '*'),
      row('changes no scanning of the registry', 'ecr:PutRegistryScanningConfiguration', '*'),
      row('pulls through no cache', 'ecr:CreatePullThroughCacheRule', '*'),
      row('makes no creation template', 'ecr:CreateRepositoryCreationTemplate', '*'),
      row('logs in to no registry', 'ecr:GetAuthorizationToken', '*'),
      row('pulls no image', 'ecr:BatchGetImage', repository('koa/app'), OURS),
      row('pushes no image', 'ecr:PutImage', repository('koa/app'), OURS),
      row('uploads no layer', 'ecr:UploadLayerPart', repository('koa/app'), OURS),
      row('deletes no image', 'ecr:BatchDeleteImage', repository('koa/app'), OURS),
      row('changes no audit event', 'dynamodb:UpdateItem', table('audit')),
      row('removes no audit event', 'dynamodb:DeleteItem', table('audit')),
      row('removes none by batch', 'dynamodb:BatchWriteItem', table('audit')),
      row('reads no audit event', 'dynamodb:GetItem', table('audit')),
      row('reads no other table', 'dynamodb:GetItem', OTHER_TABLE),
      row("hears no other table's doorbell", 'dynamodb:GetRecords', `${OTHER_TABLE}/stream/1`),
      row('opens nothing with another key', 'kms:Decrypt', key, {
        ...OUR_KEY,
        'kms:ResourceAliases': ['alias/payroll'],
      }),
      row('uses no key by itself', 'kms:Decrypt', key, { 'kms:ResourceAliases': [`alias/${name}`] }),
      row('lets nobody else use a key', 'kms:CreateGrant', DEPLOYMENT.repositoryKey, {
        'kms:ViaService': `ec2.${region}.amazonaws.com`,
      }),
      row('lets ECR use no other key', 'kms:CreateGrant', key, { 'kms:ViaService': `ecr.${region}.amazonaws.com` }),
      row(
        'changes no function',
        'lambda:UpdateFunctionCode',
        `arn:aws:lambda:${region}:${accountId}:function:${name}-api`,
      ),
    ],
  },
  exporter: {
    documents: ['exporter'],
    allowed: [
      row('finds where it stands', 'dynamodb:GetItem', table('state')),
      row('reads the heads of chains', 'dynamodb:BatchGetItem', table('state')),
      row('takes the next export', 'dynamodb:PutItem', table('state'), { 'dynamodb:LeadingKeys': ['AUDIT_EXPORT'] }),
      row('reads the log', 'dynamodb:Query', table('audit')),
      row('anchors the heads', 'dynamodb:PutItem', table('audit'), { 'dynamodb:LeadingKeys': ['platform'] }),
      row("moves the platform's head", 'dynamodb:PutItem', table('state'), {
        'dynamodb:LeadingKeys': ['CHAIN#platform'],
      }),
      row('puts a new object', 's3:PutObject', BUCKET_OBJECT, { 's3:if-none-match': '*' }),
      row('reads what is there already', 's3:GetObject', BUCKET_OBJECT),
      row('looks at a signature that is there', 'kms:Verify', key, {
        'kms:ResourceAliases': [`alias/${name}-audit-signing`],
      }),
      row('signs a manifest', 'kms:Sign', key, { 'kms:ResourceAliases': [`alias/${name}-audit-signing`] }),
      row('closes an object', 'kms:GenerateDataKey', key, {
        ...OUR_KEY,
        'kms:ViaService': `s3.${region}.amazonaws.com`,
      }),
    ],
    denied: [
      row('queries no other table', 'dynamodb:Query', OTHER_TABLE),
      row("signs with no other account's key", 'kms:Sign', elsewhere(key), {
        'kms:ResourceAliases': [`alias/${name}-audit-signing`],
      }),
      row("uses no other account's key", 'kms:Decrypt', elsewhere(key), OUR_KEY),
      row('replaces no object', 's3:PutObject', BUCKET_OBJECT),
      row('deletes no object', 's3:DeleteObject', BUCKET_OBJECT),
      row('deletes no version', 's3:DeleteObjectVersion', BUCKET_OBJECT),
      row('reads in no other bucket', 's3:GetObject', 'arn:aws:s3:::payroll/x'),
      row('writes into no other bucket', 's3:PutObject', 'arn:aws:s3:::payroll/x', { 's3:if-none-match': '*' }),
      row('changes no bucket', 's3:PutBucketPolicy', BUCKET_OBJECT.slice(0, -2)),
      row("writes no department's state", 'dynamodb:PutItem', table('state'), {
        'dynamodb:LeadingKeys': ['DEPARTMENT#koa'],
      }),
      row("writes into no department's chain", 'dynamodb:PutItem', table('audit'), { 'dynamodb:LeadingKeys': ['koa'] }),
      row('takes no lease', 'dynamodb:PutItem', table('state'), { 'dynamodb:LeadingKeys': ['LEASE#koa'] }),
      row('changes no audit event', 'dynamodb:UpdateItem', table('audit')),
      row('removes no audit event', 'dynamodb:DeleteItem', table('audit')),
      row('reads no other table', 'dynamodb:GetItem', OTHER_TABLE),
      row('signs with no other key', 'kms:Sign', key, { 'kms:ResourceAliases': ['alias/payroll'] }),
      row('opens nothing with another key', 'kms:Decrypt', key, {
        ...OUR_KEY,
        'kms:ResourceAliases': ['alias/payroll'],
      }),
      row('uses no key by itself', 'kms:Decrypt', key, { 'kms:ResourceAliases': [`alias/${name}`] }),
      row('makes no role', 'iam:CreateRole', role('/ecr-access/koa'), { ...BOUNDARY, ...NEW }),
      row('opens no repository', 'ecr:SetRepositoryPolicy', repository('koa/app'), OURS),
      row(
        "writes into nobody else's log",
        'logs:PutLogEvents',
        `arn:aws:logs:${region}:${accountId}:log-group:/aws/lambda/${name}-api:log-stream:x`,
      ),
    ],
  },
};

const ADMINISTRATOR: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};

function isAllowed(
  identity: readonly PolicyDocument[],
  { action, resource, context = {} }: Row,
  resourcePolicy?: PolicyDocument,
  roleName = 'api',
): boolean {
  const roleArn = role(`${DEPLOYMENT.serviceRolePath}${name}-${roleName}`);
  const principal = {
    kind: 'assumed-role',
    accountId,
    roleArn,
    sessionArn: `arn:aws:sts::${accountId}:assumed-role/${name}-${roleName}/s`,
  } as const;
  const full = { 'aws:PrincipalArn': roleArn, 'aws:SecureTransport': 'true', ...context };
  return authorize(
    { identity, ...(resourcePolicy === undefined ? {} : { resource: resourcePolicy }), resourceAccountId: accountId },
    { principal, action, resource, context: full },
  ).allowed;
}

type FunctionName = 'api' | 'executor' | 'exporter';

/** What only the absence of an allow holds back. */
const OPEN_TO_ADMINISTRATORS: Readonly<Record<FunctionName, readonly string[]>> = {
  api: [
    'queries no other table',
    'queries no index of another table',
    "looks at no other account's registry",
    "uses no other account's key",
    'reads no other table',
    'reads no table of a look-alike name',
    'opens nothing with another key',
    'uses no key by itself',
    "writes into nobody else's log",
  ],
  executor: [
    'puts into no other table',
    'writes no other letters',
    "looks at no other account's role",
    "looks at no other account's repository",
    "opens no other account's repository",
    "uses no other account's key",
    "writes into nobody else's log",
    'makes no repository outside the prefixes',
    'reads no audit event',
    'reads no other table',
    "hears no other table's doorbell",
    'opens nothing with another key',
    'uses no key by itself',
    'lets nobody else use a key',
    'lets ECR use no other key',
  ],
  exporter: [
    'queries no other table',
    "signs with no other account's key",
    "uses no other account's key",
    'reads in no other bucket',
    'writes into no other bucket',
    'reads no other table',
    'signs with no other key',
    'opens nothing with another key',
    'uses no key by itself',
    "writes into nobody else's log",
  ],
};

let rows = 0;
for (const [subject, { documents, allowed, denied }] of Object.entries(SUBJECTS)) {
  const own = documents.map(document);
  t.test(`the ${subject} may do its work`, async (t) => {
    for (const one of allowed) t.ok(isAllowed(own, one), `it ${one.why}: ${one.action}`);
  });

  t.test(`the ${subject} may do nothing else`, async (t) => {
    for (const one of denied) t.notOk(isAllowed(own, one), `it ${one.why}: ${one.action}`);
  });

  t.test(
    `what the ${subject} refuses stays refused when an administrator's policy is attached to its role`,
    async (t) => {
      const open = denied.filter((one) => isAllowed([...own, ADMINISTRATOR], one)).map(({ why }) => why);
      t.strictSame(
        open,
        OPEN_TO_ADMINISTRATORS[subject as FunctionName],
        `${denied.length - open.length} of ${denied.length} stay refused; the others need no deny, for nothing allows them`,
      );
    },
  );

  t.test(`each guard of the ${subject} matters`, async (t) => {
    for (const guard of guardsOf(own)) {
      const opened = denied.filter((one) =>
        guard.without.some(({ whole, changed }) => !isAllowed(whole, one) && isAllowed(changed, one)),
      );
      t.ok(
        opened.length > 0,
        `${guard.name} holds back ${opened.length}: ${opened
          .map(({ why }) => why)
          .slice(0, 3)
          .join(', ')}`,
      );
    }
  });
  rows += allowed.length + denied.length;
}

interface Guard {
  readonly name: string;
  /** Documents with the guard and without it: alone, and where it speaks against other policies beside an administrator's. */
  readonly without: readonly {
    readonly whole: readonly PolicyDocument[];
    readonly changed: readonly PolicyDocument[];
  }[];
}

/** Every deny, every condition of an allow, and every limit of an allow to resources. */
function guardsOf(documents: readonly PolicyDocument[]): readonly Guard[] {
  return documents.flatMap((one, at) =>
    one.Statement.flatMap((statement, index): readonly Guard[] => {
      const sid = statement.Sid ?? `statement ${index}`;
      const changed = (by: readonly Statement[]): readonly PolicyDocument[] =>
        documents.with(at, { ...one, Statement: one.Statement.toSpliced(index, 1, ...by) });
      if (statement.Effect === 'Deny') {
        const gone = changed([]);
        const alone = { whole: documents, changed: gone };
        return [
          { name: sid, without: [alone, { whole: [...documents, ADMINISTRATOR], changed: [...gone, ADMINISTRATOR] }] },
        ];
      }
      const conditions = Object.keys(statement.Condition ?? {}).map((operator): Guard => {
        const { [operator]: _, ...rest } = statement.Condition ?? {};
        return {
          name: `${sid}, ${operator}`,
          without: [{ whole: documents, changed: changed([{ ...statement, Condition: rest }]) }],
        };
      });
      const limit: readonly Guard[] = listOf(statement.Resource).includes('*')
        ? []
        : [
            {
              name: `${sid}, its resources`,
              without: [{ whole: allowsOf(documents), changed: allowsOf(changed([{ ...statement, Resource: '*' }])) }],
            },
          ];
      return [...conditions, ...limit];
    }),
  );
}

/** Denies say again what an allow's resources say: to see that these matter, take those away. */
function allowsOf(documents: readonly PolicyDocument[]): readonly PolicyDocument[] {
  return documents.map((one) => ({ ...one, Statement: one.Statement.filter(({ Effect }) => Effect === 'Allow') }));
}

t.test('the last word of each role names all that it may do, and nothing more', async (t) => {
  for (const [subject, { documents }] of Object.entries(SUBJECTS)) {
    const statements = documents.flatMap((one) => document(one).Statement);
    const may = new Set(statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => listOf(Action)));
    const last = statements.find(({ Sid }) => Sid === 'EcpNothingElse');
    t.strictSame(listOf(last?.NotAction), [...may].sort(), subject);
  }
});

t.test('no document allows an action or names a resource by a wildcard that reaches further than meant', async (t) => {
  for (const [file, text] of Object.entries(renderDocuments())) {
    const { Statement } = JSON.parse(text) as PolicyDocument;
    for (const { Sid, Effect, Action } of Statement) {
      if (Effect !== 'Allow' || ['key', 'signing-key'].includes(file)) continue;
      t.strictSame(
        listOf(Action).filter((action) => action.includes('*')),
        [],
        `${file} ${Sid ?? ''}`,
      );
    }
  }
});

t.test("the push roles' boundary is the very document that the service reckons with", async (t) => {
  t.strictSame(document('push-role-boundary'), JSON.parse(JSON.stringify(permissionsBoundary(SETTINGS))));
});

t.test('nobody in the account changes the audit table, whatever his own rights are', async (t) => {
  const policy = document('audit-table');
  const nobodys = [
    'UpdateItem',
    'DeleteItem',
    'BatchWriteItem',
    'PartiQLUpdate',
    'PartiQLDelete',
    'PartiQLInsert',
    'DeleteTable',
  ];
  for (const action of nobodys) {
    t.notOk(
      isAllowed([ADMINISTRATOR], row('', `dynamodb:${action}`, table('audit')), policy, 'administrator'),
      `an administrator: ${action}`,
    );
  }
  const put = row('', 'dynamodb:PutItem', table('audit'));
  t.notOk(isAllowed([ADMINISTRATOR], put, policy, 'administrator'), 'an administrator: PutItem');
  t.ok(isAllowed([document('api')], put, policy, 'api'), 'the API appends');
  t.ok(isAllowed([document('executor')], put, policy, 'executor'), 'the executor appends');
  const restoring = { 'aws:PrincipalArn': DEPLOYMENT.breakGlassRole };
  t.ok(isAllowed([ADMINISTRATOR], { ...put, context: restoring }, policy), 'who restores appends');
  t.notOk(
    isAllowed([ADMINISTRATOR], row('', 'dynamodb:DeleteItem', table('audit'), restoring), policy),
    'and removes nothing either',
  );
  const anchor = { ...put, context: { 'dynamodb:LeadingKeys': ['platform'] } };
  t.ok(isAllowed([document('exporter')], anchor, policy, 'exporter'), 'the exporter anchors');
  t.ok(
    isAllowed([ADMINISTRATOR], row('', 'dynamodb:Query', table('audit')), policy, 'administrator'),
    'an administrator reads',
  );
  for (const at of policy.Statement.keys()) {
    const open = { ...policy, Statement: policy.Statement.toSpliced(at, 1) };
    const opened = [...nobodys.map((action) => row('', `dynamodb:${action}`, table('audit'))), put].filter((one) =>
      isAllowed([ADMINISTRATOR], one, open, 'administrator'),
    );
    t.ok(opened.length > 0, `${policy.Statement[at]?.Sid} matters`);
  }
});

t.test('nobody deletes an exported audit log before its time, and nobody reads it without TLS', async (t) => {
  const policy = document('audit-bucket');
  const object = `arn:aws:s3:::${name}-audit-${accountId}-${region}/x`;
  const cases: readonly Row[] = [
    row('deletes a version', 's3:DeleteObjectVersion', object),
    row('shortens the retention', 's3:PutObjectRetention', object),
    row('goes round the retention', 's3:BypassGovernanceRetention', object),
    row('reads in the clear', 's3:GetObject', object, { 'aws:SecureTransport': 'false' }),
  ];
  for (const one of cases) t.notOk(isAllowed([ADMINISTRATOR], one, policy, 'administrator'), one.why);
  t.ok(
    isAllowed([ADMINISTRATOR], row('', 's3:GetObject', object), policy, 'administrator'),
    'an administrator reads over TLS',
  );
  for (const at of policy.Statement.keys()) {
    const open = { ...policy, Statement: policy.Statement.toSpliced(at, 1) };
    t.ok(
      cases.some((one) => isAllowed([ADMINISTRATOR], one, open, 'administrator')),
      `${policy.Statement[at]?.Sid} matters`,
    );
  }
});

t.test('nobody but the exporter signs manifests', async (t) => {
  const sign = row('', 'kms:Sign', key, { 'kms:ResourceAliases': [`alias/${name}-audit-signing`] });
  t.ok(isAllowed([document('exporter')], sign, document('signing-key'), 'exporter'), 'the exporter');
  t.notOk(isAllowed([ADMINISTRATOR], sign, document('signing-key'), 'administrator'), 'an administrator');
});

t.test('the queues take letters from whom they are for', async (t) => {
  for (const [queue, sender] of [
    ['dead-letters', 'executor'],
    ['audit-changes', 'audit-changes'],
  ] as const) {
    const policy = document(queue === 'dead-letters' ? 'dead-letters' : 'audit-changes-queue');
    const send = row('', 'sqs:SendMessage', `arn:aws:sqs:${region}:${accountId}:${name}-${queue}`);
    t.ok(isAllowed([document(sender)], send, policy, sender), `${queue} from ${sender}`);
    t.notOk(isAllowed([ADMINISTRATOR], send, policy, 'administrator'), `${queue} from nobody else`);
    t.notOk(
      isAllowed([document(sender)], { ...send, context: { 'aws:SecureTransport': 'false' } }, policy, sender),
      `${queue} only over TLS`,
    );
  }
});

t.test('the tables are as long as they must be', async (t) => {
  t.ok(rows >= 60, `${rows} calls`);
});
