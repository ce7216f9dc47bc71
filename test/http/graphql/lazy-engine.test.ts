/** @own-process: it looks at what this process has loaded. */
import { createRequire } from 'node:module';
import t from 'tap';
import { KOA, onboardKoaAndPol, startService } from '../../support/service.ts';

/** Whether the GraphQL engine is in this process. */
function isLoaded(): boolean {
  const { cache } = createRequire(import.meta.url);
  return Object.keys(cache).some((file) => /node_modules\/(mercurius|graphql)\//.test(file));
}

t.test('a REST read does not load the GraphQL engine', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  const { ask, graphql } = service;
  t.equal((await ask(KOA, { path: '/v1/departments/koa' })).status, 200);
  t.notOk(isLoaded());
  t.equal((await graphql(KOA, '{ whoami { because } }')).status, 200);
  t.ok(isLoaded(), 'the first GraphQL request does');
});
