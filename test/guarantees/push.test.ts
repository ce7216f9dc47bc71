/** The main job, end to end: who may push and pull is proved by trying, with the real SDK, on the embedded AWS. */
import { InitiateLayerUploadCommand } from '@aws-sdk/client-ecr';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import t from 'tap';
import type { Job } from '../../src/local/github/job.ts';
import { claimsOf } from '../../src/local/github/job.ts';
import { push } from '../local/aws-support.ts';
import { signTexts } from '../support/bad-tokens.ts';
import { accountCredentials, assumeRole, awsHands, pullImage, stsToken, type Credentials } from '../support/hands.ts';
import { laterInstance } from '../support/instances.ts';
import { idOf, KOA, onboard, onboardKoaAndPol, POL, startService, type Service } from '../support/service.ts';

const REPOSITORY = 'JPPOL-KOA/GiftCardService';
const EKS_ACCOUNT = '931827427725';

/** Creates a repository of a department as one of its managers. */
async function create(service: Service, department: string, name: string, job: Job): Promise<void> {
  const answer = await service.ask(job, {
    method: 'POST',
    path: `/v1/departments/${department}/repositories`,
    body: { name },
  });
  if (answer.status !== 201) throw new Error(answer.text);
}

/** Grants and gives the grant as the API shows it. */
async function grant(
  service: Service,
  body: Readonly<Record<string, unknown>>,
  job: Job = KOA,
  department = 'koa',
): Promise<{ readonly id: string; readonly pushRoleArn: string; readonly pushRole: string }> {
  const answer = await service.ask(job, { method: 'POST', path: `/v1/departments/${department}/grants`, body });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.grant;
}

async function mayPush(
  service: Service,
  roleArn: string,
  token: string,
  repository: string,
): Promise<'sts' | 'ecr' | 'pushed'> {
  let credentials: Credentials;
  try {
    credentials = await assumeRole(service, roleArn, token);
  } catch (error) {
    return denied(
      error,
      'sts',
      /^(AccessDenied|AccessDeniedException|InvalidIdentityToken|InvalidIdentityTokenException|ExpiredTokenException)$/,
    );
  }
  try {
    await push(awsHands(service).ecr(credentials), repository, `t-${randomUUID()}`, randomUUID());
    return 'pushed';
  } catch (error) {
    return denied(error, 'ecr', /^AccessDeniedException$/);
  }
}

/** Only a refusal counts as one: a test that stumbles over something else proves nothing. */
function denied(error: unknown, where: 'sts' | 'ecr', names: RegExp): 'sts' | 'ecr' {
  if (names.test((error as Error).name)) return where;
  throw error;
}

const strangersKey = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A token whose signature is by somebody else, with the issuer's own key id. */
function forged(service: Service, job: Job): string {
  const { issuer, config } = service.embedded;
  const claims = claimsOf(job, {
    issuer: config.issuer,
    audience: config.aws.stsAudience,
    now: new Date(),
    jti: randomUUID(),
  });
  const header = { typ: 'JWT', alg: 'RS256', kid: issuer.signingKey.kid };
  return signTexts(JSON.stringify(header), JSON.stringify(claims), strangersKey.privateKey);
}

type Token = (service: Service) => Promise<string>;

function job(more: Partial<Job>): Token {
  return (service) => stsToken(service, { ...KOA, ...more });
}

const OWN = { ownerId: idOf('JPPOL-KOA'), repositoryId: idOf(REPOSITORY) };

