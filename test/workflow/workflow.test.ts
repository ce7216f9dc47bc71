import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import type { Grant } from '../../src/model/grant.ts';
import type { AccountId, DepartmentId, GrantId, OperationId } from '../../src/model/ids.ts';
import type { RepositoryName, RoleName } from '../../src/model/names.ts';
import type { PushRole } from '../../src/model/push-role.ts';
import type { Repository } from '../../src/model/repository.ts';
import type { AwsSettings } from '../../src/model/settings.ts';
import { generateWorkflow, type Workflow, type WorkflowInput } from '../../src/workflow/workflow.ts';
import { gitHubErrors, loadWorkflowParser } from './workflow-parser.ts';

const parser = await loadWorkflowParser();
const koa = 'koa' as DepartmentId;
const then = '2026-11-24T12:00:00.000Z';

const settings: AwsSettings = {
  accountId: '354918371398' as AccountId,
  region: 'eu-west-1',
  partition: 'aws',
  rolePath: '/',
  boundaryArn: 'arn:aws:iam::354918371398:policy/ecr-push-boundary',
  oidcProvider: 'token.actions.githubusercontent.com',
  stsAudience: 'sts.amazonaws.com',
  stsKeys: { repositoryId: true, ref: true },
  trustPolicySize: 2048,
};

const role: PushRole = {
  name: 'koa-github-ecr-access' as RoleName,
  department: koa,
  path: '/',
  scope: 'department',
  createdAt: then,
  updatedAt: then,
  revision: 1,
};

function grantOf(parts: Partial<Grant> = {}): Grant {
  return {
    id: 'grant-01jdk3v6y8q2m4n6p8r0t2w4x6' as GrantId,
    department: koa,
    organisation: 'JPPOL-KOA',
    repository: 'GiftCardService',
    pullRequests: false,
    pushRole: role.name,
    createdAt: then,
    createdBy: 'JPPOL-KOA/GiftCardService',
    updatedAt: then,
    revision: 1,
    ...parts,
  };
}

function repositoryOf(name: string, parts: Partial<Repository> = {}): Repository {
  return {
    name: name as RepositoryName,
    department: koa,
    imageTagMutability: 'IMMUTABLE',
    imageTagMutabilityExclusionFilters: [],
    scanOnPush: true,
    encryption: { encryptionType: 'AES256' },
    createdAt: then,
    updatedAt: then,
    revision: 1,
    ...parts,
  };
}

function workflowOf(grant: Partial<Grant> = {}, parts: Partial<WorkflowInput> = {}): Workflow {
  const result = generateWorkflow({
    grant: grantOf(grant),
    role,
    repositories: [repositoryOf('giftcard-service')],
    settings,
    ...parts,
  });
  if (result.kind === 'problem') throw new Error(result.detail);
  return result;
}

interface Step {
  readonly name: string;
  readonly uses?: string;
  readonly shell?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface File {
  readonly on: {
    readonly push?: { readonly branches?: readonly string[]; readonly tags?: readonly string[] };
    readonly pull_request?: null;
    readonly workflow_dispatch: null;
  };
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: {
    readonly 'build-and-push': {
      readonly if?: string;
      readonly environment?: string;
      readonly permissions: Readonly<Record<string, string>>;
      readonly 'timeout-minutes': number;
      readonly steps: readonly [Step, Step, Step, Step];
    };
  };
}

function fileOf(workflow: Workflow): File {
  return parse(workflow.yaml) as File;
}

function jobOf(workflow: Workflow) {
  return fileOf(workflow).jobs['build-and-push'];
}

/** Grants of every kind, over images of every kind of mutability. */
const variants: Readonly<Record<string, Workflow>> = {
  plain: workflowOf(),
  'a narrowed branch': workflowOf({ refs: ['refs/heads/main'] }),
  'refs of both kinds': workflowOf({ refs: ['refs/heads/release/*', 'refs/tags/v*'] }),
  'an environment': workflowOf({ environment: 'production' }),
  'an environment and a ref': workflowOf({ environment: 'production', refs: ['refs/tags/v*'] }),
  'pull requests': workflowOf({ pullRequests: true }),
  'a pattern': workflowOf({ repository: 'Gift*' }),
  'an organisation-wide grant': workflowOf({ organisation: 'JPPOL-*', repository: '*' }),
  mutable: workflowOf({}, { repositories: [repositoryOf('a/b', { imageTagMutability: 'MUTABLE' })] }),
  'another audience, contact and page': workflowOf(
    {},
    {
      settings: { ...settings, stsAudience: 'sts.amazonaws.com.cn', partition: 'aws-cn' },
      contact: '#edp on Slack: ask "us"',
      documentationUrl: 'https://docs.example/ecr#push',
    },
  ),
};

t.test("GitHub's own parser has nothing against any generated file", async (t) => {
  for (const [name, workflow] of Object.entries(variants)) {
    t.same(await gitHubErrors(parser, workflow.yaml), [], name);
  }
  t.not((await gitHubErrors(parser, variants['plain']!.yaml.replace('runs-on', 'run-on'))).length, 0, 'it would tell');
});
