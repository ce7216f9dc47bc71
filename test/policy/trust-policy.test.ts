import * as fc from 'fast-check';
import { test } from 'tap';
import { isSameDocument, sortedSet } from '../../src/policy/canonical.ts';
import { listOf } from '../../src/policy/document.ts';
import { guardTrustPolicy } from '../../src/policy/document-guard.ts';
import {
  grantConditions,
  mergeConditions,
  trustDocument,
  trustKeys,
  trustPolicy,
} from '../../src/policy/trust-policy.ts';
import { anyGrant, anyGrants, anyJob, anySettings, organisations, owners } from './arbitraries.ts';
import type { Claims, Job } from './fixtures.ts';
import {
  grant,
  koa,
  mayAssume,
  organisation,
  settings,
  subRepository,
  tokenOf,
  giftCardJob,
  withKeys,
} from './fixtures.ts';
import { grantAllows } from './grant-specification.ts';
import { runs } from '../support/extent.ts';

const keys = trustKeys(settings);
const wide: Parameters<typeof fc.assert>[1] = { numRuns: runs(1000) };

function subsOf(document: ReturnType<typeof trustPolicy>): readonly string[] {
  return document.Statement.filter(({ Effect }) => Effect === 'Allow').flatMap((statement) =>
    listOf<string>(statement.Condition?.['StringLike']?.[keys.sub]),
  );
}

