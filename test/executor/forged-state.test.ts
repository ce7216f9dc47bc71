/** A checker takes no reference from what it checks: each setting and each stored field, forged. */
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { withAccountQuotas } from '../../src/ledger/quotas.ts';
import type { Asked } from '../support/both-faces.ts';
import type { Answer } from '../support/service.ts';
import { ACCESS, ACCOUNT, EXACT, startBench } from './bench.ts';
import { forgeryTable, SETTINGS, STORED, type Forgery } from './forgeries.ts';

t.test('the security model’s table is the one that is tried here', async (t) => {
  const page = readFileSync(new URL('../../docs/security-model.md', import.meta.url), 'utf8');
  t.ok(page.includes(forgeryTable()), forgeryTable());
});

t.test('the stored quotas give the quota alone, and only in bounds', async (t) => {
  const { service } = await startBench(t);
  const { tables, settings } = service.embedded.executor;
  const stored = async (value: Readonly<Record<string, unknown>>) => {
    await tables.documents.send(
      new PutCommand({ TableName: tables.state, Item: { pk: 'ACCOUNT', sk: 'QUOTAS', value } }),
    );
    return withAccountQuotas(tables, settings);
  };
  const evil = Object.fromEntries(
    Object.entries(SETTINGS as Readonly<Record<string, Forgery>>).map(([field, { forged }]) => [field, forged]),
  );
  for (const forged of Object.values(evil)) t.not(forged, undefined);
  t.strictSame(await stored(evil), settings);
  for (const trustPolicySize of [0, 2_047, 8_193, 4_096.5, Number.MAX_SAFE_INTEGER, '4096', [4_096], null, true])
    t.strictSame(
      await stored({ ...evil, trustPolicySize }),
      settings,
      `${JSON.stringify(trustPolicySize)} is not read`,
    );
  for (const trustPolicySize of [2_048, 4_096, 8_192])
    t.strictSame(await stored({ ...evil, trustPolicySize }), { ...settings, trustPolicySize });
});

/** How each noun comes to AWS, and where it is stored. */
const ASKED: Readonly<
  Record<keyof typeof STORED, readonly [string, (field: string) => Asked, (answer: Answer['body']) => Key]>
> = {
  'push-role': [
    'createGrant',
    () => ({ ...EXACT, repositories: ['app'] }),
    ({ grant }) => of(`PUSH_ROLE#${String(grant.pushRole).toLowerCase()}`),
  ],
  repository: [
    'createRepository',
    (field) => ({ department: 'koa', name: `new-${field.toLowerCase()}` }),
    ({ repository }) => ({ pk: 'REPOSITORIES#koa', sk: repository.name as string }),
  ],
  grant: ['createGrant', () => ({ ...EXACT, repositories: ['app'] }), ({ grant }) => of(`GRANT#${String(grant.id)}`)],
  organisation: ['createGrant', () => EXACT, () => of('ORGANISATION#jppol-koa')],
  'account-access': ['putAccountAccess', () => ({ ...ACCESS, accounts: ACCOUNT }), () => of('ACCOUNT_ACCESS')],
  department: ['createGrant', () => EXACT, () => of('DEPARTMENT')],
};

interface Key {
  readonly pk: string;
  readonly sk: string;
}

function of(sk: string): Key {
  return { pk: 'DEPARTMENT#koa', sk };
}

for (const [noun, fields] of Object.entries(STORED) as readonly [keyof typeof STORED, object][]) {
  t.test(`no forged field of a stored ${noun} reaches AWS`, async (t) => {
    const { accept, ring, operation, service, writes } = await startBench(t);
    const { tables } = service.embedded.executor;
    await accept('createRepository', { department: 'koa', name: 'app' });
    await ring();
    const [command, asked, keyOf] = ASKED[noun];
    for (const [field, { forged, isIgnored }] of Object.entries(fields as Readonly<Record<string, Forgery>>)) {
      if (forged === undefined) continue;
      const { operation: id, answer } = await accept(command, asked(field));
      const Key = keyOf(answer.body);
      const { Item } = await tables.documents.send(new GetCommand({ TableName: tables.state, Key }));
      if (Item === undefined) throw new Error(`Nothing is stored under ${Key.pk} ${Key.sk}.`);
      await tables.documents.send(
        new PutCommand({ TableName: tables.state, Item: { ...Item, value: { ...Item['value'], [field]: forged } } }),
      );
      writes.length = 0;
      for (let rings = 0; rings < 30 && (await ring()) !== 'done'; rings++);
      const touched = writes.filter(({ resource }) => isIgnored !== true || resource !== Key.sk);
      t.strictSame(touched, [], `${field}: AWS is not touched`);
      t.match(await operation(id), { status: isIgnored === true ? 'succeeded' : 'failed' }, field);
      // What is not this operation's to undo is put back by whoever forged it.
      const { Item: left } = await tables.documents.send(new GetCommand({ TableName: tables.state, Key }));
      if (left !== undefined && noun !== 'repository')
        await tables.documents.send(
          new PutCommand({
            TableName: tables.state,
            Item: { ...left, value: { ...left['value'], [field]: Item['value'][field] } },
          }),
        );
    }
  });
}
