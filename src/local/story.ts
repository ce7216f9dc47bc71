import { observeRepository, observeRole } from '../aws/observe.ts';
import { findBreak } from '../ledger/chain.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { idOfName, type Job } from './github/job.ts';
import { tryPull, tryPush } from './push-image.ts';
import { EDP, KOA, type World } from './story-world.ts';

/** A step of the story: what it claims, and how it is played; what it returns is shown. */
export interface Step {
  readonly title: string;
  /** @throws Error when the claim does not hold */
  readonly play: (world: World) => Promise<readonly string[]>;
}

/** The seed's three EKS accounts. */
const ACCOUNTS = [
  { description: 'aws-koa-dev', accountId: '931827427725', canWrite: false },
  { description: 'aws-koa-test', accountId: '615205931730', canWrite: false },
  { description: 'aws-koa-prod', accountId: '151484623076', canWrite: false },
] as const;

const TAG = '3d3c42e5';

/** Those who must not push: each with a real token of the same issuer. */
const STRANGERS: readonly { readonly who: string; readonly job: Job }[] = [
  { who: 'a stranger', job: { repository: 'somebody-else/app' } },
  { who: 'a look-alike organisation', job: { repository: 'JPPOL-KOA-evil/GiftCardService' } },
  { who: "another department's workflow", job: { repository: 'JPPOL-POL/Website' } },
  { who: 'another repository of KOA', job: { repository: 'JPPOL-KOA/OtherService' } },
  {
    who: 'the name, re-created with another id',
    job: { repository: 'JPPOL-KOA/GiftCardService', repositoryId: '999999999' },
  },
  {
    who: 'a pull request of the granted repository',
    job: { repository: 'JPPOL-KOA/GiftCardService', event: 'pull_request', pullRequest: 1 },
  },
];

/** What the platform team does before a department can help itself. */
export const ONBOARDING: readonly Step[] = [
  {
    title: 'EDP registers the department KOA, with GiftCardService’s main branch as its manager',
    play: async ({ ask }) => {
      const { operation } = await ask(EDP, 'POST', '/v1/departments', 201, {
        id: 'koa',
        displayName: 'KOA',
        roleName: 'koa-github-ecr-access',
        managers: [{ repositoryId: idOfName(KOA.repository), repository: KOA.repository, ref: 'refs/heads/main' }],
      });
      return calls(operation.plan);
    },
  },
  {
    title: 'EDP registers the GitHub organisation JPPOL-KOA by its owner id',
    play: async ({ ask }) => {
      await ask(EDP, 'PUT', '/v1/departments/koa/organisations/JPPOL-KOA', 201, { ownerId: idOfName('JPPOL-KOA') });
      return [];
    },
  },
  {
    title: 'EDP lets the three EKS accounts pull',
    play: async ({ ask }) => {
      await ask(EDP, 'PUT', '/v1/departments/koa/account-access', 200, { accounts: ACCOUNTS }, { 'if-match': '*' });
      return ACCOUNTS.map(({ accountId, description }) => `${accountId} ${description}`);
    },
  },
];