void test('the granted repository, and nobody else, may assume the role', (t) => {
  const trust = trustPolicy([grant()], [koa], settings);
  const may = (job: Partial<Job>, claims: Claims = {}): boolean => mayAssume(trust, tokenOf(job, claims));

  const welcome: readonly (readonly [string, Partial<Job>])[] = [
    ['a branch, immutable form', {}],
    ['a branch, classic form', { form: 'classic' }],
    ['another branch', { ref: 'refs/heads/feature/x' }],
    ['a tag', { ref: 'refs/tags/v1.0.0' }],
    ['a tag, classic form', { ref: 'refs/tags/v1.0.0', form: 'classic' }],
    ['an environment', { environment: 'prod' }],
    ['an environment, classic form', { environment: 'prod', form: 'classic' }],
    ['the repository under a new name', { repository: 'GiftCards' }],
    ['the repository under a new name, classic form', { repository: 'GiftCards', form: 'classic' }],
  ];
  for (const [what, job] of welcome) t.ok(may(job), what);

  const classic = { form: 'classic' } as const;
  const hostile: readonly (readonly [string, Partial<Job>, Claims?])[] = [
    ['a look-alike owner', { login: 'JPPOL-KOA-evil', ownerId: '6666', repositoryId: '666' }],
    ['a look-alike owner, classic', { login: 'JPPOL-KOA-evil', repositoryId: '666', ...classic }],
    ['a look-alike owner that got hold of the id', { login: 'JPPOL-KOA-evil', ownerId: '6666' }],
    ['a look-alike owner that got hold of the id, classic', { login: 'JPPOL-KOA-evil', ...classic }],
    ['an owner that is a prefix', { login: 'JPPOL', ownerId: '7', ...classic }],
    ['an owner that ends alike', { login: 'evil-JPPOL-KOA', ownerId: '7', ...classic }],
    ['the owner in other case', { login: 'jppol-koa' }],
    ['the owner in other case, classic', { login: 'Jppol-Koa', ...classic }],
    ['an owner that took over the name', { ownerId: '999' }],
    ['sub repo:JPPOL-KOA@999/…', {}, { sub: 'repo:JPPOL-KOA@999/GiftCardService@5001:ref:refs/heads/main' }],
    ['an owner id that goes on', {}, { sub: 'repo:JPPOL-KOA@10011/GiftCardService@5001:ref:refs/heads/main' }],
    ['an owner id that is hyphenated', {}, { sub: 'repo:JPPOL-KOA@1001-1/GiftCardService@5001:ref:refs/heads/main' }],
    ['an owner id that is empty', {}, { sub: 'repo:JPPOL-KOA@/GiftCardService@5001:ref:refs/heads/main' }],
    ['another repository of the owner', { repository: 'evil', repositoryId: '666' }],
    ['another repository of the owner, classic', { repository: 'evil', repositoryId: '666', ...classic }],
    ['a repository that was made again under the name', { repositoryId: '5009' }],
    ['a repository that was made again, classic', { repositoryId: '5009', ...classic }],
    ['a repository id that goes on', { repositoryId: '50011' }],
    ['a repository id that is a part', { repositoryId: '500' }],
    ['a repository id that is hyphenated', { repositoryId: '5001-1' }],
    ['a repository id with a blank', {}, { repository_id: '5001 ' }],
    ['a repository id with a zero before', {}, { repository_id: '05001' }],
    ['a repository id that is empty', {}, { repository_id: '' }],
    ['a repository id that is a star', {}, { repository_id: '*' }],
    ['a pull request', { event: 'pull_request', ref: 'refs/pull/1/merge' }],
    ['a pull request, classic', { event: 'pull_request', ref: 'refs/pull/1/merge', ...classic }],
    ['a ref that is neither branch nor tag', { ref: 'refs/pull/1/merge' }],
    ['a ref that only begins like a branch', { ref: 'refs/head/main' }],
    ['a ref without refs/', { ref: 'main' }],
    ['another audience', {}, { aud: 'https://github.com/JPPOL-KOA' }],
    ['our own audience', {}, { aud: 'ecr-control-plane' }],
    ['an audience in other case', {}, { aud: 'STS.amazonaws.com' }],
    ['an audience that goes on', {}, { aud: 'sts.amazonaws.com.evil.example' }],
    ['an audience that is empty', {}, { aud: '' }],
    ['a sub that is empty', {}, { sub: '' }],
    ['a sub without a context', {}, { sub: 'repo:JPPOL-KOA/GiftCardService' }],
    ['a sub with an empty context', {}, { sub: 'repo:JPPOL-KOA/GiftCardService:' }],
    ['a sub without repo:', {}, { sub: 'JPPOL-KOA/GiftCardService:ref:refs/heads/main' }],
    ['a sub of a template that leads with the owner', {}, { sub: 'repository_owner:JPPOL-KOA:ref:refs/heads/main' }],
    [
      'a sub of a template that leads with a branch',
      {},
      { sub: 'ref:refs/heads/repo:repo:JPPOL-KOA/x:ref:refs/heads/main' },
    ],
    ['a sub of a template with the workflow', {}, { sub: 'repo:JPPOL-KOA/GiftCardService:workflow:ci' }],
    ['a sub of a template with the actor', {}, { sub: 'repo:JPPOL-KOA/GiftCardService:actor:x' }],
    [
      'a sub of a template with the job',
      {},
      { sub: 'job_workflow_ref:JPPOL-KOA/GiftCardService/.github/workflows/ci.yml@refs/heads/main' },
    ],
    ['a sub in other case', {}, { sub: 'REPO:JPPOL-KOA/GiftCardService:ref:refs/heads/main' }],
    ['a sub with a blank before', {}, { sub: ' repo:JPPOL-KOA/GiftCardService:ref:refs/heads/main' }],
    [
      'a crafted branch of a look-alike',
      { login: 'evil', ownerId: '7', ref: 'refs/heads/repo:JPPOL-KOA/x:ref:refs/heads/main' },
    ],
    [
      'a crafted branch of another repository',
      { repository: 'evil', repositoryId: '666', ref: 'refs/heads/GiftCardService@5001' },
    ],
    [
      'a crafted environment of another repository',
      { repository: 'evil', repositoryId: '666', environment: 'x:ref:refs/heads/main' },
    ],
    [
      'a crafted environment of a look-alike',
      { login: 'evil', ownerId: '7', environment: 'JPPOL-KOA/GiftCardService:ref:refs/heads/main' },
    ],
  ];
  t.ok(hostile.length >= 40, `${hostile.length} hostile tokens`);
  for (const [what, job, claims] of hostile) t.notOk(may(job, claims), what);

  for (const name of Object.keys(tokenOf())) {
    if (name === 'repository' || name === 'ref' || name === 'actor') continue;
    const { [name]: _, ...rest } = tokenOf();
    t.notOk(mayAssume(trust, rest), `a token without ${name}`);
  }
  t.notOk(mayAssume(trust, tokenOf(), 'token.actions.githubusercontent.com/evil'), "another enterprise's issuer");
  t.notOk(mayAssume(trust, tokenOf(), 'token.actions.evil.ghe.com'), 'another GitHub');
  t.end();
});

