/** GraphQL over HTTP, by the audit suite of graphql-http against the running service. */
import { serverAudits } from 'graphql-http';
import { test } from 'tap';
import { startFuzzedService } from './fuzzed-service.ts';

void test('the GraphQL face keeps every MUST, SHOULD and MAY of GraphQL over HTTP', async (t) => {
  const service = await startFuzzedService();
  t.teardown(() => service.close());
  const fetchWithToken: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${service.token}`);
    return fetch(input, { ...init, headers });
  };
  const audits = serverAudits({ url: `${service.url}/graphql`, fetchFn: fetchWithToken });
  for (const result of await Promise.all(audits.map((audit) => audit.fn()))) {
    t.equal(result.status, 'ok', `${result.id} ${result.name}${'reason' in result ? `: ${result.reason}` : ''}`);
  }
  t.ok(audits.length >= 60, `${audits.length} audits`);
});
