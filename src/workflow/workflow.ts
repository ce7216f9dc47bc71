import { Document, isMap, isNode, isScalar, isSeq, Scalar, visit } from 'yaml';
import type { Grant } from '../model/grant.ts';
import type { Json } from '../model/plan.ts';
import type { PushRole } from '../model/push-role.ts';
import type { Repository } from '../model/repository.ts';
import { type AwsSettings, registryHost, roleArn } from '../model/settings.ts';
import pins from './actions.json' with { type: 'json' };
import { headerComment } from './header-comment.ts';
import { canMoveTag, pushScript } from './push-script.ts';
import { type GrantTriggers, triggersOf } from './triggers.ts';

/** What a workflow is generated from. */
export interface WorkflowInput {
  readonly grant: Grant;
  /** The grant's push role. */
  readonly role: PushRole;
  /** The images that the grant may push to; the first is the one that is built unless another is asked for. */
  readonly repositories: readonly Repository[];
  /** Name of the image that the workflow is to push. */
  readonly repository?: string;
  readonly settings: AwsSettings;
  /** Where people ask for help, such as a chat channel. */
  readonly contact?: string;
  readonly documentationUrl?: string;
}

/** A workflow file as data: exactly what its YAML parses to. */
export type WorkflowValue = { readonly [key: string]: Json };

/** The GitHub Actions file for one image of a grant. */
export interface Workflow {
  readonly kind: 'workflow';
  /** Path in the GitHub repository, such as `.github/workflows/push-giftcard-service.yml`. */
  readonly fileName: string;
  /** The image that it pushes. */
  readonly repository: string;
  readonly yaml: string;
  readonly json: WorkflowValue;
}

/** Why there is no workflow to generate. */
export interface WorkflowProblem {
  readonly kind: 'problem';
  readonly code: 'invalid-input' | 'not-found';
  /** JSON pointer into the request. */
  readonly pointer: '/query/repository';
  readonly detail: string;
}

/**
 * Generates the workflow that builds one image and pushes it with a grant's role: checkout, AWS credentials, login to
 * ECR, build and push. It starts only where the grant's trust policy lets it in.
 */
export function generateWorkflow(input: WorkflowInput): Workflow | WorkflowProblem {
  const covered = input.repositories.filter((repository) => covers(input.grant, repository));
  const repository =
    input.repository === undefined ? covered[0] : covered.find((candidate) => candidate.name === input.repository);
  if (repository === undefined) return problemOf(input, covered);

  const triggers = triggersOf(input.grant);
  const json = workflowValue(input, repository, triggers);
  return {
    kind: 'workflow',
    fileName: fileNameOf(repository.name),
    repository: repository.name,
    json,
    yaml: workflowYaml(json, headerComment({ ...input, repository, repositories: covered, triggers })),
  };
}

function covers(grant: Grant, repository: Repository): boolean {
  return (
    repository.department === grant.department &&
    (grant.repositories === undefined || grant.repositories.includes(repository.name))
  );
}

function problemOf(input: WorkflowInput, covered: readonly Repository[]): WorkflowProblem {
  if (covered.length === 0) {
    return {
      kind: 'problem',
      code: 'not-found',
      pointer: '/query/repository',
      detail: `The grant covers no repository yet: create one in department ${input.grant.department} first.`,
    };
  }
  const names = covered.slice(0, 10).map((repository) => repository.name);
  const more = covered.length > names.length ? ` and ${covered.length - names.length} more` : '';
  return {
    kind: 'problem',
    code: 'invalid-input',
    pointer: '/query/repository',
    detail: `The grant does not cover this repository. It covers ${names.join(', ')}${more}.`,
  };
}

/** ECR names hold only `[a-z0-9._/-]`, so a slash is all that a file name can't take. */
function fileNameOf(repository: string): string {
  return `.github/workflows/push-${repository.replaceAll('/', '-').slice(0, 100)}.yml`;
}

function workflowValue(input: WorkflowInput, repository: Repository, triggers: GrantTriggers): WorkflowValue {
  return {
    name: `Build and push ${repository.name}`,
    on: triggers.on,
    permissions: { contents: 'read' },
    concurrency: { group: `${repository.name}-\${{ github.ref }}`, 'cancel-in-progress': false },
    jobs: {
      'build-and-push': {
        name: `Build and push ${repository.name}`,
        'runs-on': 'ubuntu-24.04',
        'timeout-minutes': 30,
        ...(triggers.on.pull_request === null && { if: NOT_FROM_A_FORK }),
        ...(input.grant.environment !== undefined && { environment: literal(input.grant.environment) }),
        permissions: { contents: 'read', 'id-token': 'write' },
        steps: steps(input, repository),
      },
    },
  };
}

/** GitHub gives no OIDC token to a fork's pull request: such a run is skipped instead of failing. */
const NOT_FROM_A_FORK =
  "github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository";