/** Tokens that may not push with a grant for exactly this repository, whatever branch, tag or environment it names. */
const HOSTILE: readonly (readonly [string, Token])[] = [
  ['a look-alike owner', job({ repository: 'JPPOL-KOA-evil/GiftCardService' })],
  [
    'a look-alike owner in the immutable form',
    job({ repository: 'JPPOL-KOA-evil/GiftCardService', form: 'immutable' }),
  ],
  ['a prefix of the owner', job({ repository: 'JPPOL/GiftCardService' })],
  ['an owner with the name behind it', job({ repository: 'evil-JPPOL-KOA/GiftCardService' })],
  [
    'the owner in lower case, ids of a stranger',
    job({ repository: 'jppol-koa/GiftCardService', ownerId: '1', repositoryId: '2' }),
  ],
  ['the owner in lower case', job({ repository: 'jppol-koa/GiftCardService' })],
  ['another department', job({ repository: 'JPPOL-POL/GiftCardService' })],
  ['another department with the same repository id as a name', job({ repository: `JPPOL-POL/${OWN.repositoryId}` })],
  ['a fork of a stranger', job({ repository: 'somebody-else/GiftCardService' })],
  ['another repository of the organisation', job({ repository: 'JPPOL-KOA/Other' })],
  ['a repository whose name begins alike', job({ repository: 'JPPOL-KOA/GiftCardService-evil' })],
  ['a repository whose name ends alike', job({ repository: 'JPPOL-KOA/evil-GiftCardService' })],
  ['a shorter name', job({ repository: 'JPPOL-KOA/GiftCard' })],
  ['the repository re-created, with a new id', job({ repositoryId: '999999999' })],
  ['the repository re-created, in the immutable form', job({ repositoryId: '999999999', form: 'immutable' })],
  ['the owner re-created, with new ids', job({ ownerId: '999999998', repositoryId: '999999999' })],
  [
    'the owner re-created, in the immutable form',
    job({ ownerId: '999999998', repositoryId: OWN.repositoryId, form: 'immutable' }),
  ],
  ['an id with something behind it', job({ repositoryId: `${OWN.repositoryId}0` })],
  ['an id with something before it', job({ repositoryId: `1${OWN.repositoryId}` })],
  ['an id with a space', job({ repositoryId: `${OWN.repositoryId} ` })],
  ['an empty repository id', job({ repositoryId: '' })],
  ['no repository id', job({ claims: { repository_id: undefined } })],
  ['a repository id that is a number', job({ claims: { repository_id: Number(OWN.repositoryId) } })],
  ['a list of repository ids', job({ claims: { repository_id: [OWN.repositoryId, '2'] } })],
  ['a wildcard as repository id', job({ repositoryId: '*' })],
  [
    'hyphenated ids',
    job({ sub: `repo:JPPOL-KOA-${OWN.ownerId}/GiftCardService-${OWN.repositoryId}:ref:refs/heads/main` }),
  ],
  [
    'the owner id behind another sign',
    job({ sub: `repo:JPPOL-KOA:${OWN.ownerId}/GiftCardService:ref:refs/heads/main` }),
  ],
  ['a pull request', job({ pullRequest: 7 })],
  ['a pull request in the immutable form', job({ pullRequest: 7, form: 'immutable' })],
  ['a pull request of a fork', job({ repository: 'somebody-else/GiftCardService', pullRequest: 7 })],
  ['a merge ref', job({ ref: 'refs/pull/7/merge' })],
  ['an empty sub', job({ sub: '' })],
  ['a sub that is a space', job({ sub: ' ' })],
  ['no sub', job({ claims: { sub: undefined } })],
  ['a template with only the repository', job({ sub: 'repo:JPPOL-KOA/GiftCardService' })],
  ['a template with an empty context', job({ sub: 'repo:JPPOL-KOA/GiftCardService:' })],
  ['a template with an empty ref', job({ sub: 'repo:JPPOL-KOA/GiftCardService:ref:' })],
  ['a template by owner', job({ sub: 'repository_owner:JPPOL-KOA' })],
  ['a template by owner id and a context', job({ sub: `repository_owner_id:${OWN.ownerId}:ref:refs/heads/main` })],
  [
    'a template by workflow',
    job({ sub: 'job_workflow_ref:JPPOL-KOA/GiftCardService/.github/workflows/build.yml@refs/heads/main' }),
  ],
  [
    'a template that lets the branch speak first',
    job({ sub: 'ref:repo:JPPOL-KOA/GiftCardService:ref:refs/heads/main' }),
  ],
  [
    'a template that lets the environment speak first',
    job({ sub: 'environment:repo:JPPOL-KOA/GiftCardService:environment:prod' }),
  ],
  ['a template by actor', job({ sub: 'actor:repo:JPPOL-KOA/GiftCardService:ref:refs/heads/main' })],
  ['a prefix in another case', job({ sub: 'REPO:JPPOL-KOA/GiftCardService:ref:refs/heads/main' })],
  ['a line break before the prefix', job({ sub: '\nrepo:JPPOL-KOA/GiftCardService:ref:refs/heads/main' })],
  [
    'another repository with a branch that spells ours',
    job({ repository: 'JPPOL-KOA/Other', ref: 'refs/heads/x:repo:JPPOL-KOA/GiftCardService:ref:refs/heads/main' }),
  ],
  [
    'another repository with an environment that spells ours',
    job({ repository: 'JPPOL-KOA/Other', environment: 'x/GiftCardService:ref:refs/heads/main' }),
  ],
  [
    'a stranger with an environment that spells ours',
    job({ repository: 'somebody-else/app', environment: 'repo:JPPOL-KOA/GiftCardService:environment:prod' }),
  ],
  [
    'a stranger with our ids in the name',
    job({ repository: `somebody-else/JPPOL-KOA-${OWN.ownerId}`, ref: 'refs/heads/GiftCardService' }),
  ],
  ['signed by another key', async (service) => forged(service, KOA)],
  ['signed by nobody', async (service) => `${(await stsToken(service, KOA)).split('.').slice(0, 2).join('.')}.`],
  ["our own API's audience", (service) => service.token(KOA)],
  ["GitHub's default audience", (service) => service.token(KOA, 'https://github.com/JPPOL-KOA')],
  ['an empty audience', job({ claims: { aud: '' } })],
  ['an audience in another case', job({ claims: { aud: 'STS.amazonaws.com' } })],
  ['another issuer', job({ claims: { iss: 'https://token.actions.githubusercontent.com/evil' } })],
  ['an issuer without TLS', job({ claims: { iss: 'http://token.actions.githubusercontent.com' } })],
  ['an hour after its end', job({ claims: { iat: now() - 7_200, nbf: now() - 7_800, exp: now() - 3_600 } })],
  ['before its beginning', job({ claims: { nbf: now() + 3_600 } })],
];

