import { equal, match, notEqual, ok } from 'node:assert/strict';
import {
  GetApisCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStagesCommand,
} from '@aws-sdk/client-apigatewayv2';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { GetFunctionConcurrencyCommand, GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { observeRepository, observeRole } from '../../../src/aws/observe.ts';
import { idOfName } from '../../../src/local/github/job.ts';
import { ACCOUNT_ID, REGION } from '../deployment.ts';
import { KOA, mustBeAllowedToCall, PLATFORM } from '../stage.ts';
import type { Check } from './check.ts';

/** The HTTP API, its function, and what the executor makes of what it is asked for. */
export const API_CHECKS: readonly Check[] = [
  {
    name: 'reads',
    promise: 'the HTTP API hands a request to the API as it came, and answers',
    play: async ({ deployment, ask }) => {
      const health = await fetch(`${deployment.url}/healthz`);
      equal(health.status, 200, `/healthz answered ${health.status}: ${await health.text()}`);
      const unknown = await fetch(`${deployment.url}/v1/departments/koa`);
      equal(unknown.status, 401, `a caller without a token is answered ${unknown.status}`);
      match(unknown.headers.get('content-type') ?? '', /problem\+json/);
      const who = await ask(PLATFORM, 'GET', '/v1/whoami', 200);
      match(JSON.stringify(who), /platform/, 'the platform’s workflow is known');
      await ask(KOA, 'GET', '/v1/departments/koa', 404);
      const { data } = await ask(PLATFORM, 'POST', '/graphql', 200, { query: '{ whoami { __typename } }' });
      equal(data?.whoami?.__typename, 'Whoami', 'GraphQL is behind the same API');
    },
  },
  {
    name: 'gateway',
    promise: 'one route to the alias, in payload format 2.0, and the alias’s policy lets this API call it',
    play: async ({ deployment: { ground, outputs } }) => {
      const { gateway } = ground.clients;
      const { Items: apis = [] } = await gateway.send(new GetApisCommand({}));
      const api = apis.find(({ ApiEndpoint }) => ApiEndpoint === outputs.api_url);
      ok(api?.ApiId !== undefined, 'the output api_url is an API’s endpoint');
      const { Items: routes = [] } = await gateway.send(new GetRoutesCommand({ ApiId: api.ApiId }));
      const { Items: integrations = [] } = await gateway.send(new GetIntegrationsCommand({ ApiId: api.ApiId }));
      const { Items: stages = [] } = await gateway.send(new GetStagesCommand({ ApiId: api.ApiId }));
      const [stage] = stages;
      equal(stage?.AutoDeploy, true, 'what is changed is deployed');
      for (const { Target, RouteKey } of routes) {
        const integration = integrations.find(({ IntegrationId }) => Target === `integrations/${IntegrationId}`);
        equal(integration?.PayloadFormatVersion, '2.0', 'requests are handed on in payload format 2.0');
        const called = /functions\/(.+)\/invocations$/.exec(integration?.IntegrationUri ?? '')?.[1] ?? '';
        const source = `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${api.ApiId}/${stage?.StageName}/${RouteKey}`;
        await mustBeAllowedToCall(ground.clients, 'apigateway.amazonaws.com', source, called);
      }
    },
  },
  {
    name: 'limits',
    promise: 'each function has instances to run in, and the API has longer than it waits for the executor',
    play: async ({ config, deployment: { ground } }) => {
      const { lambda } = ground.clients;
      for (const name of ['api', 'executor', 'exporter']) {
        const FunctionName = `ecr-control-plane-${name}`;
        const reserved = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
        notEqual(reserved.ReservedConcurrentExecutions, 0, `${FunctionName} never runs`);
        const { Timeout = 0 } = await lambda.send(
          new GetFunctionConfigurationCommand({ FunctionName, Qualifier: 'live' }),
        );
        ok(Timeout * 1_000 > config.waitMilliseconds, `${FunctionName} is ended after ${Timeout} s`);
      }
    },
  },
  {
    name: 'department',
    promise:
      'a department is registered: API, table, stream and executor work together, and IAM has its role with the boundary',
    play: async ({ ask, change, aws, deployment: { outputs } }) => {
      const managers = [{ repositoryId: idOfName(KOA.repository), repository: KOA.repository, ref: 'refs/heads/main' }];
      await change(PLATFORM, 'POST', '/v1/departments', {
        id: 'koa',
        displayName: 'KOA',
        roleName: 'koa-github-ecr-access',
        managers,
      });
      // It changes nothing in AWS, and so is over at once.
      await ask(PLATFORM, 'PUT', '/v1/departments/koa/organisations/JPPOL-KOA', 201, {
        ownerId: idOfName('JPPOL-KOA'),
      });
      const role = await observeRole(aws, 'koa-github-ecr-access');
      ok(role !== undefined, 'IAM has the department’s role');
      equal(role.boundaryArn, outputs['boundary_arn'], 'with the boundary that the module made');
    },
  },
  {
    name: 'repository',
    promise:
      'the department’s workflow creates a repository; ECR has it in the account and the region of the deployment',
    after: ['department'],
    play: async ({ change, ask, aws }) => {
      await change(KOA, 'POST', '/v1/departments/koa/repositories', { name: 'koa/app' });
      const { uri } = await ask(KOA, 'GET', '/v1/repositories/koa/app', 200);
      equal(uri, `${ACCOUNT_ID}.dkr.ecr.${REGION}.amazonaws.com/koa/app`);
      ok((await observeRepository(aws, 'koa/app')) !== undefined, 'ECR has it');
      await change(
        PLATFORM,
        'PUT',
        '/v1/departments/koa/account-access',
        { accounts: [{ accountId: '931827427725', description: 'aws-koa-dev', canWrite: false }] },
        { 'if-match': '*' },
      );
    },
  },
  {
    name: 'grant',
    promise: 'a grant writes a trust policy for GitHub’s issuer and STS’s audience, and hands out the workflow',
    after: ['repository'],
    play: async ({ change, ask, aws }) => {
      const { grant } = await change(KOA, 'POST', '/v1/departments/koa/grants', {
        organisation: 'JPPOL-KOA',
        repository: 'GiftCardService',
        repositories: ['koa/app'],
      });
      const found = await ask(KOA, 'GET', `/v1/departments/koa/grants/${grant.id}`, 200);
      const name = String(found.pushRoleArn).split('/').at(-1) ?? '';
      equal(found.pushRoleArn, `arn:aws:iam::${ACCOUNT_ID}:role/ecr-access/${name}`, 'under the path of push roles');
      const trust = JSON.stringify((await observeRole(aws, name))?.trustPolicy ?? {});
      match(trust, /"token\.actions\.githubusercontent\.com:aud":\[?"sts\.amazonaws\.com"/);
      match(trust, new RegExp(`arn:aws:iam::${ACCOUNT_ID}:oidc-provider/token\\.actions\\.githubusercontent\\.com`));
      match(trust, /token\.actions\.githubusercontent\.com:repository_id/, 'pinned by id, where STS has the key');
      match(await ask(KOA, 'GET', `/v1/departments/koa/grants/${grant.id}/workflow`, 200), /role-to-assume/);
    },
  },
  {
    name: 'dry-run',
    promise: 'a dry run of a deletion answers a plan and leaves the repository; the deletion deletes it',
    after: ['repository'],
    play: async ({ change, ask, aws }) => {
      await change(KOA, 'POST', '/v1/departments/koa/repositories', { name: 'koa/gone' });
      const dry = await ask(KOA, 'DELETE', '/v1/repositories/koa/gone?dryRun=true', 200, undefined, {
        'if-match': '*',
      });
      ok(dry.plan !== undefined || dry.operation?.plan !== undefined, 'a plan');
      ok((await observeRepository(aws, 'koa/gone')) !== undefined, 'still there');
      await change(KOA, 'DELETE', '/v1/repositories/koa/gone', undefined, { 'if-match': '*' });
      equal(await observeRepository(aws, 'koa/gone'), undefined);
    },
  },
  {
    name: 'waits',
    promise: 'the API waits for the executor and answers 201 itself; a caller who may not change things is told so',
    after: ['department'],
    play: async ({ ask }) => {
      await ask(KOA, 'POST', '/v1/departments/koa/repositories', 201, { name: 'koa/waited-for' });
      const pullRequest = { ...KOA, event: 'pull_request' as const, pullRequest: 1 };
      const refused = await ask(pullRequest, 'POST', '/v1/departments/koa/repositories', 403, { name: 'koa/pr' });
      ok(refused.code !== undefined);
    },
  },
  {
    name: 'expiry',
    promise: 'DynamoDB removes idempotency records by the attribute that the code writes',
    after: ['department'],
    play: async ({ change, deployment: { ground, outputs } }) => {
      await change(
        KOA,
        'POST',
        '/v1/departments/koa/repositories',
        { name: 'koa/once' },
        { 'idempotency-key': 'once' },
      );
      const { dynamoDb } = ground.clients;
      const { TimeToLiveDescription } = await dynamoDb.send(
        new DescribeTimeToLiveCommand({ TableName: outputs.tables.state }),
      );
      equal(TimeToLiveDescription?.TimeToLiveStatus, 'ENABLED');
      const { Items = [] } = await dynamoDb.send(
        new ScanCommand({
          TableName: outputs.tables.state,
          FilterExpression: 'begins_with(pk, :idempotency)',
          ExpressionAttributeValues: { ':idempotency': { S: 'IDEMPOTENCY#' } },
        }),
      );
      equal(Items.length, 1, 'one record');
      const expires = Number(Items[0]?.[TimeToLiveDescription?.AttributeName ?? '']?.N);
      ok(expires > Date.now() / 1000, `it expires at ${expires}, by ${TimeToLiveDescription?.AttributeName}`);
    },
  },
  {
    name: 'audit',
    promise: 'the audit log is listed whole and found by each of its indexes',
    after: ['repository'],
    play: async ({ ask }) => {
      const all = await ask(KOA, 'GET', '/v1/departments/koa/audit-events?order=oldest', 200);
      ok(all.items.length >= 4, `${all.items.length} events`);
      const created = all.items.find(({ action }: { readonly action: string }) => action === 'createRepository');
      ok(created !== undefined);
      const filters = [
        'action=createRepository',
        'outcome=succeeded',
        `actorRepositoryId=${created.caller.repositoryId}`,
        'subject=koa%2Fapp',
      ];
      for (const filter of filters) {
        const { items } = await ask(PLATFORM, 'GET', `/v1/audit-events?${filter}`, 200);
        ok(items.length > 0, `events by ${filter}`);
      }
      const { items } = await ask(KOA, 'GET', '/v1/departments/koa/audit-events?action=createRepository', 200);
      ok(items.length > 0, 'a department’s own events by action');
    },
  },
];
