import t from 'tap';
import { ERRORS } from '../../src/core/errors.ts';
import { refusesOtherMethods } from '../support/operation.ts';
import { startWorld } from '../support/world.ts';

const world = await startWorld(t);

t.test('200: whoever follows an error\u2019s link finds its section, without a token', async (t) => {
  const answer = await world.ask(undefined, { path: '/docs/errors.md' });
  t.equal(answer.status, 200);
  t.match(answer.headers['content-type'], /^text\/html/);
  for (const code of Object.keys(ERRORS)) t.ok(answer.text.includes(`id="${code}"`), code);
  t.notMatch(answer.text, /<script/i);
});

t.test('200: the link of a real problem leads there', async (t) => {
  const { body } = await world.ask(undefined, { path: '/v1/whoami' });
  t.equal(body.type, '/docs/errors.md#unauthenticated');
});

t.test('404: what is no page is not there, whatever the repository holds', async (t) => {
  for (const page of ['architecture.md', '..%2Fpackage.json', 'errors', 'decisions', '%00.md']) {
    const answer = await world.ask(undefined, { path: `/docs/${page}` });
    t.equal(answer.status, 404, page);
    t.equal(answer.body.code, 'not-found', page);
  }
});

t.test('default: another method is a problem that tells those that there are', (t) =>
  refusesOtherMethods(t, world, undefined, '/docs/errors.md', 'GET, HEAD'),
);