/** The seed's example, from an empty account to an audit trail. */
export const STORY: readonly Step[] = [
  ...ONBOARDING,
  {
    title: 'A workflow of JPPOL-KOA/GiftCardService creates the repository giftcard-service',
    play: async ({ ask }) => {
      const { operation, repository } = await ask(KOA, 'POST', '/v1/departments/koa/repositories', 201, {
        name: 'giftcard-service',
      });
      return [...calls(operation.plan), `image ${repository.uri}`];
    },
  },
  {
    title: 'It grants itself push access',
    play: async ({ ask, learned }) => {
      const { operation, grant, blastRadius } = await ask(KOA, 'POST', '/v1/departments/koa/grants', 201, {
        organisation: 'JPPOL-KOA',
        repository: 'GiftCardService',
      });
      learned.grant = grant.id;
      learned.roleArn = grant.pushRoleArn;
      return [...calls(operation.plan), blastRadius.sentence];
    },
  },
  {
    title: 'It receives its workflow',
    play: async ({ ask, learned }) => {
      const yaml: string = await ask(KOA, 'GET', `/v1/departments/koa/grants/${learned.grant}/workflow`, 200);
      if (!yaml.includes(learned.roleArn)) throw new Error('The workflow does not name the push role.');
      return [yaml.trimEnd()];
    },
  },
  {
    title: 'This is what is in ECR',
    play: async ({ embedded }) => {
      const repository = await observeRepository(embedded.executor.aws, 'giftcard-service');
      if (repository === undefined) throw new Error('ECR has no giftcard-service.');
      return [JSON.stringify(repository, undefined, 2)];
    },
  },
  {
    title: 'This is what is in IAM',
    play: async ({ embedded }) => {
      const role = await observeRole(embedded.executor.aws, 'koa-github-ecr-access');
      if (role === undefined) throw new Error('IAM has no koa-github-ecr-access.');
      return [JSON.stringify(role, undefined, 2)];
    },
  },
  {
    title: 'The granted workflow’s token may push, in both forms of GitHub’s sub',
    play: async (world) => {
      const classic = await push(world, { ...KOA, form: 'classic' }, TAG);
      const immutable = await push(world, { ...KOA, form: 'immutable' }, `${TAG}-2`);
      return [`classic    ${mustBeAllowed(classic)}`, `immutable  ${mustBeAllowed(immutable)}`];
    },
  },
  {
    title: 'Nobody else’s token may',
    play: async (world) => {
      const lines: string[] = [];
      for (const { who, job } of STRANGERS)
        lines.push(`${mustBeRefused(await push(world, job, 'evil'), who)}  ${who} (${job.repository})`);
      return lines;
    },
  },
  {
    title: 'The EKS accounts may pull; an account that nobody listed cannot',
    play: async ({ embedded, place }) => {
      const { accountId } = embedded.config.aws;
      const lines: string[] = [];
      for (const account of ACCOUNTS)
        lines.push(
          `allowed  ${account.description} ${mustBeAllowed(await tryPull(place, account.accountId, accountId, 'giftcard-service', TAG))}`,
        );
      lines.push(
        `${mustBeRefused(await tryPull(place, '111122223333', accountId, 'giftcard-service', TAG), 'an account that nobody listed')}  111122223333`,
      );
      return lines;
    },
  },
  {
    title: 'The audit trail says who did what, and its chain is whole',
    play: async ({ ask }) => {
      const { items } = await ask(KOA, 'GET', '/v1/departments/koa/audit-events?order=oldest', 200);
      const broken = findBreak(items as AuditEvent[]);
      if (broken !== undefined) throw new Error(`The chain is broken: ${broken}`);
      return (items as AuditEvent[]).map(auditLine);
    },
  },
];

async function push({ place, learned, tokenFor, embedded }: World, job: Job, tag: string) {
  const token = await tokenFor(job, embedded.config.aws.stsAudience);
  return tryPush(place, learned.roleArn, token, 'giftcard-service', tag);
}

type Attempt = Awaited<ReturnType<typeof tryPush>>;

function mustBeAllowed(attempt: Attempt): string {
  if (attempt.allowed) return attempt.digest;
  throw new Error(`${attempt.by} refused: ${attempt.error}`);
}

function mustBeRefused(attempt: Attempt, who: string): string {
  if (attempt.allowed) throw new Error(`${who} was allowed.`);
  return `refused by ${attempt.by}: ${attempt.error}`;
}

function calls(plan: readonly { readonly action: string; readonly resource: string }[]): readonly string[] {
  return plan.map(({ action, resource }) => `${action} ${resource}`);
}

function auditLine({ seq, outcome, action, caller, subject, awsCalls, hash }: AuditEvent): string {
  const who = caller === undefined ? 'the executor' : `${caller.repository} run ${caller.runId ?? '?'}`;
  const made = awsCalls === undefined ? '' : `, ${awsCalls.length} AWS calls`;
  return `${String(seq).padStart(2)} ${hash.slice(0, 12)} ${outcome.padEnd(9)} ${action} ${subject?.id ?? ''} by ${who}${made}`;
}