function steps({ role, settings }: WorkflowInput, repository: Repository): readonly Json[] {
  return [
    { name: 'Checkout code', uses: usesOf('checkout'), with: { 'persist-credentials': false } },
    {
      name: 'Configure AWS credentials',
      uses: usesOf('configureAwsCredentials'),
      with: {
        'role-to-assume': roleArn(settings, role.path, role.name),
        'aws-region': settings.region,
        'role-session-name': '${{ github.run_id }}',
        ...(settings.stsAudience !== DEFAULT_AUDIENCE && { audience: settings.stsAudience }),
        'retry-max-attempts': '11',
      },
    },
    {
      name: 'Login to Amazon ECR',
      uses: usesOf('amazonEcrLogin'),
      with: { registries: settings.accountId },
    },
    {
      name: 'Build and push image',
      shell: 'bash',
      env: {
        DOCKER_IMAGE: `${registryHost(settings)}/${repository.name}`,
        COMMIT: '${{ github.sha }}',
        REF_TYPE: '${{ github.ref_type }}',
        REF_NAME: '${{ github.ref_name }}',
        ...(canMoveTag(repository, 'latest') && { DEFAULT_BRANCH: '${{ github.event.repository.default_branch }}' }),
        SOURCE: '${{ github.server_url }}/${{ github.repository }}',
      },
      run: pushScript(repository),
    },
  ];
}

/** What configure-aws-credentials asks for unless it is told otherwise. */
const DEFAULT_AUDIENCE = 'sts.amazonaws.com';

function usesOf(action: keyof typeof pins.actions): string {
  const { name, commit } = pins.actions[action];
  return `${name}@${commit}`;
}

/** GitHub evaluates `${{ … }}` inside any value; a value that holds it is written as an expression's string literal. */
function literal(text: string): string {
  return text.includes('${{') ? `\${{ '${text.replaceAll("'", "''")}' }}` : text;
}

function workflowYaml(value: WorkflowValue, header: string): string {
  const document = new Document(value);
  document.commentBefore = header;
  quoteValues(document);
  spaceOut(document);
  for (const [path, comment] of Object.entries(COMMENTS)) commentOn(document, path.split('/'), comment);
  for (const [name, comment] of Object.entries(PERMISSION_COMMENTS)) explain(document, name, comment);
  for (const { name, commit, version } of Object.values(pins.actions))
    pinVersion(document, `${name}@${commit}`, version);
  return document.toString({ lineWidth: 0, nullStr: '' });
}

/** Everything that came from outside stands in these blocks; quoted, it means the same to every YAML reader. */
const QUOTED_BLOCKS: ReadonlySet<unknown> = new Set(['on', 'concurrency', 'environment', 'with', 'env']);

function quoteValues(document: Document): void {
  visit(document, {
    Pair: (_, pair) => {
      if (!isScalar(pair.key) || !QUOTED_BLOCKS.has(pair.key.value) || !isNode(pair.value)) return;
      visit(pair.value, {
        Scalar: (key, scalar) => {
          if (key !== 'key' && typeof scalar.value === 'string') scalar.type = Scalar.QUOTE_DOUBLE;
        },
      });
    },
  });
}

function spaceOut(document: Document): void {
  if (isMap(document.contents)) {
    for (const pair of document.contents.items.slice(1)) if (isScalar(pair.key)) pair.key.spaceBefore = true;
  }
  const steps = document.getIn(['jobs', 'build-and-push', 'steps'], true);
  if (isSeq(steps)) for (const step of steps.items.slice(1)) if (isNode(step)) step.spaceBefore = true;
}

/** Comments on keys, by their path from the root. */
const COMMENTS: Readonly<Record<string, string>> = {
  on: ' The grant allows runs on these. You may list fewer; on anything else (another branch, tag, environment) AWS refuses the role.',
  concurrency: ' One build at a time for a branch; of several that wait, GitHub keeps the newest.',
  'jobs/build-and-push/if': ' GitHub gives no identity token to a pull request from a fork.',
  'jobs/build-and-push/environment': ' The grant is for this environment only: without this line AWS refuses the role.',
  'jobs/build-and-push/permissions': ' These and nothing else.',
  'jobs/build-and-push/steps/1/with/retry-max-attempts':
    ' AWS can take some seconds to know a new role everywhere: until then "Not authorized" is asked again, with growing\n pauses. A run that the grant does not allow fails after about a minute, two at the most.',
};

/** What the job needs each permission for; behind it, where linters look for it. */
const PERMISSION_COMMENTS: Readonly<Record<string, string>> = {
  contents: ' Read the code.',
  'id-token': ' Ask GitHub for the identity token that AWS trusts.',
};

function explain(document: Document, permission: string, comment: string): void {
  const value = document.getIn(['jobs', 'build-and-push', 'permissions', permission], true);
  if (isScalar(value)) value.comment = comment;
}

function commentOn(document: Document, path: readonly string[], comment: string): void {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1).map(indexOrKey), true);
  if (!isMap(parent)) return;
  const key = parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))?.key;
  if (isScalar(key)) key.commentBefore = comment;
}

function indexOrKey(part: string): string | number {
  return /^\d+$/.test(part) ? Number(part) : part;
}

function pinVersion(document: Document, uses: string, version: string): void {
  visit(document, {
    Scalar: (_, scalar) => {
      if (scalar.value === uses) scalar.comment = ` ${version}`;
    },
  });
}
