import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { EMPTY_CHAIN, isRefusalChain, link, PLATFORM_CHAIN } from '../../src/ledger/chain.ts';
import { auditItem } from '../../src/ledger/audit-items.ts';
import type { Tables } from '../../src/ledger/client.ts';
import { chainHeadKey, chainKey, departmentPartition, DEPARTMENT_SORT_KEY } from '../../src/ledger/keys.ts';
import type { AuditEvent, AuditRecord } from '../../src/model/audit-event.ts';

/** Most items that DynamoDB takes in one BatchWriteItem. */
const BATCH = 25;

/** A record as the service writes them, number by number another. */
export function recordOf(department: string, number: number, time: Date): AuditRecord {
  const accepted = number % 2 === 1;
  const operation = `op-${String(Math.ceil(number / 2)).padStart(26, '0')}`;
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'EcpPull',
        Effect: 'Allow',
        Principal: { AWS: ['arn:aws:iam::931827427725:root'] },
        Action: ['ecr:BatchGetImage'],
      },
    ],
  };
  return {
    time: time.toISOString(),
    department,
    action: ['createRepository', 'createGrant', 'updateRepository', 'revokeGrant'][Math.floor(number / 2) % 4] ?? '',
    outcome: accepted ? 'accepted' : 'succeeded',
    subject: { type: 'repository', id: `${department}-service-${number % 50}` },
    caller: {
      issuer: 'https://token.actions.githubusercontent.com',
      subject: `repo:JPPOL-KOA/GiftCardService:ref:refs/heads/main`,
      repository: 'JPPOL-KOA/GiftCardService',
      repositoryId: String(1_000 + (number % 20)),
      repositoryOwner: 'JPPOL-KOA',
      repositoryOwnerId: '77',
      ref: 'refs/heads/main',
      eventName: 'push',
      workflow: 'build',
      workflowRef: 'JPPOL-KOA/GiftCardService/.github/workflows/build.yml@refs/heads/main',
      runId: String(9_000_000 + number),
      runAttempt: '1',
      sha: 'af0be88a5b4d7bb06c4d35ba5c86764ba1f5c183',
      actor: 'Åse "Ö" Øst\u2028',
      actorId: '1',
      jti: `j-${number}`,
      tokenSha256: 'ad32475a74a531f3f25eed1a6f18b7b839e0609d121e9471bb2082a4090e644d',
    },
    source: {
      requestId: `r-${number}`,
      address: number % 3 === 0 ? '2001:db8::1' : '192.0.2.7',
      userAgent: 'curl/8.5.0',
    },
    operation,
    version: number,
    ...(accepted
      ? {
          plan: [{ action: 'ecr:SetRepositoryPolicy', resource: 'x', direction: 'widen', before: null, after: policy }],
        }
      : {
          awsCalls: [
            { action: 'ecr:SetRepositoryPolicy', resource: 'x', outcome: 'ok', durationMs: 12, awsRequestId: 'a-1' },
          ],
        }),
  };
}

/** A chain of so many events, a minute apart. */
export function chainOf(chain: string, count: number, begin = '2026-11-01T00:00:00.000Z'): readonly AuditEvent[] {
  const department = chain.replace('.refusals', '');
  const records = Array.from({ length: count }, (_, index) =>
    recordOf(department, index + 1, new Date(Date.parse(begin) + index * 60_000)),
  );
  return link(chain, EMPTY_CHAIN, records);
}

/** Puts chains into the tables as the ledger would have, without the state around them. */
export async function fillLog(tables: Tables, chains: Readonly<Record<string, readonly AuditEvent[]>>): Promise<void> {
  const audit: Record<string, unknown>[] = [];
  const state: Record<string, unknown>[] = [];
  for (const [chain, events] of Object.entries(chains)) {
    const head = events.at(-1);
    if (head === undefined) continue;
    audit.push({ ...chainKey(chain), since: events[0]?.time }, ...events.map(auditItem));
    state.push(headItem(head));
  }
  await putAll(tables, tables.audit, audit);
  await putAll(tables, tables.state, state);
}

function headItem({ chain, seq, hash, time }: AuditEvent): Record<string, unknown> {
  if (chain === PLATFORM_CHAIN || isRefusalChain(chain)) return { ...chainHeadKey(chain), seq, hash, time };
  const head = { version: seq, auditSeq: seq, auditHash: hash, auditTime: time, pendingOperations: [], deleted: false };
  return { pk: departmentPartition(chain), sk: DEPARTMENT_SORT_KEY, head, version: seq, auditSeq: seq };
}

async function putAll(tables: Tables, table: string, items: readonly Record<string, unknown>[]): Promise<void> {
  for (let begin = 0; begin < items.length; begin += BATCH * 4) {
    const batches = [0, 1, 2, 3]
      .map((part) => items.slice(begin + part * BATCH, begin + (part + 1) * BATCH))
      .filter((batch) => batch.length > 0);
    await Promise.all(
      batches.map((batch) =>
        tables.documents.send(
          new BatchWriteCommand({ RequestItems: { [table]: batch.map((Item) => ({ PutRequest: { Item } })) } }),
        ),
      ),
    );
  }
}