function now(): number {
  return Math.floor(Date.now() / 1000);
}

t.test('the granted workflow pushes, its EKS account pulls, and nobody else can push', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  await create(service, 'koa', 'giftcard-service', KOA);
  await create(service, 'pol', 'pol/website', POL);
  const granted = await grant(service, { organisation: 'JPPOL-KOA', repository: 'GiftCardService' });

  await t.test(
    'the granted workflow pushes a layer and an image in both forms of sub, from branches, tags and environments',
    async (t) => {
      const jobs: readonly Partial<Job>[] = [
        {},
        { ref: 'refs/heads/feature/x' },
        { ref: 'refs/tags/v1.2.3' },
        { environment: 'prod' },
      ];
      for (const form of ['classic', 'immutable'] as const) {
        for (const more of jobs) {
          const token = await stsToken(service, { ...KOA, ...more, form });
          t.equal(
            await mayPush(service, granted.pushRoleArn, token, 'giftcard-service'),
            'pushed',
            `${form} ${JSON.stringify(more)}`,
          );
        }
      }
    },
  );

  await t.test('the same repository under a new name in its organisation still pushes: the id counts', async (t) => {
    const token = await stsToken(service, { repository: 'JPPOL-KOA/Renamed', repositoryId: OWN.repositoryId });
    t.equal(await mayPush(service, granted.pushRoleArn, token, 'giftcard-service'), 'pushed');
  });

  await t.test("the department's EKS account pulls; another account does not", async (t) => {
    const session = await assumeRole(service, granted.pushRoleArn, await stsToken(service, KOA));
    await push(awsHands(service).ecr(session), 'giftcard-service', '1.0.0', randomUUID());
    t.match(await pullImage(service, EKS_ACCOUNT, 'giftcard-service', '1.0.0'), /"schemaVersion":2/);
    await t.rejects(pullImage(service, '444455556666', 'giftcard-service', '1.0.0'), { name: 'AccessDeniedException' });
    const eks = awsHands(service).ecr(accountCredentials(EKS_ACCOUNT));
    const upload = new InitiateLayerUploadCommand({
      registryId: service.embedded.config.aws.accountId,
      repositoryName: 'giftcard-service',
    });
    await t.rejects(eks.send(upload), { name: 'AccessDeniedException' }, 'an account that pulls does not push');
  });

  await t.test('hostile tokens are refused by STS already', async (t) => {
    t.ok(HOSTILE.length >= 40, `${HOSTILE.length} tokens`);
    for (const [name, token] of HOSTILE) {
      t.equal(await mayPush(service, granted.pushRoleArn, await token(service), 'giftcard-service'), 'sts', name);
    }
  });

  await t.test('the role pushes to no repository of another department', async (t) => {
    t.equal(await mayPush(service, granted.pushRoleArn, await stsToken(service, KOA), 'pol/website'), 'ecr');
  });
});

