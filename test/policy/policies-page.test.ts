import { readFileSync } from 'node:fs';
import { test } from 'tap';
import type { AccessAccount } from '../../src/model/account-access.ts';
import { documentSize, sortedSet } from '../../src/policy/canonical.ts';
import type { PolicyDocument } from '../../src/policy/document.ts';
import { permissionsBoundary, pushPolicy, revokeSessionsPolicy } from '../../src/policy/push-policy.ts';
import { repositoryPolicy } from '../../src/policy/repository-policy.ts';
import { denyingTrustPolicy, trustPolicy } from '../../src/policy/trust-policy.ts';
import { grant, koa, role, settings } from './fixtures.ts';

const accounts = ['931827427725', '615205931730', '151484623076'].map((accountId) => ({
  description: accountId,
  accountId: accountId as AccessAccount['accountId'],
  canWrite: false,
}));

const rendered: Readonly<Record<string, PolicyDocument | undefined>> = {
  repository: repositoryPolicy({ accounts, organisationPull: false }, settings),
  trust: trustPolicy([grant()], [koa], settings),
  deny: denyingTrustPolicy(settings),
  push: pushPolicy(role(), settings),
  boundary: permissionsBoundary(settings),
  revoke: revokeSessionsPolicy('2026-11-24T10:00:00.000Z'),
};

void test('the page about the documents shows the documents that are written', (t) => {
  const page = readFileSync(new URL('../../docs/policies.md', import.meta.url), 'utf8');
  const shown = [...page.matchAll(/<!-- (\w+): (\d+) characters -->\n```json\n(.*?)\n```/gs)];
  t.same(sortedSet(shown.map(([, name = '']) => name)), sortedSet(Object.keys(rendered)));
  for (const [, name = '', size, text = ''] of shown) {
    t.same(JSON.parse(text), rendered[name], name);
    t.equal(Number(size), documentSize(JSON.parse(text) as PolicyDocument), `size of ${name}`);
  }
  t.end();
});
