/**
 * Plays the workflow that the API generates as GitHub and its runner do, on the embedded default: event × grant × what must come of it. Its
 * image is pushed by `skopeo`, which stands in for docker.
 *
 *     node --import=tsx scripts/workflow-played.ts
 *     node --import=tsx scripts/workflow-played.ts --actions DIR     with the real actions: clones at DIR/OWNER/NAME/COMMIT
 *
 * With the real actions a run that AWS refuses takes a minute or two, because the action asks again.
 */
import { DescribeImagesCommand } from '@aws-sdk/client-ecr';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connectAws } from '../src/aws/clients.ts';
import { composeApi } from '../src/compose/compose-api.ts';
import { loadContracts } from '../src/contract/contract-source.ts';
import { LOCAL_CREDENTIALS, startEmbedded } from '../src/local/embedded.ts';
import { idOfName } from '../src/local/github/job.ts';
import { startRegistryProxy } from '../src/local/registry-proxy.ts';
import { ONBOARDING } from '../src/local/story.ts';
import { KOA, newWorld, type World } from '../src/local/story-world.ts';
import { playWorkflow, type Run } from '../test/runner/play.ts';
import type { RunEvent } from '../test/runner/run-event.ts';

const ORGANISATION = 'JPPOL-KOA';
const REFUSED = /not authorized|could not assume role/i;
/** GitHub's ids of runs are of this size. */
const FIRST_RUN = 17_000_000_000;
const CREDENTIALS = 'Configure AWS credentials';

/** What a row expects of a run, besides what ECR has afterwards. */
type Expected =
  | { readonly came: 'success'; readonly says: RegExp }
  | { readonly came: 'failure'; readonly failed: string; readonly error: RegExp }
  | { readonly came: 'not started' | 'skipped' };

/** A granted image: the repository in ECR, the grant, and who may push. */
interface Granted {
  readonly image: string;
  readonly grant: string;
  readonly repository: string;
}

const PUSHED: Expected = { came: 'success', says: /Pushed `/ };
const REFUSED_BY_AWS: Expected = { came: 'failure', failed: CREDENTIALS, error: REFUSED };

const { values: options } = parseArgs({ options: { actions: { type: 'string' } } });
const folder = mkdtempSync(join(tmpdir(), 'workflow-played-'));
const embedded = await startEmbedded();
const { config, endpoints, jwksFetch } = embedded;
const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch });
const world: World = newWorld(embedded, await app.listen({ port: 0, host: '127.0.0.1' }));
const registryHost = `${config.aws.accountId}.dkr.ecr.${config.aws.region}.amazonaws.com`;
const proxy = await startRegistryProxy({ registryHost, endpoint: embedded.aws.endpoint });
const { ecr } = connectAws({
  region: config.aws.region,
  endpoint: embedded.aws.endpoint,
  credentials: LOCAL_CREDENTIALS,
});
let rows = 0;
let failed = 0;

/** The machine of the job: a docker that is a stand-in, and AWS's endpoints, which are the embedded ones. */
function machine(home: string): Readonly<Record<string, string>> {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const docker = fileURLToPath(new URL('../test/runner/docker.ts', import.meta.url));
  writeFileSync(
    join(bin, 'docker'),
    `#!/bin/sh\nexec '${process.execPath}' '--import=${import.meta.resolve('tsx')}' '${docker}' "$@"\n`,
  );
  chmodSync(join(bin, 'docker'), 0o755);
  const certificate = join(folder, 'registry.pem');
  writeFileSync(certificate, proxy.certificate);
  return {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    LANG: 'C.UTF-8',
    AWS_ENDPOINT_URL_STS: embedded.aws.endpoint,
    AWS_ENDPOINT_URL_ECR: embedded.aws.endpoint,
    DOCKER_STAND_IN: join(home, 'docker'),
    DOCKER_STAND_IN_PROXY: proxy.url,
    DOCKER_STAND_IN_CERTIFICATE: certificate,
  };
}

/** Makes an image and a grant for it. */
async function granted(image: string, grant: object = {}, settings: object = {}): Promise<Granted> {
  await world.ask(KOA, 'POST', '/v1/departments/koa/repositories', 201, { name: image, ...settings });
  const made = await world.ask(KOA, 'POST', '/v1/departments/koa/grants', 201, {
    organisation: ORGANISATION,
    repository: image,
    repositoryId: idOfName(`${ORGANISATION}/${image}`),
    repositories: [image],
    ...grant,
  });
  return { image, grant: made.grant.id, repository: `${ORGANISATION}/${image}` };
}

function workflowOf({ grant }: Granted): Promise<string> {
  return world.ask(KOA, 'GET', `/v1/departments/koa/grants/${grant}/workflow`, 200);
}

/** A commit, by a word for it. */
function commit(word: string): string {
  return createHash('sha1').update(word).digest('hex');
}

