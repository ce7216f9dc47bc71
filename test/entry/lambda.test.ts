import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { isSignedBy } from '../../src/audit/bulk/sign.ts';
import { observeRepository } from '../../src/aws/observe.ts';
import { startBundles } from '../acceptance/forms/bundles.ts';
import { newWorld, type World } from '../acceptance/world.ts';
import { KOA, PLATFORM, idOf, type Ask } from '../support/service.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const REPOSITORIES = '/v1/departments/koa/repositories';

t.before(() => {
  const { status, stderr } = spawnSync('npm', ['run', '-s', 'build'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The build failed: ${stderr}`);
});

t.test('the bundles hold nothing of the embedded default', async (t) => {
  for (const name of ['api', 'executor']) {
    const { inputs } = JSON.parse(readFileSync(`${root}dist/${name}.meta.json`, 'utf8'));
    const local = Object.keys(inputs).filter((input) => input.startsWith('src/local/') || input.startsWith('test/'));
    t.same(local, [], name);
    t.ok(Object.keys(inputs).includes(`src/entry/lambda-${name}.ts`), 'and they do hold the entry');
  }
});

t.test('the API bundle holds no client that could write to IAM', async (t) => {
  const { inputs } = JSON.parse(readFileSync(`${root}dist/api.meta.json`, 'utf8'));
  t.same(
    Object.keys(inputs).filter((input) => input.includes('client-iam') || input.startsWith('src/executor/operation')),
    [],
  );
});

t.test(
  'what a REST read needs is in the entry; the GraphQL engine and the ECR client are chunks of their own',
  async (t) => {
    t.ok(existsSync(`${root}dist/api/index.mjs`));
    const chunks = readdirSync(`${root}dist/api/chunks`);
    t.ok(chunks.some((name) => name.startsWith('engine-')));
    const { outputs } = JSON.parse(readFileSync(`${root}dist/api.meta.json`, 'utf8'));
    const entry = Object.entries<any>(outputs).find(
      ([, output]) => output.entryPoint === 'src/entry/lambda-api.ts',
    )?.[1];
    const eager = new Set<string>();
    const visit = (output: any): void => {
      for (const input of Object.keys(output.inputs)) eager.add(input);
      for (const { path, kind } of output.imports)
        if (kind === 'import-statement' && outputs[path]) visit(outputs[path]);
    };
    visit(entry);
    for (const lazy of [
      'node_modules/mercurius/',
      'node_modules/graphql/',
      'node_modules/@aws-sdk/client-ecr/',
      'node_modules/yaml/',
      'node_modules/ajv/dist/core',
    ]) {
      t.notOk(
        [...eager].some((input) => input.startsWith(lazy)),
        `${lazy} is loaded when first needed`,
      );
    }
  },
);

t.test('the bundles on Node 24 carry the main job, by API Gateway’s events and the stream’s', async (t) => {
  const { ask, form } = await startedBundles(t);
  t.equal((await ask(undefined, { path: '/healthz' })).status, 200);
  t.equal((await ask(undefined, { path: '/v1/whoami' })).status, 401);
  const created = await ask(KOA, { method: 'POST', path: REPOSITORIES, body: { name: 'koa/giftcard-service' } });
  t.equal(created.status, 201, created.text);
  t.equal(created.headers['location'], '/v1/repositories/koa%2Fgiftcard-service');
  t.ok(await observeRepository(form.aws, 'koa/giftcard-service'), 'the stream rang the executor');
  for (const path of ['/v1/repositories/koa%2Fgiftcard-service', '/v1/repositories/koa/giftcard-service'])
    t.equal((await ask(KOA, { path })).body?.name, 'koa/giftcard-service', path);

  const audit = await ask(KOA, { path: '/v1/departments/koa/audit-events?order=oldest' });
  const accepted = audit.body.items.find(
    (event: any) => event.action === 'createRepository' && event.outcome === 'accepted',
  );
  t.equal(
    accepted.source.address,
    '198.51.100.7',
    'the address that API Gateway saw, not the one that the client claims',
  );
});

t.test('what the bundles load on demand works there as in the source', async (t) => {
  const { ask, mutate, form } = await startedBundles(t);
  const status = async (request: Ask) => (await ask(KOA, request)).status;
  const create: Ask = { method: 'POST', path: REPOSITORIES, body: { name: 'koa/app' } };
  t.equal(await status({ ...create, path: `${REPOSITORIES}?dryRun=true` }), 200, 'a dry run of a creation');
  t.equal(await status(create), 201);
  const remove: Ask = { method: 'DELETE', path: '/v1/repositories/koa%2Fapp' };
  t.equal(await status({ ...remove, path: `${remove.path}?dryRun=true` }), 200, 'a dry run of a deletion');
  t.equal(await status(remove), 200, 'a deletion');
  t.equal(await status({ path: '/v1/repositories/koa%2Fapp' }), 404);

  const payload = await mutate(KOA, 'createRepository', {
    department: 'koa',
    name: 'koa/by-graphql',
    lifecyclePolicy: null,
  });
  t.equal(payload.operation.status, 'succeeded', 'GraphQL, with variables of types that are ours');

  t.match(await form.runExporter(), { export: 1 });
  const bucket = await form.bucket();
  const [key = '', manifest] = [...bucket].find(([name]) => name.endsWith('.json')) ?? [];
  const signature = Buffer.from(String(bucket.get(`${key}.sig`)), 'base64');
  t.ok(
    isSignedBy(await form.exportKey(), manifest ?? Buffer.of(), signature),
    'the manifest is signed by the key in KMS',
  );
});

/** The bundles with KOA in them. */
async function startedBundles(t: Test): Promise<World> {
  const form = await startBundles();
  t.teardown(() => form.close());
  const world = newWorld(form);
  const managers = [{ repositoryId: idOf(KOA.repository), ref: 'refs/heads/main' }];
  await world.rest(PLATFORM, 'createDepartment', { id: 'koa', displayName: 'KOA', managers });
  await world.rest(PLATFORM, 'putOrganisation', { department: 'koa', login: 'JPPOL-KOA', ownerId: idOf('JPPOL-KOA') });
  return world;
}