void test('a narrowed grant lets nothing else in', (t) => {
  const cases: readonly (readonly [
    string,
    Parameters<typeof grant>[0],
    readonly Partial<Job>[],
    readonly (readonly [Partial<Job>, Claims?])[],
  ])[] = [
    [
      'to a branch',
      { refs: ['refs/heads/main'] },
      [{}, { form: 'classic' }, { environment: 'prod' }],
      [
        [{ ref: 'refs/heads/main2' }],
        [{ ref: 'refs/heads/mai' }],
        [{ ref: 'refs/heads/Main' }],
        [{ ref: 'refs/tags/main' }],
        [{ ref: 'refs/heads/x', environment: 'refs/heads/main' }],
        [{ event: 'pull_request', ref: 'refs/pull/1/merge' }],
        [{ event: 'pull_request', ref: 'refs/pull/1/merge', environment: 'prod' }],
        [{}, { ref: '' }],
      ],
    ],
    [
      'to tags of a pattern',
      { refs: ['refs/tags/v*'] },
      [{ ref: 'refs/tags/v1' }, { ref: 'refs/tags/v1', environment: 'prod' }],
      [[{}], [{ ref: 'refs/heads/v1' }], [{ ref: 'refs/tags/w' }], [{ ref: 'refs/heads/x/refs/tags/v1' }]],
    ],
    [
      'to an environment',
      { environment: 'prod' },
      [{ environment: 'prod' }, { environment: 'prod', ref: 'refs/heads/x', form: 'classic' }],
      [
        [{}],
        [{ environment: 'prod2' }],
        [{ environment: 'Prod' }],
        [{ environment: 'x:environment:prod' }],
        [{ ref: 'refs/heads/environment:prod' }],
      ],
    ],
    [
      'to an environment and a branch',
      { environment: 'prod', refs: ['refs/heads/main'] },
      [{ environment: 'prod' }],
      [[{}], [{ environment: 'prod', ref: 'refs/heads/x' }], [{ environment: 'test' }]],
    ],
  ];
  for (const [what, parts, welcome, hostile] of cases) {
    const trust = trustPolicy([grant(parts)], [koa], settings);
    t.ok(
      welcome.every((job) => mayAssume(trust, tokenOf(job))),
      `${what}: lets in what it means`,
    );
    t.same(
      hostile.filter(([job, claims]) => mayAssume(trust, tokenOf(job, claims))),
      [],
      `${what}: keeps out the rest`,
    );
  }
  const withRequests = trustPolicy([grant({ pullRequests: true })], [koa], settings);
  t.ok(
    mayAssume(withRequests, tokenOf({ event: 'pull_request', ref: 'refs/pull/1/merge' })),
    'pull requests where acknowledged',
  );
  t.end();
});

void test('a trust policy allows a token exactly if one of its grants does', (t) => {
  fc.assert(
    fc.property(anyGrants, anySettings, anyJob, (grants, its, job) => {
      const trust = trustPolicy(grants, organisations, its);
      const expected = grants.some((each) => grantAllows(each, organisations, its, job));
      return mayAssume(trust, tokenOf(job)) === expected;
    }),
    { numRuns: runs(5000) },
  );
  t.end();
});