/** A push of a commit to main, but for what is told otherwise. */
function pushed(by: Granted, word: string, parts: Partial<RunEvent> = {}): RunEvent {
  return {
    name: 'push',
    repository: by.repository,
    ref: 'refs/heads/main',
    sha: commit(word),
    runId: String(FIRST_RUN + rows),
    form: 'classic',
    defaultBranch: 'main',
    ...parts,
  };
}

/** A text without what a person took out, or with what they wrote instead. @throws Error where there is nothing to change */
function edited(yaml: string, from: string | RegExp, to: string): string {
  const changed = yaml.replace(from, to);
  if (changed === yaml) throw new Error(`The workflow has no ${String(from)}.`);
  return changed;
}

async function imagesOf(image: string): Promise<Readonly<Record<string, string>>> {
  const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName: image }));
  return Object.fromEntries(
    imageDetails.flatMap(({ imageTags = [], imageDigest = '' }) => imageTags.map((tag) => [tag, imageDigest])),
  );
}

async function play(yaml: string, event: RunEvent): Promise<Run> {
  const home = join(folder, `run-${rows}`);
  const source = join(home, 'source');
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'Dockerfile'), 'FROM scratch\nCOPY . .\n');
  writeFileSync(join(source, 'commit'), event.sha);
  const { actions } = options;
  return playWorkflow(yaml, event, {
    issuer: embedded.issuer,
    folder: home,
    source,
    machine: machine(home),
    ...(actions === undefined ? {} : { actions: resolve(actions) }),
  });
}

function troubleOf(run: Run, expected: Expected): string | undefined {
  if (run.came !== expected.came) return `it came to: ${run.came}`;
  if (expected.came === 'success' && 'log' in run) {
    const said = `${run.log.text()}\n${run.summary}`;
    return expected.says.test(said) ? undefined : `nothing says ${String(expected.says)}`;
  }
  if (expected.came !== 'failure' || !('log' in run)) return undefined;
  if (run.failed !== expected.failed) return `${run.failed} failed`;
  const isTold = run.log.errors().some((error) => expected.error.test(error));
  return isTold ? undefined : `no error says ${String(expected.error)}`;
}

/** One row: an event, what comes of it, and the tags that ECR has for the image afterwards. */
async function row(
  title: string,
  by: Granted,
  event: RunEvent,
  expected: Expected,
  more: { readonly tags?: readonly string[]; readonly edit?: (yaml: string) => string } = {},
): Promise<void> {
  const before = await imagesOf(by.image);
  const yaml = await workflowOf(by);
  const run = await play((more.edit ?? String)(yaml), event);
  const after = await imagesOf(by.image);
  const fresh = Object.entries(after).flatMap(([tag, digest]) => (before[tag] === digest ? [] : [tag]));
  const wanted = more.tags ?? (expected.came === 'success' ? [event.sha] : []);
  const trouble =
    troubleOf(run, expected) ??
    (fresh.toSorted().join() === wanted.toSorted().join() ? undefined : `ECR has new: ${fresh.join() || 'nothing'}`);
  rows += 1;
  if (trouble !== undefined) failed += 1;
  process.stdout.write(`${trouble === undefined ? 'ok' : 'not ok'} - ${title}: ${expected.came}\n`);
  if (trouble !== undefined) process.stdout.write(`${trouble}\n${'log' in run ? run.log.text() : ''}\n`);
}

async function bothForms(): Promise<void> {
  const plain = await granted('plain');
  for (const form of ['classic', 'immutable'] as const)
    await row(`a push to main, sub in its ${form} form`, plain, pushed(plain, form, { form }), PUSHED);
  const again: Expected = { came: 'success', says: /was pushed before, for this commit/ };
  await row('the same run again', plain, pushed(plain, 'classic'), again, { tags: [] });
  const byHand = pushed(plain, 'by hand', { name: 'workflow_dispatch', ref: 'refs/heads/feature/x' });
  await row('a start by hand on a branch', plain, byHand, PUSHED);
  const odd = pushed(plain, 'odd branch', { ref: 'refs/heads/$(touch evil)`id`' });
  await row('a push to a branch whose name is a command', plain, odd, PUSHED);
}

async function tags(): Promise<void> {
  const released = await granted('released', { refs: ['refs/tags/v*'] });
  const event = pushed(released, 'release', { ref: 'refs/tags/v1.2.0+build.7' });
  await row('a tag', released, event, PUSHED, { tags: ['v1.2.0-build.7'] });
  const again: Expected = { came: 'success', says: /was pushed before, for this commit/ };
  await row('the same tag again, of the same commit', released, event, again, { tags: [] });
  const moved: Expected = { came: 'failure', failed: 'Build and push image', error: /stays with its image/ };
  await row('the same tag again, moved to another commit', released, { ...event, sha: commit('moved') }, moved);
  await row('a push to main where only tags are granted', released, pushed(released, 'main'), { came: 'not started' });
  const onMain = (yaml: string): string => edited(yaml, /push:\n {4}tags:\n {6}- "v\*\*"/, 'push:');
  const anyway = pushed(released, 'main');
  await row('the same with the filter taken out of the file', released, anyway, REFUSED_BY_AWS, { edit: onMain });
}

