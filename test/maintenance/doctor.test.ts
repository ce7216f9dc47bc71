import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { bulkExport } from '../../src/audit/bulk/bulk-export.ts';
import { folderTarget } from '../../src/audit/bulk/export-target.ts';
import type { Config } from '../../src/config/config.ts';
import { chainHeadKey } from '../../src/ledger/keys.ts';
import { getItem } from '../../src/ledger/read.ts';
import type { AccountId } from '../../src/model/ids.ts';
import { LOCAL_CREDENTIALS } from '../../src/local/embedded.ts';
import { examine, type Deployment, type Finding } from '../../src/maintenance/doctor.ts';
import { startService } from '../support/service.ts';

async function deployment(t: Test): Promise<Deployment> {
  const { app, embedded } = await startService(t);
  const apiUrl = await app.listen({ port: 0, host: '127.0.0.1' });
  const { endpoints, config, issuer } = embedded;
  const options = { region: config.aws.region, credentials: LOCAL_CREDENTIALS };
  const clients = {
    iam: new IAMClient({ ...options, endpoint: embedded.aws.endpoint }),
    sts: new STSClient({ ...options, endpoint: embedded.aws.endpoint }),
    dynamoDb: new DynamoDBClient({ ...options, endpoint: endpoints.dynamoDb ?? '' }),
  };
  t.teardown(() => Object.values(clients).forEach((client) => client.destroy()));
  return { config, ...clients, apiUrl, issuerUrl: issuer.url, fetch, now: () => new Date() };
}

const badOf = (findings: readonly Finding[]): readonly string[] =>
  findings.filter(({ state }) => state === 'bad').map(({ about, detail }) => `${about}: ${detail}`);

t.test('the doctor', async (t) => {
  const healthy = await deployment(t);
  const withAws = (aws: Partial<Config['aws']>): Deployment => ({
    ...healthy,
    config: { ...healthy.config, aws: { ...healthy.config.aws, ...aws } },
  });

  t.test('finds nothing bad in a deployment that works', async (t) => {
    const findings = await examine(healthy);
    t.strictSame(badOf(findings), []);
    for (const about of [
      'account',
      'issuer',
      'clock against the issuer',
      'OIDC provider',
      'boundary',
      'quotas',
      'state table',
      'audit table',
      'API',
      'clock against the API',
    ]) {
      t.ok(
        findings.some((finding) => finding.about === about && finding.state === 'good'),
        about,
      );
    }
  });

  t.test('knows where the export of the audit log stands', async (t) => {
    const { config, dynamoDb } = healthy;
    const tables = {
      documents: DynamoDBDocumentClient.from(dynamoDb),
      state: config.stateTable,
      audit: config.auditTable,
    };
    const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
    t.teardown(() => rm(folder, { recursive: true }));
    const toldIn = async (hours: number): Promise<readonly string[]> =>
      (await examine({ ...healthy, now: () => new Date(Date.now() + hours * 3_600_000) }))
        .filter(({ about }) => about === 'audit export')
        .map(({ state, detail }) => `${state} ${detail}`);
    const parts = { tables, target: folderTarget(folder), source: '/x', now: () => new Date() };
    t.match(await toldIn(0), [/^weak No export has ever ended/]);
    await bulkExport(parts);
    t.match(await toldIn(1), [/^good Export 1 ended/]);
    t.match(await toldIn(49), [/^bad Export 1 ended .* 49 hours ago/]);
    const breaks = { put: async () => Promise.reject(new Error('broke off')) };
    await t.rejects(bulkExport({ ...parts, target: breaks }), { message: 'broke off' });
    t.match(await toldIn(0), [/^good Export 1/], 'a run may still be at it');
    t.match(await toldIn(1), [/^weak Export 2 began/, /^good/]);
    t.match(await toldIn(49), [/^bad Export 2 began/, /^bad/]);
    const key = chainHeadKey('platform');
    const head = await getItem(tables, key);
    await tables.documents.send(new PutCommand({ TableName: tables.state, Item: { ...head, ...key, seq: 1 } }));
    t.match((await toldIn(0))[0], /^bad The state table says that the platform's chain ends at 1, and it ends at 3/);
    await tables.documents.send(new PutCommand({ TableName: tables.state, Item: { ...head, ...key } }));
  });

  const illnesses: readonly (readonly [string, Deployment, RegExp])[] = [
    [
      'credentials of another account',
      withAws({ accountId: '111122223333' as AccountId }),
      /account: The credentials are of 354918371398/,
    ],
    [
      'no boundary',
      withAws({ boundaryArn: 'arn:aws:iam::354918371398:policy/ecr-access/none' }),
      /boundary: There is no arn:aws:iam::354918371398:policy/,
    ],
    ['a boundary that is another document', withAws({ region: 'eu-north-1' }), /boundary: .* is not the document/],
    [
      'no provider for the issuer',
      withAws({ oidcProvider: 'token.actions.example.ghe.com' }),
      /OIDC provider: The account has no arn/,
    ],
    [
      'a provider without the audience',
      withAws({ stsAudience: 'https://sts.example.com' }),
      /OIDC provider: .* does not have the audience/,
    ],
    [
      'a trust policy size beyond the account',
      {
        ...withAws({ trustPolicySize: 8_192 }),
        config: { ...withAws({ trustPolicySize: 8_192 }).config, usesAccountQuotas: false },
      },
      /quotas: ECP_TRUST_POLICY_SIZE is 8192/,
    ],
    [
      'another issuer',
      { ...healthy, config: { ...healthy.config, issuer: 'https://token.actions.example.ghe.com' } },
      /issuer: It calls itself/,
    ],
    [
      'an issuer that does not answer',
      { ...healthy, issuerUrl: 'http://127.0.0.1:1' },
      /issuer: It could not be looked at/,
    ],
    [
      'a clock that is wrong',
      { ...healthy, now: () => new Date(Date.now() + 36_000_000) },
      // What is beyond ten hours is what the looking took.
      /clock against the issuer: They differ by 3(59|6\d)\d\d s/,
    ],
    [
      'a missing table',
      { ...healthy, config: { ...healthy.config, stateTable: 'none' } },
      /state table: It could not be looked at/,
    ],
    [
      'an audit table without its indexes',
      { ...healthy, config: { ...healthy.config, auditTable: healthy.config.stateTable } },
      /audit table: .* lacks the index by-time/,
    ],
    [
      'a doorbell without a stream',
      { ...healthy, config: { ...healthy.config, stateTable: healthy.config.auditTable } },
      /state table: .* has no stream/,
    ],
    ['an API that is elsewhere', { ...healthy, apiUrl: healthy.issuerUrl ?? '' }, /API: .*healthz answers 404/],
    [
      'an API in the clear',
      {
        ...healthy,
        apiUrl: 'http://ecr.example.com',
        fetch: (url) => fetch(url.replace('http://ecr.example.com', healthy.apiUrl ?? '')),
      },
      /API: It is asked in the clear/,
    ],
    [
      'an API that lets everybody in',
      { ...healthy, fetch: async (url) => (url.endsWith('/v1/whoami') ? new Response('{}') : fetch(url)) },
      /API: Without a token it answers 200/,
    ],
  ];
  t.test('finds each illness', async (t) => {
    for (const [name, ill, finding] of illnesses) {
      const found = badOf(await examine(ill));
      t.ok(
        found.some((line) => finding.test(line)),
        name,
        { found },
      );
    }
  });
});
