import { readFileSync } from 'node:fs';
import t from 'tap';
import { auditItem } from '../../src/ledger/audit-items.ts';
import { MOST_EVENT_BYTES } from '../../src/core/commands/accepted-record.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import { readChain } from '../support/told.ts';
import { PLATFORM } from '../support/service.ts';
import { startWorld, type Asked } from '../support/world.ts';

/** DynamoDB's most of an item. @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const MOST_ITEM_BYTES = 400 * 1024;
/** The character that takes most bytes of those that a text may have. */
const WIDE = '\u{10ffff}';

const ACCOUNTS = Array.from({ length: 400 }, (_, index) => String(100_000_000_000 + index));
const world = await startWorld(t, { aws: { accounts: [...ACCOUNTS, '931827427725'] } });
const { tables } = world.service.embedded.executor;

/** As many managers as there may be, each as long as it may be. */
const managers = (first: number): unknown =>
  Array.from({ length: 50 }, (_, index) => ({
    repositoryId: String(10 ** 18 + first + index),
    repository: `${'o'.repeat(39)}/${'r'.repeat(100)}`,
    ref: `refs/heads/${WIDE.repeat(244)}`,
    environment: WIDE.repeat(255),
  }));
const accounts = (first: number): unknown =>
  ACCOUNTS.slice(first, first + 200).map((accountId) => ({ description: WIDE.repeat(100), accountId, canWrite: true }));
/** A lifecycle policy of all the characters that ECR allows. */
const lifecyclePolicy = (count: number): unknown => ({
  rules: Array.from({ length: 47 }, (_, index) => ({
    rulePriority: index + 1,
    description: WIDE.repeat(210),
    selection: {
      tagStatus: 'tagged',
      tagPatternList: [`v${index}*`],
      countType: 'imageCountMoreThan',
      countNumber: count,
    },
    action: { type: 'expire' },
  })),
});
const KOA = '/v1/departments/koa';

/** What makes the largest events, from nothing to the largest and on to another one as large. */
const LARGEST: readonly Asked[] = [
  ...[0, 50].map((first): Asked => ({ method: 'PATCH', path: KOA, body: { managers: managers(first) } })),
  { method: 'POST', path: `${KOA}/repositories`, body: { name: 'koa/largest', lifecyclePolicy: lifecyclePolicy(10) } },
  { method: 'PATCH', path: '/v1/repositories/koa%2Flargest', body: { lifecyclePolicy: lifecyclePolicy(20) } },
  ...[0, 200].map(
    (first): Asked => ({
      method: 'PUT',
      path: `${KOA}/account-access`,
      headers: { 'if-match': '*' },
      body: { accounts: accounts(first) },
    }),
  ),
];

const sizeOf = (event: AuditEvent): number =>
  Object.entries(auditItem(event)).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value), 0);

t.test(
  'the largest events that the contract allows fit into an item of DynamoDB, and are as large as is documented',
  async (t) => {
    for (const request of LARGEST) {
      const answer = await world.ask(PLATFORM, request);
      t.ok(answer.status < 300, `${request.method} ${request.path}: ${answer.text.slice(0, 500)}`);
    }
    const events = await readChain(tables, 'koa');
    const largest = events.toSorted((a, b) => sizeOf(b) - sizeOf(a)).slice(0, 5);
    t.comment(largest.map((event) => `${event.action} ${event.outcome}: ${sizeOf(event)}`).join(', '));
    const [bytes = 0] = largest.map(sizeOf);
    t.ok(bytes < MOST_ITEM_BYTES, `${bytes} bytes`);
    t.ok(Buffer.byteLength(JSON.stringify(largest[0])) < MOST_EVENT_BYTES);
    const page = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8');
    const [, told = ''] = /characters, has about ([0-9]+) KB/.exec(page) ?? [];
    t.equal(Math.round(bytes / 10_000) * 10, Number(told), 'as documented, in tens of KB');
  },
);