async function branches(): Promise<void> {
  const narrow = await granted('narrow', { refs: ['refs/heads/release/*'] });
  await row(
    'a push to a branch of a pattern',
    narrow,
    pushed(narrow, 'deep', { ref: 'refs/heads/release/1/x' }),
    PUSHED,
  );
  const other = pushed(narrow, 'other', { ref: 'refs/heads/main', name: 'workflow_dispatch' });
  await row('a start by hand on a branch that is not granted', narrow, other, REFUSED_BY_AWS);
  const elsewhere = pushed(narrow, 'copied', { ref: 'refs/heads/release/1', repository: `${ORGANISATION}/copied` });
  await row('the file in another GitHub repository', narrow, elsewhere, REFUSED_BY_AWS);
}

async function environments(): Promise<void> {
  const production = await granted('production', { environment: 'production' });
  for (const form of ['classic', 'immutable'] as const)
    await row(
      `a job in the granted environment, sub in its ${form} form`,
      production,
      pushed(production, form, { form }),
      PUSHED,
    );
  const without = (yaml: string): string => edited(yaml, /^ {4}environment: .*\n/m, '');
  await row('a job without its environment', production, pushed(production, 'without'), REFUSED_BY_AWS, {
    edit: without,
  });
  const staging = (yaml: string): string => edited(yaml, 'environment: "production"', 'environment: "staging"');
  await row('a job in another environment', production, pushed(production, 'staging'), REFUSED_BY_AWS, {
    edit: staging,
  });
}

async function pullRequests(): Promise<void> {
  const closed = await granted('closed');
  const request = (by: Granted, headRepository: string): RunEvent =>
    pushed(by, headRepository, { name: 'pull_request', ref: 'refs/pull/7/merge', headRepository });
  const own = request(closed, closed.repository);
  await row('a pull request, which is not granted', closed, own, { came: 'not started' });
  const added = (yaml: string): string => edited(yaml, 'workflow_dispatch:', 'pull_request:');
  await row('the same with the event added to the file', closed, own, REFUSED_BY_AWS, { edit: added });
  const open = await granted('open', { pullRequests: true, acknowledge: ['pull-requests'] });
  await row('a pull request, which is granted', open, request(open, open.repository), PUSHED);
  await row('a pull request from a fork', open, request(open, 'stranger/open'), { came: 'skipped' });
  const unasked = (yaml: string): string => edited(yaml, /^ {4}if: .*\n/m, '');
  const noToken: Expected = { came: 'failure', failed: CREDENTIALS, error: /id-token|credentials/i };
  await row('the same with the condition taken out', open, request(open, 'stranger/open'), noToken, { edit: unasked });
}

async function otherSettings(): Promise<void> {
  const movable = await granted('movable', {}, { imageTagMutability: 'MUTABLE' });
  for (const word of ['first', 'second'])
    await row(`a push to main where tags may move: the ${word}`, movable, pushed(movable, word), PUSHED, {
      tags: [commit(word), 'latest'],
    });
  const branch = pushed(movable, 'branch', { ref: 'refs/heads/x' });
  await row('a push to another branch, which has no latest', movable, branch, PUSHED);
  const unasked = (yaml: string): string => edited(yaml, /^ {6}id-token: write.*\n/m, '');
  const noToken: Expected = { came: 'failure', failed: CREDENTIALS, error: /id-token|credentials/i };
  await row('a job without its permission', movable, pushed(movable, 'permission'), noToken, { edit: unasked });
  const yaml = await workflowOf(movable);
  await world.ask(KOA, 'DELETE', `/v1/departments/koa/grants/${movable.grant}`, 200);
  const revoked = await play(yaml, pushed(movable, 'revoked'));
  rows += 1;
  const trouble = troubleOf(revoked, REFUSED_BY_AWS);
  if (trouble !== undefined) failed += 1;
  process.stdout.write(
    `${trouble === undefined ? 'ok' : `not ok (${trouble})`} - a push after the grant was revoked: failure\n`,
  );
}

try {
  for (const step of ONBOARDING) await step.play(world);
  for (const part of [bothForms, tags, branches, environments, pullRequests, otherSettings]) await part();
} finally {
  await proxy.close();
  await app.close();
  await embedded.close();
  rmSync(folder, { recursive: true, force: true });
}
const how = options.actions === undefined ? 'the calls of its actions' : 'its real actions';
process.stdout.write(`${rows - failed} of ${rows} rows of the generated workflow held, played with ${how}\n`);
process.exitCode = failed === 0 && rows > 0 ? 0 : 1;
