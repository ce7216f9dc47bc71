/**
 * Reads back, with clients of AWS that others wrote, what the demo's story wrote into the embedded AWS: the AWS CLI, boto3 and
 * `curl --aws-sigv4`, each page by page where there are pages. What they see must be what the JavaScript SDK sees.
 *
 *     node --import=tsx scripts/aws-clients.ts
 */
import { CreateRepositoryCommand, paginateDescribeRepositories, paginateListImages } from '@aws-sdk/client-ecr';
import {
  CreateRoleCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  paginateListRoles,
} from '@aws-sdk/client-iam';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectAws } from '../src/aws/clients.ts';
import { composeApi } from '../src/compose/compose-api.ts';
import { loadContracts } from '../src/contract/contract-source.ts';
import { clientVariables, LOCAL_KEY } from '../src/local/aws/client-variables.ts';
import { LOCAL_CREDENTIALS, startEmbedded, type Embedded } from '../src/local/embedded.ts';
import { STORY } from '../src/local/story.ts';
import { newWorld } from '../src/local/story-world.ts';
import { pythonTool } from './python-tool.ts';

const CLI = { command: 'aws', requirement: 'awscli==1.45.11' };
const BOTO3 = { command: 'python', requirement: 'boto3==1.43.11' };

/** What a client read, in the order of names. */
interface Seen {
  readonly caller: string;
  readonly repositories: readonly string[];
  readonly tags: Readonly<Record<string, readonly string[]>>;
  readonly roles: readonly string[];
  /** Documents of each role, by role and policy name. */
  readonly policies: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Error codes of what must be refused. */
  readonly otherRegion: string;
  readonly unknownRole: string;
}

const run = promisify(execFile);
const embedded = await startEmbedded();
const { config, endpoints, jwksFetch } = embedded;
const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch });
const world = newWorld(embedded, await app.listen({ port: 0, host: '127.0.0.1' }));
for (const step of STORY) await step.play(world);
const { ecr, iam } = connectAws({
  region: config.aws.region,
  endpoint: embedded.aws.endpoint,
  credentials: LOCAL_CREDENTIALS,
});
// More than one page of each.
await ecr.send(new CreateRepositoryCommand({ repositoryName: 'of-the-platform/tools' }));
await iam.send(new CreateRoleCommand({ RoleName: 'of-the-platform', AssumeRolePolicyDocument: noTrust() }));
const environment = {
  ...process.env,
  ...clientVariables(embedded.aws, config.aws.region),
  ...LOCAL_KEY,
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_PAGER: '',
  NO_PROXY: '127.0.0.1',
};

let failed = 0;
try {
  const expected = await seenBySdk();
  await check(`the AWS CLI (${pythonTool(CLI).version})`, seenByCli, expected);
  await check(`boto3 (${pythonTool(BOTO3).version})`, seenByBoto3, expected);
  await check('curl --aws-sigv4', () => callersOfCurl(embedded), [expected.caller, expected.caller, 'refused']);
} finally {
  await app.close();
  await embedded.close();
}
process.exitCode = failed === 0 ? 0 : 1;

async function check<T>(client: string, see: () => Promise<T>, expected: T): Promise<void> {
  const error = await see().then(
    (seen) => differenceOf(seen, expected),
    (one: unknown) => String(one),
  );
  if (error !== undefined) failed += 1;
  process.stdout.write(
    `${error === undefined ? 'ok' : 'not ok'} - ${client} reads back what the story wrote${error === undefined ? '' : `: ${error}`}\n`,
  );
}