t.test('a grant narrowed to a ref or an environment lets in nothing else of the same repository', async (t) => {
  const service = await startService(t);
  await onboardKoaAndPol(service);
  await create(service, 'koa', 'giftcard-service', KOA);
  const exact = { organisation: 'JPPOL-KOA', repository: 'GiftCardService', repositories: ['giftcard-service'] };
  const cases: readonly {
    readonly body: object;
    readonly in: readonly Partial<Job>[];
    readonly out: readonly Partial<Job>[];
  }[] = [
    {
      body: { refs: ['refs/heads/main'] },
      in: [{}, { environment: 'prod' }],
      out: [
        { ref: 'refs/heads/mainx' },
        { ref: 'refs/heads/Main' },
        { ref: 'refs/heads/x/main' },
        { ref: 'refs/tags/main' },
        { ref: 'refs/heads/dev', environment: 'refs/heads/main' },
        { ref: 'refs/heads/x:ref:refs/heads/main' },
      ],
    },
    {
      body: { refs: ['refs/tags/v*'] },
      in: [{ ref: 'refs/tags/v1' }],
      out: [
        {},
        { ref: 'refs/heads/v1' },
        { ref: 'refs/tags/V1' },
        { ref: 'refs/heads/refs/tags/v1' },
        { ref: 'refs/heads/x', environment: 'v1' },
      ],
    },
    {
      body: { environment: 'prod' },
      in: [{ environment: 'prod' }, { environment: 'prod', ref: 'refs/heads/x' }],
      out: [
        {},
        { environment: 'prod2' },
        { environment: 'Prod' },
        { environment: 'x:environment:prod' },
        { ref: 'refs/heads/environment:prod' },
        { ref: 'refs/heads/prod' },
        { environment: '' },
      ],
    },
    {
      body: { environment: 'prod', refs: ['refs/heads/main'] },
      in: [{ environment: 'prod' }],
      out: [{}, { environment: 'prod', ref: 'refs/heads/dev' }, { environment: 'dev' }],
    },
  ];
  for (const { body, in: inside, out } of cases) {
    const { pushRoleArn } = await grant(service, { ...exact, ...body });
    for (const form of ['classic', 'immutable'] as const) {
      for (const more of inside)
        t.equal(
          await mayPush(service, pushRoleArn, await stsToken(service, { ...KOA, ...more, form }), 'giftcard-service'),
          'pushed',
          `${JSON.stringify(body)} in: ${form} ${JSON.stringify(more)}`,
        );
      for (const more of out)
        t.equal(
          await mayPush(service, pushRoleArn, await stsToken(service, { ...KOA, ...more, form }), 'giftcard-service'),
          'sts',
          `${JSON.stringify(body)} out: ${form} ${JSON.stringify(more)}`,
        );
    }
  }
});

t.test(
  'a pattern reaches the repositories of its organisation that it names, and crafted names do not widen it',
  async (t) => {
    const service = await startService(t);
    await onboardKoaAndPol(service);
    await create(service, 'koa', 'giftcard-service', KOA);
    const { pushRoleArn } = await grant(service, {
      organisation: 'JPPOL-KOA',
      repository: 'Gift*',
      acknowledge: ['organisation-wide'],
    });
    const outcome = async (more: Partial<Job>): Promise<string> =>
      mayPush(service, pushRoleArn, await stsToken(service, { ...KOA, ...more }), 'giftcard-service');
    for (const form of ['classic', 'immutable'] as const) {
      t.equal(await outcome({ form }), 'pushed');
      t.equal(await outcome({ form, repository: 'JPPOL-KOA/GiftWrap', environment: 'dev' }), 'pushed');
      for (const repository of [
        'JPPOL-KOA/Other',
        'JPPOL-KOA/gift',
        'JPPOL-KOA-evil/GiftWrap',
        'JPPOL-POL/GiftWrap',
        'evil/JPPOL-KOA',
      ]) {
        for (const more of [
          {},
          { ref: 'refs/heads/Gift:ref:refs/heads/main' },
          { environment: 'Gift:environment:x' },
        ]) {
          t.equal(await outcome({ form, repository, ...more }), 'sts', `${form} ${repository} ${JSON.stringify(more)}`);
        }
      }
      t.equal(await outcome({ form, pullRequest: 3 }), 'sts');
      t.equal(await outcome({ form, repository: 'JPPOL-KOA/GiftWrap', pullRequest: 3 }), 'sts');
    }
  },
);