void test('a token of the very grant is let in: the property above is not about refusals only', (t) => {
  let allowed = 0;
  fc.assert(
    fc.property(anyGrants, anyJob, (grants, job) => {
      if (mayAssume(trustPolicy(grants, organisations, settings), tokenOf(job))) allowed++;
    }),
    { numRuns: runs(5000) },
  );
  t.ok(allowed > runs(100), `${allowed} of ${runs(5000)} random tokens are let in`);
  t.end();
});

void test('putting statements together allows no more and no less than they do apart', (t) => {
  fc.assert(
    fc.property(anyGrants, anySettings, anyJob, (grants, its, job) => {
      const parts = grants.flatMap((each) => grantConditions(each, organisations, its));
      const apart = parts.some((each) => mayAssume(trustDocument([each], its), tokenOf(job)));
      return mayAssume(trustDocument(parts, its), tokenOf(job)) === apart;
    }),
    { numRuns: runs(5000) },
  );
  t.end();
});

void test('grants of repositories that are not narrowed share one statement', (t) => {
  const grants = Array.from({ length: 50 }, (_, index) => grant({ repositoryId: String(7000 + index) }));
  t.equal(trustPolicy(grants, [koa], settings).Statement.length, 1);
  t.end();
});

void test("one grant's repository does not get into another's context", (t) => {
  const trust = trustPolicy(
    [
      grant({ repositoryId: '1', environment: 'prod' }),
      grant({ repositoryId: '2' }),
      grant({ repositoryId: '3', organisation: 'Ekstra' }),
    ],
    organisations,
    settings,
  );
  t.notOk(mayAssume(trust, tokenOf({ repositoryId: '1' })), 'the first outside of its environment');
  t.notOk(
    mayAssume(trust, tokenOf({ repositoryId: '2', login: 'Ekstra', ownerId: '1003' })),
    'the second after a transfer',
  );
  t.ok(mayAssume(trust, tokenOf({ repositoryId: '3', login: 'Ekstra', ownerId: '1003' })), 'the third where it is');
  t.end();
});

void test('the order and repetition of grants and organisations change nothing', (t) => {
  fc.assert(
    fc.property(anyGrants, fc.integer(), fc.integer(), (grants, a, b) => {
      const shuffled = [...grants, ...grants].sort((x, y) => hash(x, a) - hash(y, a));
      const others = [...organisations].sort((x, y) => hash(x, b) - hash(y, b));
      return (
        JSON.stringify(trustPolicy(shuffled, others, settings)) ===
        JSON.stringify(trustPolicy(grants, organisations, settings))
      );
    }),
    wide,
  );
  t.end();
});

function hash(value: unknown, seed: number): number {
  return Array.from(JSON.stringify(value)).reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) | 0, seed);
}

void test('no * stands before the organisation is complete, and each organisation is one that the department registered', (t) => {
  fc.assert(
    fc.property(anyGrants, anySettings, (grants, its) => {
      const own = organisations.filter(({ department }) => department === 'koa');
      return subsOf(trustPolicy(grants, organisations, its)).every((sub) =>
        own.some(
          ({ login, ownerId }) => sub.startsWith(`repo:${login}/`) || sub.startsWith(`repo:${login}@${ownerId}/`),
        ),
      );
    }),
    wide,
  );
  t.end();
});

void test('an organisation of another department is never let in, whatever a grant names', (t) => {
  fc.assert(
    fc.property(anyGrants, anySettings, anyJob, (grants, its, job) => {
      return !mayAssume(
        trustPolicy(grants, organisations, its),
        tokenOf({ ...job, login: 'JPPOL-POL', ownerId: '2001' }),
      );
    }),
    wide,
  );
  t.end();
});

