import t from 'tap';
import { holds, interpolate } from './expression.ts';
import { readPairs } from './file-commands.ts';
import { newLog } from './log.ts';
import { gitHubContext, type RunEvent } from './run-event.ts';
import { isStarted } from './trigger.ts';
import { readWorkflow } from './workflow-file.ts';
import { variants } from '../workflow/variants.ts';

const event: RunEvent = {
  name: 'push',
  repository: 'JPPOL-KOA/GiftCardService',
  ref: 'refs/heads/main',
  sha: 'a'.repeat(40),
  runId: '17000000001',
  form: 'classic',
  defaultBranch: 'main',
};
const contexts = { github: gitHubContext(event), env: { SET: 'true' } };

void t.test('expressions come to what GitHub makes of them', (t) => {
  t.equal(interpolate('a-${{ github.ref }}-${{github.run_id}}', contexts), 'a-refs/heads/main-17000000001');
  t.equal(interpolate("${{ 'pro${{duction''s }}' }}", contexts), "pro${{duction's }}");
  t.equal(interpolate('${{ github.event.repository.default_branch }}', contexts), 'main');
  t.equal(interpolate('$HOME {{ }}', contexts), '$HOME {{ }}');
  t.equal(
    holds("github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == ''", contexts),
    true,
  );
  t.equal(holds("${{ env.UNSET != 'true' }}", contexts), true, 'a variable that is not set is empty');
  t.end();
});

for (const [text, why] of [
  ['${{ github.actor }}', /github\.actor is not known here/],
  ['${{ github.event.pull_request.number }}', /github\.event\.pull_request is not known here/],
  ['${{ secrets.TOKEN }}', /Unrecognized named-value/],
  ['${{ hashFiles() }}', /Unrecognized function/],
  ['${{ github.ref', /has no end/],
  ['${{ github.ref == }}', /refused/],
] as const)
  void t.test(`an expression that is not known is refused, not guessed: ${text}`, (t) => {
    t.throws(() => interpolate(text, contexts), why);
    t.end();
  });

void t.test('a condition that GitHub would take for a text, which is always true, is refused', (t) => {
  t.throws(() => holds("${{ false }} == 'true' && ${{ true }}", contexts), /always holds/);
  t.throws(() => holds('github.ref', contexts), /neither true nor false/);
  t.end();
});

void t.test('every generated workflow is read whole, and one with anything more is refused', (t) => {
  for (const [name, { yaml }] of Object.entries(variants)) {
    const { steps } = readWorkflow(yaml);
    t.equal(steps.length, 4, name);
    t.throws(() => readWorkflow(`${yaml}\ndefaults: {}\n`), /Not played: defaults in the file/, name);
    t.throws(
      () => readWorkflow(yaml.replace('runs-on:', 'container: node\n    runs-on:')),
      /Not played: container/,
      name,
    );
    t.throws(() => readWorkflow(yaml.replace(/uses: (\S+)@\S+/, 'uses: $1@v1')), /uses no action by its commit/, name);
  }
  t.end();
});

void t.test('filters of a push are GitHub’s: ** at the end, and what is escaped is itself', (t) => {
  const starts = (ref: string, push: unknown): boolean => isStarted({ on: { push } }, { ...event, ref });
  t.equal(starts('refs/heads/release/1/x', { branches: ['release/**'] }), true);
  t.equal(starts('refs/heads/release', { branches: ['release/**'] }), false);
  t.equal(starts('refs/heads/a+b', { branches: [String.raw`a\+b`] }), true);
  t.equal(starts('refs/heads/aab', { branches: [String.raw`a\+b`] }), false);
  t.equal(starts('refs/tags/main', { branches: ['**'] }), false, 'a tag is no branch');
  t.equal(starts('refs/heads/x', null), true);
  t.throws(() => starts('refs/heads/x', { branches: ['a*b'] }), /is not played/);
  t.throws(() => starts('refs/heads/x', { paths: ['src/**'] }), /Not played: paths/);
  t.equal(isStarted({ on: { workflow_dispatch: null } }, event), false);
  t.end();
});

void t.test('files that a step writes for the runner are read as the runner reads them', (t) => {
  t.strictSame(readPairs('A=1=2\nB<<END\nx\ny=z\nEND\n\nC=\n'), { A: '1=2', B: 'x\ny=z', C: '' });
  t.throws(() => readPairs('B<<END\nx\n'), /Matching delimiter not found/);
  t.throws(() => readPairs('neither\n'), /Invalid format/);
  t.end();
});

void t.test('a log shows no secret, and does not pass over a command that it does not know', (t) => {
  const log = newLog();
  for (const line of ['::add-mask::secret', 'a secret here', '::error::the secret%0Ais out', '::debug::secret'])
    log.line(line);
  t.equal(log.text(), 'a *** here\nError: the ***\nis out');
  t.strictSame(log.errors(), ['the ***\nis out']);
  t.throws(() => log.line('::set-env name=PATH::/evil'), /::set-env:: to the runner is not played/);
  t.end();
});
