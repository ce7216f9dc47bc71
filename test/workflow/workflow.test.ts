import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import type { Grant } from '../../src/model/grant.ts';
import type { AccountId, DepartmentId, GitHubId, OperationId } from '../../src/model/ids.ts';
import type { OrganisationLogin, RepositoryName, RoleName } from '../../src/model/names.ts';
import type { Repository } from '../../src/model/repository.ts';
import type { Organisation } from '../../src/model/organisation.ts';
import { oidcProviderArn } from '../../src/model/settings.ts';
import { evaluateDocument } from '../../src/policy/evaluate.ts';
import { checkGrant } from '../../src/policy/grant-rules.ts';
import { trustPolicy } from '../../src/policy/trust-policy.ts';
import { generateWorkflow, type Workflow } from '../../src/workflow/workflow.ts';
import { grantOf, koa, repositoryOf, role, settings, THEN, variants, workflowOf } from './variants.ts';
import { gitHubErrors, loadWorkflowParser } from './workflow-parser.ts';
import { runs } from '../support/extent.ts';

const parser = await loadWorkflowParser();
interface Step {
  readonly name: string;
  readonly uses?: string;
  readonly shell?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string | boolean>>;
}

interface File {
  readonly on: {
    readonly push?: { readonly branches?: readonly string[]; readonly tags?: readonly string[] };
    readonly pull_request?: null;
    readonly workflow_dispatch: null;
  };
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: {
    readonly 'build-and-push': {
      readonly if?: string;
      readonly environment?: string;
      readonly permissions: Readonly<Record<string, string>>;
      readonly 'timeout-minutes': number;
      readonly steps: readonly [Step, Step, Step, Step];
    };
  };
}

function fileOf(workflow: Workflow): File {
  return parse(workflow.yaml) as File;
}

function jobOf(workflow: Workflow) {
  return fileOf(workflow).jobs['build-and-push'];
}

/** Grants of every kind, over images of every kind of mutability. */
void t.test("GitHub's own parser has nothing against any generated file", async (t) => {
  for (const [name, workflow] of Object.entries(variants)) {
    t.same(await gitHubErrors(parser, workflow.yaml), [], name);
  }
  const spoilt = workflowOf().yaml.replace('runs-on', 'run-on');
  t.not((await gitHubErrors(parser, spoilt)).length, 0, 'it would tell');
});

void t.test('every generated file is valid by the published JSON schema of workflow files', async (t) => {
  const schemaFile = new URL('../../../shared/data/github/github-workflow.schema.json', import.meta.url);
  if (!existsSync(schemaFile)) {
    t.pass(`NOT CHECKED: the schema is not at hand (${schemaFile.pathname})`);
    return;
  }
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const isWorkflow = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')) as object);
  for (const [name, workflow] of Object.entries(variants)) {
    t.ok(isWorkflow(parse(workflow.yaml)), `${name}: ${ajv.errorsText(isWorkflow.errors)}`);
  }
  t.notOk(isWorkflow({ ...fileOf(workflowOf()), jobs: {} }), 'it would tell');
});

void t.test('the JSON form is what the YAML parses to', async (t) => {
  for (const [name, workflow] of Object.entries(variants)) t.same(workflow.json, parse(workflow.yaml), name);
});

void t.test('a workflow can read the code and ask for an identity token, nothing else', async (t) => {
  for (const [name, workflow] of Object.entries(variants)) {
    t.same(fileOf(workflow).permissions, { contents: 'read' }, name);
    t.same(jobOf(workflow).permissions, { contents: 'read', 'id-token': 'write' }, name);
    t.equal(jobOf(workflow).steps[0].with?.['persist-credentials'], false, 'no token of GitHub is left for the build');
    t.ok(jobOf(workflow)['timeout-minutes'] <= 60, 'it ends');
  }
});