t.test('after a revocation no new session begins, and revokeSessions ends the living one at once', async (t) => {
  // Sessions are denied for a minute longer than now, so that none begins while the change is on its way.
  let ahead = 0;
  const service = await startService(t, { aws: { now: () => new Date(Date.now() + ahead) } });
  await onboardKoaAndPol(service);
  await create(service, 'koa', 'giftcard-service', KOA);
  const ecrOf = (session: Credentials) => awsHands(service).ecr(session);

  const first = await grant(service, { organisation: 'JPPOL-KOA', repository: 'GiftCardService' });
  const living = await assumeRole(service, first.pushRoleArn, await stsToken(service, KOA));
  const revoked = await service.ask(KOA, { method: 'DELETE', path: `/v1/departments/koa/grants/${first.id}` });
  t.equal(revoked.status, 200, revoked.body.detail);
  t.equal(await mayPush(service, first.pushRoleArn, await stsToken(service, KOA), 'giftcard-service'), 'sts');
  await push(ecrOf(living), 'giftcard-service', '1', randomUUID());
  t.ok(Date.parse(revoked.body.sessionsValidUntil) > Date.now(), 'the answer says that the living session may go on');

  const second = await grant(service, { organisation: 'JPPOL-KOA', repository: 'GiftCardService' });
  t.equal(second.pushRoleArn, first.pushRoleArn, 'an ARN never changes');
  const alive = await assumeRole(service, second.pushRoleArn, await stsToken(service, KOA));
  await push(ecrOf(alive), 'giftcard-service', '2', randomUUID());
  const ended = await service.ask(KOA, {
    method: 'DELETE',
    path: `/v1/departments/koa/grants/${second.id}?revokeSessions=true`,
  });
  t.equal(ended.status, 200, ended.body.detail);
  t.match(ended.body.sessionsValidUntil, /Z$/);
  await t.rejects(push(ecrOf(alive), 'giftcard-service', '3', randomUUID()), { name: 'AccessDeniedException' });
  await t.rejects(
    push(ecrOf(living), 'giftcard-service', '3', randomUUID()),
    { name: 'AccessDeniedException' },
    'nor the one from before',
  );

  const third = await grant(service, { organisation: 'JPPOL-KOA', repository: 'GiftCardService' });
  t.equal(third.pushRoleArn, first.pushRoleArn);
  ahead = 61_000;
  t.equal(
    await mayPush(service, third.pushRoleArn, await stsToken(service, KOA), 'giftcard-service'),
    'pushed',
    'a new session of a new grant works',
  );

  const named = await grant(service, {
    organisation: 'JPPOL-KOA',
    repository: 'GiftCardService',
    repositories: ['giftcard-service'],
  });
  const own = await assumeRole(service, named.pushRoleArn, await stsToken(service, KOA));
  t.equal((await service.ask(KOA, { method: 'DELETE', path: `/v1/departments/koa/grants/${named.id}` })).status, 200);
  await t.rejects(
    push(ecrOf(own), 'giftcard-service', '4', randomUUID()),
    'a role that is gone takes its sessions with it',
  );
});

