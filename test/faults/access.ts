import { claimsOf, idOfName, type Job } from '../../src/local/github/job.ts';
import { oidcProviderArn, repositoryArn, roleArn, type AwsSettings } from '../../src/model/settings.ts';
import type { Resources } from '../../src/plan/resources.ts';
import { ASSUME_ACTION } from '../../src/policy/actions.ts';
import { authorize, evaluateDocument } from '../../src/policy/evaluate.ts';
import { permissionsBoundary } from '../../src/policy/push-policy.ts';
import { DEPARTMENT_TAG } from '../../src/policy/tags.ts';

/** Whom it is tried for: GitHub jobs, and AWS accounts. */
export interface Probes {
  readonly jobs: readonly Job[];
  readonly accounts: readonly string[];
}

const ACTIONS = { pull: 'ecr:BatchGetImage', push: 'ecr:PutImage' } as const;
const [LONG_AGO, JUST_NOW] = ['2001-01-01T00:00:00Z', '2999-01-01T00:00:00Z'];

/**
 * What the probes may do with the resources as they stand: each line one access. A job's is the product of a role's
 * trust and permissions; a session that is alive needs no trust.
 */
export function accessOf(resources: Resources, probes: Probes, settings: AwsSettings): ReadonlySet<string> {
  const access = new Set<string>();
  for (const [name, role] of resources.roles) {
    if (role === undefined) continue;
    const assuming = probes.jobs.filter((job) => mayAssume(role.trustPolicy, job, settings));
    for (const repository of resources.repositories.keys()) {
      if (mayPush(resources, name, repository, LONG_AGO, settings))
        access.add(`living session of ${name} pushes ${repository}`);
      if (assuming.length === 0 || !mayPush(resources, name, repository, JUST_NOW, settings)) continue;
      for (const job of assuming) access.add(`${describe(job)} pushes ${repository} by ${name}`);
    }
  }
  for (const [name, repository] of resources.repositories) {
    if (repository?.policy === undefined) continue;
    for (const accountId of probes.accounts) {
      for (const [what, action] of Object.entries(ACTIONS)) {
        const request = {
          principal: { kind: 'account', accountId } as const,
          action,
          resource: repositoryArn(settings, name),
          context: { 'aws:PrincipalOrgID': settings.organisationId ?? 'o-none' },
        };
        if (evaluateDocument(repository.policy, request, 'resource') === 'allow')
          access.add(`account ${accountId} may ${what} ${name}`);
      }
    }
  }
  return access;
}

function describe({ repository, ref = 'refs/heads/main', environment, pullRequest }: Job): string {
  return `${repository}@${pullRequest === undefined ? (environment ?? ref) : 'pull'}`;
}

function mayAssume(trust: Parameters<typeof evaluateDocument>[0], job: Job, settings: AwsSettings): boolean {
  const claims = claimsOf(job, {
    issuer: `https://${settings.oidcProvider}`,
    audience: settings.stsAudience,
    now: new Date(0),
    jti: 'probe',
  });
  const key = (claim: string): string => `${settings.oidcProvider}:${claim}`;
  const context = Object.fromEntries(
    ['sub', 'aud', 'repository_id', 'ref'].map((claim) => [key(claim), String(claims[claim])]),
  );
  const request = {
    principal: { kind: 'federated', provider: oidcProviderArn(settings) } as const,
    action: ASSUME_ACTION,
    resource: '*',
    context,
  };
  return evaluateDocument(trust, request, 'resource') === 'allow';
}

function mayPush(
  { roles, repositories }: Resources,
  roleName: string,
  name: string,
  issued: string,
  settings: AwsSettings,
): boolean {
  const role = roles.get(roleName);
  const repository = repositories.get(name);
  if (role === undefined || repository === undefined) return false;
  const arn = roleArn(settings, role.path, roleName);
  const { allowed } = authorize(
    {
      identity: Object.values(role.inlinePolicies),
      boundary: permissionsBoundary(settings),
      ...(repository.policy === undefined ? {} : { resource: repository.policy }),
      resourceAccountId: settings.accountId,
    },
    {
      principal: {
        kind: 'assumed-role',
        accountId: settings.accountId,
        roleArn: arn,
        sessionArn: `arn:${settings.partition}:sts::${settings.accountId}:assumed-role/${roleName}/probe`,
      },
      action: ACTIONS.push,
      resource: repositoryArn(settings, name),
      context: {
        [`aws:ResourceTag/${DEPARTMENT_TAG}`]: repository.tags[DEPARTMENT_TAG] ?? '',
        [`aws:PrincipalTag/${DEPARTMENT_TAG}`]: role.tags[DEPARTMENT_TAG] ?? '',
        'aws:TokenIssueTime': issued,
      },
    },
  );
  return allowed;
}

/** Jobs and accounts that see whether anything is wider than it may be: those that are granted, and their neighbours. */
export function probesOf(organisation: string, other: string): Probes {
  const app = `${organisation}/app`;
  return {
    jobs: [
      { repository: app },
      { repository: app, form: 'immutable' },
      { repository: app, ref: 'refs/tags/v1' },
      { repository: app, environment: 'prod' },
      { repository: app, environment: 'test' },
      { repository: app, pullRequest: 7 },
      { repository: app, repositoryId: idOfName('made-again') },
      { repository: `${organisation}/site` },
      { repository: `${organisation}/site`, environment: 'prod' },
      { repository: `${organisation}/gift-cards` },
      { repository: `${other}/app` },
      { repository: `${other}/gift-cards` },
      { repository: 'somebody-else/app' },
    ],
    accounts: ['931827427725', '931827427726', '931827427727', '111122223333'],
  };
}
