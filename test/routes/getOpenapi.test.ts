import t from 'tap';
import { readContractFiles } from '../../src/contract/contract-files.ts';
import { refusesOtherMethods } from '../support/operation.ts';
import { startWorld } from '../support/world.ts';

const world = await startWorld(t);

t.test('200: the contract is served as it stands in the repository', async (t) => {
  const answer = await world.ask(undefined, { path: '/openapi.yaml' });
  t.equal(answer.status, 200);
  t.match(answer.headers['content-type'], /^application\/yaml/);
  t.equal(answer.text, readContractFiles().openapi);
  t.match(answer.text, /operationId: createGrant/);
});

t.test('200: a browser, which asks for HTML, gets it too', async (t) => {
  const answer = await world.ask(undefined, { path: '/openapi.yaml', headers: { accept: 'text/html' } });
  t.equal(answer.status, 200);
});

t.test('default: another method is a problem that tells those that there are', (t) =>
  refusesOtherMethods(t, world, undefined, '/openapi.yaml', 'GET, HEAD'),
);