function differenceOf(seen: unknown, expected: unknown): string | undefined {
  try {
    assert.deepEqual(seen, expected);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function seenBySdk(): Promise<Seen> {
  const repositories: string[] = [];
  for await (const page of paginateDescribeRepositories({ client: ecr }, {}))
    repositories.push(...(page.repositories ?? []).map(({ repositoryName = '' }) => repositoryName));
  const tags: Record<string, string[]> = {};
  for (const repositoryName of repositories) {
    tags[repositoryName] = [];
    for await (const page of paginateListImages({ client: ecr }, { repositoryName }))
      tags[repositoryName]?.push(...(page.imageIds ?? []).flatMap(({ imageTag }) => imageTag ?? []));
    tags[repositoryName]?.sort();
  }
  const roles: string[] = [];
  for await (const page of paginateListRoles({ client: iam }, {}))
    roles.push(...(page.Roles ?? []).map(({ RoleName = '' }) => RoleName));
  const policies: Record<string, Record<string, unknown>> = {};
  for (const RoleName of roles) {
    policies[RoleName] = {};
    for (const PolicyName of (await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames ?? []) {
      const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      policies[RoleName][PolicyName] = JSON.parse(decodeURIComponent(PolicyDocument));
    }
  }
  assert.ok(repositories.length > 1 && roles.length > 1, 'there is more than one page');
  assert.ok(Object.values(tags).flat().length > 0 && Object.keys(Object.values(policies)[0] ?? {}).length > 0);
  const caller = `arn:aws:iam::${config.aws.accountId}:root`;
  return {
    caller,
    repositories,
    tags,
    roles,
    policies,
    otherRegion: 'InvalidSignatureException',
    unknownRole: 'NoSuchEntity',
  };
}

async function seenByCli(): Promise<Seen> {
  const { path } = pythonTool(CLI);
  const aws = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await run(path, [...args, '--output', 'json'], { env: environment })).stdout);
  const list = async (...args: string[]): Promise<string[]> => (await aws(...args, '--page-size', '1')) as string[];
  const refused = async (...args: string[]): Promise<string> =>
    aws(...args).then(
      () => 'not refused',
      (error: unknown) => /An error occurred \((\w+)\)/.exec(String(error))?.[1] ?? String(error),
    );
  const repositories = await list('ecr', 'describe-repositories', '--query', 'repositories[].repositoryName');
  const tags: Record<string, string[]> = {};
  for (const name of repositories) {
    const found = await list('ecr', 'list-images', '--repository-name', name, '--query', 'imageIds[].imageTag');
    tags[name] = found.toSorted();
  }
  const roles = await list('iam', 'list-roles', '--query', 'Roles[].RoleName');
  const policies: Record<string, Record<string, unknown>> = {};
  for (const role of roles) {
    policies[role] = {};
    for (const name of await list('iam', 'list-role-policies', '--role-name', role, '--query', 'PolicyNames')) {
      const named = ['--role-name', role, '--policy-name', name];
      policies[role][name] = await aws('iam', 'get-role-policy', ...named, '--query', 'PolicyDocument');
    }
  }
  return {
    caller: (await aws('sts', 'get-caller-identity', '--query', 'Arn')) as string,
    repositories,
    tags,
    roles,
    policies,
    otherRegion: await refused('ecr', 'describe-repositories', '--region', 'us-west-2'),
    unknownRole: await refused('iam', 'get-role', '--role-name', 'nobody'),
  };
}

async function seenByBoto3(): Promise<Seen> {
  const script = fileURLToPath(new URL('read-back.py', import.meta.url));
  return JSON.parse((await run(pythonTool(BOTO3).path, [script], { env: environment })).stdout) as Seen;
}

/** Who the caller is, by POST and by GET, and that another region's signature is refused. */
async function callersOfCurl({ aws, config }: Embedded): Promise<readonly string[]> {
  const { region } = config.aws;
  const ask = async (scope: string, ...rest: string[]): Promise<string> => {
    const args = [
      '--silent',
      '--noproxy',
      '*',
      '--aws-sigv4',
      `aws:amz:${scope}:sts`,
      '--user',
      'local:local',
      ...rest,
    ];
    const { stdout } = await run('curl', args);
    return /<Arn>(.*)<\/Arn>/.exec(stdout)?.[1] ?? (stdout.includes('SignatureDoesNotMatch') ? 'refused' : stdout);
  };
  const form = 'Action=GetCallerIdentity&Version=2011-06-15';
  return [
    await ask(region, '--data', form, `${aws.endpoint}/`),
    await ask(region, `${aws.endpoint}/?${form}`),
    await ask('us-west-2', '--data', form, `${aws.endpoint}/`),
  ];
}

function noTrust(): string {
  const Principal = { AWS: `arn:aws:iam::${config.aws.accountId}:root` };
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal, Action: 'sts:AssumeRole' }],
  });
}