void test('a pattern never reaches into a shared organisation', (t) => {
  fc.assert(
    fc.property(anyGrants, anySettings, anyJob, (grants, its, job) => {
      const patterns = grants.filter((each) => each.repository.includes('*') || each.organisation.includes('*'));
      return !mayAssume(
        trustPolicy(patterns, organisations, its),
        tokenOf({ ...job, login: 'JPPOL-Shared', ownerId: '1004' }),
      );
    }),
    wide,
  );
  t.end();
});

void test('a look-alike of a registered organisation is never let in', (t) => {
  const lookAlike = fc.constantFrom(...owners.filter(({ ownerId }) => ownerId.startsWith('666')));
  fc.assert(
    fc.property(anyGrants, anySettings, anyJob, lookAlike, (grants, its, job, { login, ownerId }) => {
      return !mayAssume(trustPolicy(grants, organisations, its), tokenOf({ ...job, login, ownerId }));
    }),
    wide,
  );
  t.end();
});

void test('names compare without regard to case and are written as GitHub spells them', (t) => {
  const mixed = fc.constantFrom('JPPOL-KOA', 'jppol-koa', 'Jppol-Koa', 'JPPOL-koa');
  fc.assert(
    fc.property(anyGrant, mixed, anySettings, (each, login, its) => {
      const as = (organisationLogin: string) =>
        trustPolicy([{ ...each, organisation: organisationLogin }], organisations, its);
      return isSameDocument(as(login), as('JPPOL-KOA'));
    }),
    wide,
  );
  t.end();
});

void test('a statement always asks for the audience, for sub in both forms, and for a context', (t) => {
  fc.assert(
    fc.property(anyGrants, anySettings, (grants, its) => {
      const document = trustPolicy(grants, organisations, its);
      if (document.Statement[0]?.Effect === 'Deny') return true;
      return document.Statement.every((statement) => {
        const subs = listOf<string>(statement.Condition?.['StringLike']?.[keys.sub]);
        const said = (isImmutable: boolean): string =>
          JSON.stringify(
            sortedSet(
              subs
                .filter((sub) => /^repo:[^/]*@/.test(sub) === isImmutable)
                .map((sub) => sub.replace(/^repo:([^@/]*)[^:]*:/, '$1 ')),
            ),
          );
        return (
          statement.Condition?.['StringEquals']?.[keys.aud] === its.stsAudience &&
          subs.length > 0 &&
          said(true) === said(false) &&
          subs.every((sub) => /:(ref:refs\/(heads|tags)\/.*|environment:.+|pull_request)$/.test(sub))
        );
      });
    }),
    wide,
  );
  t.end();
});

void test('a trust policy holds no policy variable, no ForAllValues, no Principal *, and only what the guard knows', (t) => {
  const allowedOwners = organisations.filter(({ department }) => department === 'koa');
  fc.assert(
    fc.property(anyGrants, anySettings, (grants, its) => {
      const document = trustPolicy(grants, organisations, its);
      const text = JSON.stringify(document);
      const roomy = { ...its, trustPolicySize: 100_000 };
      return (
        !/\$|ForA|"Principal":"\*"|"AWS"/.test(text) && guardTrustPolicy(document, roomy, allowedOwners).length === 0
      );
    }),
    wide,
  );
  t.end();
});