t.test('a push role reaches nothing of a department that took over a deleted name', async (t) => {
  const service = await startService(t);
  await onboard(service, { id: 'koa', organisation: 'JPPOL-KOA', manager: KOA });
  await onboard(service, { id: 'pol', organisation: 'JPPOL-POL', manager: POL });
  await create(service, 'koa', 'shared-name', KOA);
  await create(service, 'koa', 'stays', KOA);
  const wide = await grant(service, { organisation: 'JPPOL-KOA', repository: 'GiftCardService' });
  const named = await grant(service, {
    organisation: 'JPPOL-KOA',
    repository: 'GiftCardService',
    repositories: ['shared-name', 'stays'],
  });
  const sessions = await Promise.all(
    [wide, named].map(async ({ pushRoleArn }) => assumeRole(service, pushRoleArn, await stsToken(service, KOA))),
  );
  for (const session of sessions) await push(awsHands(service).ecr(session), 'stays', randomUUID(), randomUUID());

  const inUse = await service.ask(KOA, { method: 'DELETE', path: '/v1/repositories/shared-name' });
  t.equal(inUse.body.code, 'in-use', 'what a grant names is not deleted');
  const narrowed = await service.ask(KOA, {
    method: 'PATCH',
    path: `/v1/departments/koa/grants/${named.id}`,
    body: { repositories: ['stays'] },
  });
  t.equal(narrowed.status, 200, narrowed.body.detail);
  t.equal((await service.ask(KOA, { method: 'DELETE', path: '/v1/repositories/shared-name' })).status, 200);

  const early = await service.ask(POL, {
    method: 'POST',
    path: '/v1/departments/pol/repositories',
    body: { name: 'shared-name' },
  });
  t.equal(early.status, 409);
  t.equal(early.body.code, 'name-taken', 'the name stays reserved');
  const almost = laterInstance(t, service, 89);
  t.equal(
    (await almost.ask(POL, { method: 'POST', path: '/v1/departments/pol/repositories', body: { name: 'shared-name' } }))
      .body.code,
    'name-taken',
  );
  const later = laterInstance(t, service, 91);
  const taken = await later.ask(POL, {
    method: 'POST',
    path: '/v1/departments/pol/repositories',
    body: { name: 'shared-name' },
  });
  t.equal(taken.status, 201, taken.body.detail);

  for (const session of sessions) {
    await t.rejects(push(awsHands(service).ecr(session), 'shared-name', '1', randomUUID()), {
      name: 'AccessDeniedException',
    });
    await push(awsHands(service).ecr(session), 'stays', randomUUID(), randomUUID());
  }
  const back = await service.ask(KOA, {
    method: 'PATCH',
    path: `/v1/departments/koa/grants/${named.id}`,
    body: { repositories: ['stays', 'shared-name'] },
  });
  t.equal(back.status, 400, 'a grant names only repositories of its own department');
});

t.test('grants over the quota of a trust policy go on in an overflow role, and both roles push', async (t) => {
  const service = await startService(t, { env: { ECP_TRUST_POLICY_SIZE: '700' } });
  await onboardKoaAndPol(service);
  await create(service, 'koa', 'giftcard-service', KOA);
  const roles = new Map<string, Job>();
  for (let index = 0; index < 40 && roles.size < 3; index++) {
    const repository = `Service${index}`;
    const narrowed = {
      organisation: 'JPPOL-KOA',
      repository,
      repositoryId: idOf(`JPPOL-KOA/${repository}`),
      refs: [`refs/heads/release-${index}`],
    };
    const { pushRoleArn, pushRole } = await grant(service, narrowed);
    roles.set(pushRole, { repository: `JPPOL-KOA/${repository}`, ref: `refs/heads/release-${index}` });
    t.equal(
      await mayPush(
        service,
        pushRoleArn,
        await stsToken(service, { repository: `JPPOL-KOA/${repository}`, ref: `refs/heads/release-${index}` }),
        'giftcard-service',
      ),
      'pushed',
      pushRole,
    );
  }
  t.same([...roles.keys()], ['koa-github-ecr-access', 'koa-github-ecr-access-2', 'koa-github-ecr-access-3']);
  const { aws } = service.embedded.config;
  for (const [name, ownJob] of roles) {
    for (const other of roles.keys()) {
      const arn = `arn:aws:iam::${aws.accountId}:role${aws.rolePath}${other}`;
      const expected = other === name ? 'pushed' : 'sts';
      t.equal(
        await mayPush(service, arn, await stsToken(service, ownJob), 'giftcard-service'),
        expected,
        `${name} on ${other}`,
      );
    }
  }
});