void t.test('every action is pinned by commit, with its version in a comment', async (t) => {
  for (const [name, workflow] of Object.entries(variants)) {
    const uses = workflow.yaml.split('\n').filter((line) => line.includes('uses:'));
    t.equal(uses.length, 3, name);
    for (const line of uses) t.match(line, /^ +uses: [a-z-]+\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
});

void t.test('no expression stands in a script: values reach it through its environment', async (t) => {
  for (const [name, workflow] of Object.entries(variants)) {
    const scripts = jobOf(workflow).steps.flatMap((step) => step.run ?? []);
    t.equal(scripts.length, 1, name);
    for (const script of scripts) t.notOk(script.includes('${{'), 'the script is the same for everyone');
  }
});

void t.test('the workflow that teams wrote by hand comes out as a working equivalent', async (t) => {
  const workflow = workflowOf(
    {},
    {
      role: { ...role, name: 'idp-test-access' as RoleName },
      repositories: [repositoryOf('monkey-business', { imageTagMutability: 'MUTABLE' })],
    },
  );
  const file = fileOf(workflow);
  const [checkout, credentials, login, push, ...more] = jobOf(workflow).steps;
  t.equal(workflow.fileName, '.github/workflows/push-monkey-business.yml');
  t.same(more, [], 'four steps');
  t.match(file.on.push, { branches: ['**'], tags: ['**'] }, 'it runs on every push');
  t.match(checkout.uses, /^actions\/checkout@/);
  t.match(credentials.uses, /^aws-actions\/configure-aws-credentials@/);
  t.match(credentials.with, {
    'role-to-assume': 'arn:aws:iam::354918371398:role/idp-test-access',
    'aws-region': 'eu-west-1',
    'role-session-name': '${{ github.run_id }}',
    'retry-max-attempts': '11',
  });
  t.match(login.uses, /^aws-actions\/amazon-ecr-login@/);
  t.strictSame(login.with, { registries: '354918371398' }, 'the account id is text');
  t.match(workflow.yaml, 'registries: "354918371398"', 'and written as text');
  t.equal(push.env?.['DOCKER_IMAGE'], '354918371398.dkr.ecr.eu-west-1.amazonaws.com/monkey-business');
  t.match(push.run, /docker build [^]*docker push "\$DOCKER_IMAGE:\$tag"/);
  t.match(push.run, 'docker push "$DOCKER_IMAGE:latest"', 'latest too, since the repository is mutable');
});

void t.test('the example in the documentation is what is generated', async (t) => {
  const page = readFileSync(new URL('../../docs/workflow.md', import.meta.url), 'utf8');
  t.equal(/```yaml\n([^]*?)```/.exec(page)?.[1], workflowOf({}, { contact: '#platform-team' }).yaml);
});

void t.test('an account id keeps its leading zero', async (t) => {
  const workflow = workflowOf({}, { settings: { ...settings, accountId: '012345678901' as AccountId } });
  t.equal(jobOf(workflow).steps[2].with?.['registries'], '012345678901');
});

void t.test('a workflow starts exactly where its grant lets it in', async (t) => {
  const byHand = { workflow_dispatch: null };
  const table: readonly (readonly [string, Partial<Grant>, unknown])[] = [
    ['not narrowed', {}, { push: { branches: ['**'], tags: ['**'] }, ...byHand }],
    ['one branch', { refs: ['refs/heads/main'] }, { push: { branches: ['main'] }, ...byHand }],
    ['IAM crosses the slash', { refs: ['refs/heads/release/*'] }, { push: { branches: ['release/**'] }, ...byHand }],
    ['tags only', { refs: ['refs/tags/v*'] }, { push: { tags: ['v**'] }, ...byHand }],
    ['both', { refs: ['refs/heads/main', 'refs/tags/v1'] }, { push: { branches: ['main'], tags: ['v1'] }, ...byHand }],
    [
      'all branches make others superfluous',
      { refs: ['refs/heads/*', 'refs/heads/a'] },
      { push: { branches: ['**'] }, ...byHand },
    ],
    ['a ref that is neither', { refs: ['refs/*', 'refs/heads/', 'refs/pull/*'] }, byHand],
    [
      'glob characters mean themselves',
      { refs: ['refs/heads/!c++[1]'] },
      { push: { branches: [String.raw`\!c\+\+\[1\]`] }, ...byHand },
    ],
    ['an expression cannot be a filter', { refs: ['refs/heads/${{x}}'] }, byHand],
    [
      'pull requests',
      { pullRequests: true },
      { push: { branches: ['**'], tags: ['**'] }, pull_request: null, ...byHand },
    ],
    [
      'refs that leave pull requests out',
      { pullRequests: true, refs: ['refs/heads/main'] },
      { push: { branches: ['main'] }, ...byHand },
    ],
    ['an environment', { environment: 'prod' }, { push: { branches: ['**'], tags: ['**'] }, ...byHand }],
  ];
  for (const [name, grant, on] of table) {
    const workflow = workflowOf(grant);
    t.strictSame(fileOf(workflow).on, on, name);
    t.equal(jobOf(workflow).environment, grant.environment, `${name}: environment`);
    t.same(await gitHubErrors(parser, workflow.yaml), [], `${name}: valid`);
  }
  t.match(
    jobOf(workflowOf({ pullRequests: true })).if,
    /head\.repo\.full_name == github\.repository$/,
    'not for forks',
  );
  t.equal(jobOf(workflowOf()).if, undefined);
});

/** GitHub's filter patterns as its documentation describes them, for the characters that matter here. */
function gitHubFilterMatches(filter: string, name: string): boolean {
  const source = filter.replace(/\\(.)|\*\*|\*|[^*\\]/gsu, (token: string, escaped: string | undefined) => {
    if (escaped !== undefined) return escapeRegExp(escaped);
    if (token === '**') return '[^]*';
    if (token === '*') return '[^/]*';
    return '?+'.includes(token) ? token : escapeRegExp(token);
  });
  return new RegExp(`^(?:${source})$`, 'u').test(name);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`);
}

const names = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'b', '/', '+', '!', '-', '.', ':', '#', '"', "'", 'é', '@'),
    minLength: 1,
    maxLength: 8,
  }),
  fc.constantFrom(
    'main',
    'release/1',
    'release/1/2',
    'c++',
    '!x',
    'no',
    'on',
    'null',
    '1.0',
    '~',
    '- a',
    'a: b',
    'a #b',
  ),
);

void t.test('property: a push starts the workflow if and only if a ref of the grant means it', async (t) => {
  const refs = fc
    .record({ namespace: fc.constantFrom('refs/heads/', 'refs/tags/'), name: names, star: fc.boolean() })
    .map(({ namespace, name, star }) => `${namespace}${name}${star ? '*' : ''}`);
  fc.assert(
    fc.property(fc.uniqueArray(refs, { minLength: 1, maxLength: 4 }), names, names, (grantRefs, name, tail) => {
      const { push } = fileOf(workflowOf({ refs: grantRefs })).on;
      const stem = grantRefs[0]?.replace(/^refs\/(?:heads|tags)\/|\*$/g, '') ?? '';
      for (const candidate of [name, stem, `${stem}${tail}`, `${stem}/${tail}`].filter((text) => text !== '')) {
        for (const [namespace, filters] of [
          ['refs/heads/', push?.branches],
          ['refs/tags/', push?.tags],
        ] as const) {
          const ref = `${namespace}${candidate}`;
          const means = (pattern: string) =>
            pattern.endsWith('*') ? ref.startsWith(pattern.slice(0, -1)) : ref === pattern;
          const starts = (filters ?? []).some((filter) => gitHubFilterMatches(filter, candidate));
          if (starts !== grantRefs.some(means)) return false;
        }
      }
      return true;
    }),
    { numRuns: runs(300) },
  );
  t.pass('300 sets of refs');
});

/** The text that GitHub makes of a value: of an expression that is one string literal, that text. */
function evaluated(value: string | undefined): string | undefined {
  const literal = /^\$\{\{ '((?:[^']|'')*)' \}\}$/su.exec(value ?? '')?.[1];
  return literal === undefined ? value : literal.replaceAll("''", "'");
}

const hostileTexts = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: 'binary-ascii', minLength: 1 }),
  fc.constantFrom(
    'prod # comment',
    'a: b',
    '"; echo pwned; "',
    "it's",
    '- x',
    '*anchor',
    '&a',
    '!!binary x',
    '%YAML',
    '---',
    'yes',
    'null',
    '0x10',
    '1e3',
    ' lead',
    'trail ',
    'a\nb: c',
    'a\r\nb',
    'a\u2028b',
    'a\u0085b',
    '${{ secrets.TOKEN }}',
    "${{ 'x' }} ' }} ${{",
    '$(touch pwned)',
    '`id`',
    '\u202Egnp.exe',
    '日本語',
    '🚀',
  ),
);

void t.test('property: hostile names come out as exactly the values that they are', async (t) => {
  await fc.assert(
    fc.asyncProperty(hostileTexts, hostileTexts, hostileTexts, async (environment, contact, branch) => {
      const refs = [`refs/heads/${branch.replaceAll('*', '')}`];
      const clean = workflowOf({ environment: 'E', refs });
      const workflow = workflowOf({ environment, refs }, { contact, documentationUrl: contact });
      const file = fileOf(workflow);
      const job = jobOf(workflow);
      if (evaluated(job.environment) !== environment) return false;
      const filters = file.on.push?.branches?.map((filter) => filter.replace(/\\(.)/gsu, '$1')) ?? [];
      if (filters.some((filter) => `refs/heads/${filter}` !== refs[0])) return false;
      const exactBut = { ...file, jobs: { 'build-and-push': { ...job, environment: 'E' } } };
      return (
        t.strictSame(exactBut, fileOf(clean)) &&
        t.strictSame(file, workflow.json) &&
        t.same(await gitHubErrors(parser, workflow.yaml), [])
      );
    }),
    { numRuns: runs(200) },
  );
});

void t.test('an expression in a name of an environment is text to GitHub, never evaluated', async (t) => {
  const name = "${{ secrets.TOKEN }} it's }}";
  const { environment } = jobOf(workflowOf({ environment: name }));
  t.equal(environment, "${{ '${{ secrets.TOKEN }} it''s }}' }}");
  t.equal(evaluated(environment), name);
});

void t.test('a value means the same to readers of YAML 1.1, where no is false and 1_000 a number', async (t) => {
  for (const environment of ['no', 'on', '~', '1_000', '0b1', '12:30:45', '2026-11-24']) {
    const file = parse(workflowOf({ environment }).yaml, { version: '1.1' }) as File;
    t.equal(file.jobs['build-and-push'].environment, environment);
  }
});

void t.test('the comment on top tells whose file it is, what its grant lets in and where to ask', async (t) => {
  const { yaml } = workflowOf(
    { refs: ['refs/heads/main'], environment: 'prod' },
    { contact: '#edp', documentationUrl: 'https://docs.example/ecr' },
  );
  const head = yaml.slice(0, yaml.indexOf('\nname:'));
  for (const told of [
    'grant-01jdk3v6y8q2m4n6p8r0t2w4x6',
    'JPPOL-KOA/GiftCardService',
    'Department: koa',
    'refs/heads/main, in the environment prod; no pull requests',
    'arn:aws:iam::354918371398:role/koa-github-ecr-access',
    '#edp',
    'https://docs.example/ecr',
  ]) {
    t.match(head, told);
  }
  t.ok(
    head.split('\n').every((line) => line === '' || line.startsWith('#')),
    'nothing but comment',
  );
  const breaking = workflowOf({}, { contact: 'a\nname: b\r\u0085\u2028on: c' }).yaml;
  t.match(breaking, '# Questions:  a name: b   on: c\n', 'a line break of any kind does not end a comment');
  t.match(workflowOf().yaml, 'ask your platform team', 'without a contact it still says whom to ask');
  const operation = 'op-01jdk3v6y8q2m4n6p8r0t2w4x6' as OperationId;
  t.match(workflowOf({ pending: { operation, change: 'create' } }).yaml, operation, 'and what to wait for');
});

void t.test('the image is the first of the grant, or the one that is asked for', async (t) => {
  const repositories = ['koa/a', 'koa/b', 'koa/c'].map((name) => repositoryOf(name));
  const first = workflowOf({}, { repositories });
  t.equal(first.repository, 'koa/a');
  t.equal(first.fileName, '.github/workflows/push-koa-a.yml');
  t.match(first.yaml, /#   koa\/b\n#   koa\/c\n/, 'the others are listed');
  const second = workflowOf({}, { repositories, repository: 'koa/b' });
  t.equal(jobOf(second).steps[3].env?.['DOCKER_IMAGE'], '354918371398.dkr.ecr.eu-west-1.amazonaws.com/koa/b');
  const many = Array.from({ length: 500 }, (_, index) => repositoryOf(`koa/image-${index}`));
  t.match(workflowOf({}, { repositories: many }).yaml, '#   and 489 more', 'a long list is cut');
});

void t.test('an image that the grant does not cover is refused with the ones that it does', async (t) => {
  const named = grantOf({ repositories: ['koa/a' as RepositoryName] });
  const repositories = [repositoryOf('koa/a'), repositoryOf('koa/b')];
  const other = repositoryOf('pol/app', { department: 'pol' as DepartmentId });
  const refused = {
    kind: 'problem',
    code: 'invalid-input',
    pointer: '/query/repository',
    detail: /It covers koa\/a\.$/,
  };
  const ask = (repository: string) =>
    generateWorkflow({ grant: named, role, settings, repositories: [...repositories, other], repository });
  t.match(ask('koa/b'), refused, 'not named by the grant');
  t.match(ask('pol/app'), refused, 'of another department');
  t.match(ask('koa/A'), refused, 'names compare exactly');
  t.match(generateWorkflow({ grant: grantOf(), role, settings, repositories: [other] }), {
    kind: 'problem',
    code: 'not-found',
    detail: /create one in department koa first/,
  });
});

/** The commit of the runs. */
const COMMIT = 'c0ffee'.padEnd(40, '0');

/** What `docker buildx imagetools inspect` tells of an image with this revision as its label. */
function imageOf(revision: string | undefined): unknown {
  const label = revision === undefined ? {} : { Labels: { 'org.opencontainers.image.revision': revision } };
  return { architecture: 'amd64', config: { Env: ['PATH=/bin'], ...label }, rootfs: { type: 'layers' } };
}

/**
 * Runs the last step as a GitHub runner does, with a `docker` that only writes down how it is called.
 * @param inRegistry what is at the tag already; nothing without it
 */
async function runPush(workflow: Workflow, event: Readonly<Record<string, string>>, inRegistry?: unknown) {
  const folder = await mkdtemp(join(tmpdir(), 'push-step-'));
  try {
    const docker = join(folder, 'docker');
    const script = join(folder, 'step.sh');
    await writeFile(
      docker,
      `#!/bin/bash\nprintf '%s\\n' "$*" >> docker.log\n[ "$1" != buildx ] || cat image.json 2> /dev/null\n`,
    );
    await chmod(docker, 0o755);
    if (inRegistry !== undefined) await writeFile(join(folder, 'image.json'), JSON.stringify(inRegistry));
    await writeFile(script, jobOf(workflow).steps[3].run ?? '');
    const run = promisify(execFile)('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd: folder,
      env: {
        PATH: `${folder}:/usr/bin:/bin`,
        DOCKER_IMAGE: 'registry/image',
        COMMIT,
        SOURCE: 'https://github.com/JPPOL-KOA/GiftCardService',
        DEFAULT_BRANCH: 'main',
        GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
        ...event,
      },
    });
    const { code, stdout } = await run.then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { readonly code: number; readonly stdout: string }) => error,
    );
    const calls = (await readFile(join(folder, 'docker.log'), 'utf8')).trimEnd().split('\n');
    return {
      pushed: calls.flatMap((call) => /^push (.*)$/.exec(call)?.[1] ?? []),
      calls,
      code,
      stdout,
      stray: existsSync(join(folder, 'pwned')),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

void t.test('the last step pushes the tags that the repository takes', async (t) => {
  const immutable = workflowOf();
  const mutable = variants['mutable'] ?? immutable;
  const branch = { REF_TYPE: 'branch', REF_NAME: 'main' };
  const tag = (name: string) => ({ REF_TYPE: 'tag', REF_NAME: name });

  t.same((await runPush(immutable, branch)).pushed, [`registry/image:${COMMIT}`], 'a branch: the commit');
  t.same((await runPush(immutable, tag('v1.2.3'))).pushed, ['registry/image:v1.2.3'], 'a git tag: its name');
  t.same(
    (await runPush(mutable, branch)).pushed,
    [`registry/image:${COMMIT}`, 'registry/image:latest'],
    'mutable: latest',
  );
  t.same(
    (await runPush(mutable, { ...branch, REF_NAME: 'other' })).pushed,
    [`registry/image:${COMMIT}`],
    'not elsewhere',
  );
  t.match((await runPush(immutable, branch)).calls.at(-2), '--provenance=false');

  for (const [name, image] of [
    ['release/1.0', 'release-1.0'],
    ['v1+build', 'v1-build'],
    ['.-x', 'x'],
    ['---', COMMIT],
    ['é', COMMIT],
    ['x'.repeat(300), 'x'.repeat(128)],
    ['$(touch pwned)', '--touch-pwned-'.replace(/^-+/, '')],
    ['v1"; touch pwned; "', 'v1---touch-pwned---'],
    ['`touch pwned`', 'touch-pwned-'],
  ] as const) {
    const run = await runPush(immutable, tag(name));
    t.same(run.pushed, [`registry/image:${image}`], `git tag ${name.slice(0, 30)}`);
    t.notOk(run.stray, 'nothing else ran');
  }
});

void t.test(
  'a run that is started again ends well where its own image is there, and says so where another is',
  async (t) => {
    const other = 'decade'.padEnd(40, '0');
    const branch = { REF_TYPE: 'branch', REF_NAME: 'main' };
    const release = (name: string) => ({ REF_TYPE: 'tag', REF_NAME: name });
    const workflows = {
      immutable: workflowOf(),
      'latest and dev-* may move': variants['some tags may move'] ?? workflowOf(),
      'v* must not move': variants['some tags must not move'] ?? workflowOf(),
    };
    const index = (revision: string) => ({ 'linux/amd64': imageOf(revision), 'linux/arm64': imageOf(revision) });
    const says = (revision: string) =>
      new RegExp(`^::error::The tag \\S+ is the image of ${revision} already, .* new git tag`);
    const table: readonly (readonly [
      keyof typeof workflows,
      Record<string, string>,
      unknown,
      'skips' | 'pushes' | RegExp,
    ])[] = [
      ['immutable', branch, imageOf(COMMIT), 'skips'],
      ['immutable', branch, imageOf(undefined), 'skips'],
      ['immutable', release('v1'), imageOf(COMMIT), 'skips'],
      ['immutable', release('v1'), index(COMMIT), 'skips'],
      ['immutable', release('v1'), imageOf(other), says(other)],
      ['immutable', release('v1'), index(other), says(other)],
      ['immutable', release('v1'), imageOf(undefined), says('another commit')],
      ['immutable', release('v1'), imageOf('\n::warning::forged'), says('another commit')],
      ['immutable', release('v1'), imageOf(`${COMMIT}0`), says(`${COMMIT}0`)],
      ['latest and dev-* may move', release('v1'), imageOf(other), says(other)],
      ['latest and dev-* may move', release('dev-1'), imageOf(other), 'pushes'],
      ['latest and dev-* may move', release('latest'), imageOf(other), 'pushes'],
      ['latest and dev-* may move', release('dev-1'), imageOf(COMMIT), 'skips'],
      ['v* must not move', release('v1'), imageOf(other), says(other)],
      ['v* must not move', release('nightly'), imageOf(other), 'pushes'],
    ];
    for (const [name, event, there, outcome] of table) {
      const run = await runPush(workflows[name], event, there);
      const what = `${name}: ${event['REF_NAME']}, ${JSON.stringify(there)}`;
      t.equal(run.code, outcome instanceof RegExp ? 1 : 0, what);
      t.equal(run.pushed.length > 0, outcome === 'pushes', what);
      if (outcome instanceof RegExp) t.match(run.stdout, outcome);
      t.equal(
        run.stdout.match(/^::/gm)?.length ?? 0,
        outcome instanceof RegExp ? 1 : 0,
        'no label speaks to the runner',
      );
    }
  },
);

void t.test(
  'a run that ended before it pushed latest does so when it is started again, with the image that is there',
  async (t) => {
    const movable = variants['some tags may move'] ?? workflowOf();
    const branch = { REF_TYPE: 'branch', REF_NAME: 'main' };
    const copy = `buildx imagetools create --prefer-index=false --tag registry/image:latest registry/image:${COMMIT}`;
    const table: readonly (readonly [string, Workflow, Record<string, string>, boolean])[] = [
      ['on the default branch', movable, branch, true],
      ['where only others must not move', variants['some tags must not move'] ?? movable, branch, true],
      ['on another branch', movable, { ...branch, REF_NAME: 'other' }, false],
      ['on a git tag', movable, { REF_TYPE: 'tag', REF_NAME: 'main' }, false],
      ['where latest must not move', workflowOf(), branch, false],
    ];
    for (const [what, workflow, event, copies] of table) {
      const { calls, code, pushed } = await runPush(workflow, event, imageOf(COMMIT));
      t.equal(code, 0, what);
      t.same(pushed, [], `${what}: nothing is built or pushed again`);
      t.same(calls.slice(1), copies ? [copy] : [], what);
    }
    const refused = await runPush(movable, { REF_TYPE: 'tag', REF_NAME: 'v1' }, imageOf('decade'.padEnd(40, '0')));
    t.same(refused.calls.length, 1, 'latest never becomes the image of another commit');
  },
);

void t.test('latest is pushed exactly where the repository lets a tag move', async (t) => {
  const table: readonly (readonly [Partial<Repository>, boolean])[] = [
    [{ imageTagMutability: 'IMMUTABLE' }, false],
    [{ imageTagMutability: 'MUTABLE' }, true],
    [{ imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: ['lat*'] }, true],
    [{ imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: ['dev*', 'lates.'] }, false],
    [{ imageTagMutability: 'MUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: ['*test'] }, false],
    [{ imageTagMutability: 'MUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: ['v*'] }, true],
  ];
  for (const [parts, pushes] of table) {
    const step = jobOf(workflowOf({}, { repositories: [repositoryOf('a/b', parts)] })).steps[3];
    t.equal(step.run?.includes(':latest'), pushes, JSON.stringify(parts));
    t.equal(step.env !== undefined && 'DEFAULT_BRANCH' in step.env, pushes);
  }
});

/** What a token of a started run says: the classic form of `sub`, or the one with ids. */
interface Start {
  readonly ref: string;
  readonly context: string;
}

/** Every kind of run that a workflow starts by itself, with names made up for its patterns. */
function startsOf(workflow: Workflow): readonly Start[] {
  const { on } = fileOf(workflow);
  const { environment } = jobOf(workflow);
  const nameFor = (filter: string) => filter.replace('**', 'x/y').replace(/\\(.)/gsu, '$1');
  const refs = [
    ...(on.push?.branches ?? []).map((filter) => `refs/heads/${nameFor(filter)}`),
    ...(on.push?.tags ?? []).map((filter) => `refs/tags/${nameFor(filter)}`),
  ];
  const inEnvironment = environment === undefined ? undefined : `environment:${environment}`;
  return [
    ...refs.map((ref) => ({ ref, context: inEnvironment ?? `ref:${ref}` })),
    ...('pull_request' in on ? [{ ref: 'refs/pull/7/merge', context: inEnvironment ?? 'pull_request' }] : []),
  ];
}

const organisation: Organisation = {
  department: koa,
  login: 'JPPOL-KOA' as OrganisationLogin,
  ownerId: '4711' as GitHubId,
  shared: false,
  createdAt: THEN,
  updatedAt: THEN,
  revision: 1,
};

/** Whether AWS would let a run of `JPPOL-KOA/GiftCardService` assume the role, for each form of `sub`. */
function letsIn(grant: Grant, workflow: Workflow, { ref, context }: Start): readonly string[] {
  const key = (claim: string) => `${settings.oidcProvider}:${claim}`;
  return ['JPPOL-KOA/GiftCardService', 'JPPOL-KOA@4711/GiftCardService@42'].map((repository) =>
    evaluateDocument(
      trustPolicy([grant], [organisation], settings),
      {
        principal: { kind: 'federated', provider: oidcProviderArn(settings) },
        action: 'sts:AssumeRoleWithWebIdentity',
        resource: '*',
        context: {
          [key('aud')]: `${jobOf(workflow).steps[1].with?.['audience'] ?? 'sts.amazonaws.com'}`,
          [key('sub')]: `repo:${repository}:${context}`,
          [key('repository_id')]: '42',
          [key('ref')]: ref,
        },
      },
      'resource',
    ),
  );
}

void t.test("the trust policy of a grant lets in every run that the grant's workflow starts", async (t) => {
  const pinned = { repositoryId: '42' as GitHubId };
  const table: readonly Partial<Grant>[] = [
    pinned,
    { ...pinned, refs: ['refs/heads/main'] },
    { ...pinned, refs: ['refs/heads/release/*', 'refs/tags/v*'] },
    { ...pinned, environment: 'production' },
    { ...pinned, environment: 'production', refs: ['refs/tags/v*'] },
    { ...pinned, pullRequests: true },
    { ...pinned, pullRequests: true, refs: ['refs/heads/main'] },
    { ...pinned, pullRequests: true, environment: 'preview' },
    { ...pinned, refs: ['refs/heads/c++', 'refs/heads/!x'] },
    {},
    { repository: 'Gift*' },
    { organisation: 'JPPOL-*', repository: '*' },
  ];
  for (const parts of table) {
    const grant = grantOf(parts);
    const workflow = workflowOf(parts);
    const starts = startsOf(workflow);
    t.not(starts.length, 0, 'it starts by itself');
    for (const start of starts) {
      t.same(
        letsIn(grant, workflow, start),
        ['allow', 'allow'],
        `${JSON.stringify(parts)} ${start.ref} ${start.context}`,
      );
    }
  }
  const narrow = { ...pinned, refs: ['refs/heads/main'] };
  const elsewhere = { ref: 'refs/heads/other', context: 'ref:refs/heads/other' };
  t.same(letsIn(grantOf(narrow), workflowOf(narrow), elsewhere), ['none', 'none'], 'it would tell');
});

void t.test(
  'property: whatever a valid grant is narrowed to, its workflow starts only where AWS lets it in',
  async (t) => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'B', '/', '+', '!', '-', '.', '#', '@', '{', ']', ','),
      minLength: 1,
    });
    const ref = fc
      .tuple(fc.constantFrom('refs/heads/', 'refs/tags/'), text, fc.constantFrom('', '*'))
      .map((parts) => parts.join(''));
    const grants = fc.record(
      { refs: fc.uniqueArray(ref, { minLength: 1, maxLength: 4 }), environment: text, pullRequests: fc.boolean() },
      { requiredKeys: ['pullRequests'] },
    );
    let checked = 0;
    fc.assert(
      fc.property(grants, (parts) => {
        const grant = grantOf({ ...parts, repositoryId: '42' as GitHubId });
        fc.pre(checkGrant(grant, [organisation], settings).length === 0);
        const workflow = workflowOf(grant);
        return startsOf(workflow).every((start) => {
          checked += 1;
          return letsIn(grant, workflow, start).every((decision) => decision === 'allow');
        });
      }),
      { numRuns: 300 },
    );
    t.ok(checked >= 300, `${checked} runs`);
  },
);
