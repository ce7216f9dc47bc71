import { CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { parseArgs } from 'node:util';
import { composeApi } from '../src/compose/compose-api.ts';
import { loadContracts } from '../src/contract/contract-source.ts';
import { claimKey, repositoriesPartition } from '../src/ledger/keys.ts';
import { startEmbedded, type Embedded } from '../src/local/embedded.ts';
import { PLATFORM_JOB } from '../src/local/example.ts';
import { ownershipTags } from '../src/policy/tags.ts';

/**
 * Measures account access of a department with many repositories: how long it takes, how its progress shows, and what others
 * wait for meanwhile.
 */
const { values } = parseArgs({ options: { repositories: { type: 'string', default: '2000' } } });
const COUNT = Number(values.repositories);
/** Repositories that are made at once; each is two items, and DynamoDB takes 25 in one BatchWriteItem. */
const PAGE = 12;

async function measure(embedded: Embedded): Promise<void> {
  const { config, endpoints, jwksFetch } = embedded;
  const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch });
  const ask = async (
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    body?: object,
    headers: Record<string, string> = {},
  ) => {
    const token = await embedded.issuer.mintToken({ ...PLATFORM_JOB, audience: config.audience });
    const began = performance.now();
    const response = await app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    if (response.statusCode >= 300)
      throw new Error(`${method} ${url} was answered ${response.statusCode}: ${response.body}`);
    return { took: performance.now() - began, body: response.json<{ operation: { id: string } } & Progress>() };
  };
  for (const id of ['large', 'small']) await ask('POST', '/v1/departments', { id, displayName: id, managers: [] });
  await seed(embedded);
  console.log(`${COUNT} repositories`);

  const accounts = [{ description: 'dev', accountId: '931827427725', canWrite: false }];
  const access = '/v1/departments/large/account-access';
  const began = performance.now();
  const { body } = await ask('PUT', access, { accounts }, { 'if-match': '*', prefer: 'respond-async' });
  const [reads, creations]: [number[], number[]] = [[], []];
  const progress: string[] = [];
  for (let number = 1; ; number++) {
    const read = await ask('GET', `/v1/operations/${body.operation.id}`);
    reads.push(read.took);
    const { status, completed, total } = read.body;
    if (progress.at(-1) !== `${completed}/${total}`) progress.push(`${completed}/${total}`);
    if (status !== 'pending') {
      console.log(
        `${status} after ${((performance.now() - began) / 1000).toFixed(1)} s; its progress showed ${progress.length} times`,
      );
      break;
    }
    creations.push((await ask('POST', '/v1/departments/small/repositories', { name: `small-${number}` })).took);
  }
  console.log(`meanwhile ${reads.length} reads: p50 ${at(reads, 0.5)} ms, p99 ${at(reads, 0.99)} ms`);
  console.log(
    `and ${creations.length} repositories of another department: p50 ${at(creations, 0.5)} ms, p99 ${at(creations, 0.99)} ms`,
  );
  await app.close();
}

interface Progress {
  readonly status: string;
  readonly completed: number;
  readonly total: number;
}

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

/** Straight into the ledger and ECR: what is measured is not how they are made. */
async function seed({ executor: { tables, aws } }: Embedded): Promise<void> {
  const tags = Object.entries(ownershipTags('large')).map(([Key, Value]) => ({ Key, Value }));
  const names = Array.from({ length: COUNT }, (_, index) => `large/${String(index).padStart(5, '0')}`);
  for (let begin = 0; begin < names.length; begin += PAGE) {
    const page = names.slice(begin, begin + PAGE);
    const items = page.flatMap((name) => [repositoryItem(name), claimItem(name)]);
    await tables.documents.send(
      new BatchWriteCommand({ RequestItems: { [tables.state]: items.map((Item) => ({ PutRequest: { Item } })) } }),
    );
    await Promise.all(
      page.map((repositoryName) =>
        aws.ecr.send(new CreateRepositoryCommand({ repositoryName, imageTagMutability: 'IMMUTABLE', tags })),
      ),
    );
  }
}

function repositoryItem(name: string) {
  const now = new Date().toISOString();
  const value = {
    name,
    department: 'large',
    imageTagMutability: 'IMMUTABLE',
    imageTagMutabilityExclusionFilters: [],
    scanOnPush: false,
    encryption: { encryptionType: 'AES256' },
    createdBy: { repositoryId: '1', repository: 'somebody/app' },
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  return { pk: repositoriesPartition('large'), sk: name, type: 'repository', value };
}

function claimItem(name: string) {
  const key = { kind: 'repository-name', name } as const;
  return { ...claimKey(key), value: { key, departments: ['large'], shared: false } };
}

const embedded = await startEmbedded();
try {
  await measure(embedded);
} finally {
  await embedded.close();
}