void test('an outsider in the same organisation can craft no sub that reaches across a *', (t) => {
  // A repository's administrators choose which claims make up its sub; many of their values are theirs to choose.
  const value = fc.constantFrom(
    'GiftCardService',
    'GiftCardService@5001',
    'x/GiftCardService',
    'ref:refs/heads/main',
    'environment:prod',
    '/GiftShop:ref:refs/heads/main',
    '@5001:ref:refs/heads/main',
    'refs/heads/main',
    'prod',
    'pull_request',
  );
  const claim = fc.constantFrom(
    'workflow',
    'ref',
    'head_ref',
    'base_ref',
    'environment',
    'actor',
    'job_workflow_ref',
    'context',
  );
  const segment = fc
    .tuple(claim, value)
    .map(([name, text]) => (name === 'context' ? 'ref:refs/heads/main' : `${name}:${text.replaceAll(':', '%3A')}`));
  const template = fc.array(segment, { maxLength: 4 });
  const outsider = { repository: 'evil', repositoryId: '666' } as const;
  const unaffected = anyGrants.map((grants) =>
    grants.filter((each) => each.repository !== '*' && each.repository !== 'evil'),
  );
  fc.assert(
    fc.property(unaffected, anySettings, anyJob, template, (grants, its, job, segments) => {
      const whole: Job = { ...job, ...outsider };
      const sub = [subRepository(whole), ...segments].join(':');
      return !mayAssume(trustPolicy(grants, organisations, its), tokenOf(whole, { sub }));
    }),
    { numRuns: runs(5000) },
  );
  t.end();
});

void test('without a grant nobody may assume the role, and IAM accepts the document', (t) => {
  const trust = trustPolicy([], [koa], settings);
  fc.assert(fc.property(anyJob, (job) => !mayAssume(trust, tokenOf(job))));
  const [statement] = trust.Statement;
  t.equal(statement?.Effect, 'Deny');
  t.ok(keys.sub in (statement?.Condition?.['StringLike'] ?? {}), "it evaluates sub, as IAM's guard asks");
  t.end();
});

void test('with the key repository_id switched off, sub holds name and id', (t) => {
  const trust = trustPolicy([grant()], [koa], withKeys(false, true));
  t.ok(mayAssume(trust, tokenOf()));
  t.ok(mayAssume(trust, tokenOf({ form: 'classic' })));
  t.notOk(mayAssume(trust, tokenOf({ repositoryId: '5009' })), 'made again under the name, where GitHub writes ids');
  t.notOk(mayAssume(trust, tokenOf({ repository: 'GiftCardService2', form: 'classic' })), 'a name that goes on');
  t.end();
});

void test('with the key ref switched off, refs stand in sub, and with an environment nobody is let in', (t) => {
  const trust = trustPolicy([grant({ refs: ['refs/heads/main'] })], [koa], withKeys(true, false));
  t.ok(mayAssume(trust, tokenOf()));
  t.notOk(mayAssume(trust, tokenOf({ ref: 'refs/heads/x' })));
  t.notOk(mayAssume(trust, tokenOf({ environment: 'prod' })), 'a job whose sub does not say its ref');
  const both = trustPolicy([grant({ refs: ['refs/heads/main'], environment: 'prod' })], [koa], withKeys(true, false));
  t.notOk(mayAssume(both, tokenOf({ environment: 'prod' })));
  t.end();
});

void test('an empty list of refs lets nobody in', (t) => {
  for (const its of [settings, withKeys(true, false)]) {
    t.notOk(mayAssume(trustPolicy([grant({ refs: [] })], [koa], its), tokenOf()));
    t.notOk(
      mayAssume(trustPolicy([grant({ refs: [], environment: 'prod' })], [koa], its), tokenOf({ environment: 'prod' })),
    );
  }
  t.end();
});

void test('conditions that are already together stay as they are', (t) => {
  fc.assert(
    fc.property(anyGrants, anySettings, (grants, its) => {
      const once = mergeConditions(grants.flatMap((each) => grantConditions(each, organisations, its)));
      return JSON.stringify(mergeConditions(once)) === JSON.stringify(once);
    }),
    wide,
  );
  t.end();
});

void test('a job of the example is the one that the other tests change', (t) => {
  t.equal(tokenOf()['sub'], 'repo:JPPOL-KOA@1001/GiftCardService@5001:ref:refs/heads/main');
  t.equal(tokenOf({ form: 'classic', environment: 'a:b' })['sub'], 'repo:JPPOL-KOA/GiftCardService:environment:a%3Ab');
  t.equal(giftCardJob.login, organisation('JPPOL-KOA', '1001').login);
  t.end();
});
