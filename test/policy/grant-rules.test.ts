import * as fc from 'fast-check';
import { test } from 'tap';
import { isEnvironmentName } from '../../src/policy/environment-name.ts';
import { blastRadius } from '../../src/policy/blast-radius.ts';
import { guardTrustPolicy } from '../../src/policy/document-guard.ts';
import { checkGrant, requiredAcknowledgements } from '../../src/policy/grant-rules.ts';
import { widenedGrants } from '../../src/policy/organisation-reach.ts';
import { trustPolicy } from '../../src/policy/trust-policy.ts';
import { anyGrant, anyGrants, anyJob, anySettings, organisations } from './arbitraries.ts';
import type { Job } from './fixtures.ts';
import { grant, koa, mayAssume, organisation, settings, subRepository, tokenOf, withKeys } from './fixtures.ts';
import { runs } from '../support/extent.ts';

type Parts = Parameters<typeof grant>[0];

function rulesOf(parts: Parts, its = settings): readonly string[] {
  return checkGrant(grant(parts), organisations, its).map(({ field, rule }) => `${field} ${rule}`);
}

void test('a grant that can be said safely is accepted', (t) => {
  const accepted: readonly Parts[] = [
    {},
    { organisation: 'jppol-koa' },
    { organisation: 'JPPOL-Shared' },
    { repository: 'Gift*', repositoryId: undefined },
    { repository: '*', repositoryId: undefined },
    { organisation: 'JPPOL-*', repository: '*', repositoryId: undefined },
    { organisation: '*', repository: 'Gift*', repositoryId: undefined },
    { repositoryId: undefined },
    { repository: '.github' },
    { refs: ['refs/heads/main', 'refs/tags/v*', 'refs/heads/feature/*', 'refs/heads/*'] },
    { refs: ['refs/heads/dependabot/npm_and_yarn/a-b.c+d@1', 'refs/heads/feat(x)=1'] },
    { environment: 'prod' },
    { environment: 'Production EU (west)/1' },
    { environment: 'prod', refs: ['refs/heads/main'] },
    { pullRequests: true },
    { repositories: ['koa/app', 'koa/web'] },
  ];
  for (const parts of accepted) t.same(rulesOf(parts), [], JSON.stringify(parts));
  t.end();
});

void test('a grant that could reach further than it says is refused, with the field and what would do', (t) => {
  const ref = (text: string): Parts => ({ refs: [text] });
  const wide = { repositoryId: undefined };
  const refused: readonly (readonly [Parts, string])[] = [
    [{ organisation: 'JPPOL-POL' }, '/organisation organisation-unregistered'],
    [{ organisation: 'Stranger' }, '/organisation organisation-unregistered'],
    [{ organisation: 'Stranger*', ...wide }, '/organisation organisation-unregistered'],
    [{ organisation: '' }, '/organisation organisation-form'],
    [{ organisation: 'JPPOL-KOA/x' }, '/organisation organisation-form'],
    [{ organisation: 'JPPOL-KOA@1001' }, '/organisation organisation-form'],
    [{ organisation: 'JPPOL?KOA' }, '/organisation organisation-form'],
    [{ organisation: 'JPPOL-KO?*', ...wide }, '/organisation organisation-form'],
    [{ organisation: '${aws:username}' }, '/organisation organisation-form'],
    [{ organisation: 'JPPOL-Shared', repository: '*', ...wide }, '/repository shared-organisation'],
    [{ organisation: 'JPPOL-Shared', repository: 'a*', ...wide }, '/repository shared-organisation'],
    [{ organisation: 'JPPOL-Sh*', repository: 'a', ...wide }, '/organisation shared-organisation'],
    [{ repository: '*Service', ...wide }, '/repository repository-wildcard'],
    [{ repository: 'Gift*Service', ...wide }, '/repository repository-wildcard'],
    [{ repository: '**', ...wide }, '/repository repository-wildcard'],
    [{ repository: 'a*b*', ...wide }, '/repository repository-wildcard'],
    [{ repository: '' }, '/repository repository-form'],
    [{ repository: 'a/b' }, '/repository repository-form'],
    [{ repository: 'a:b' }, '/repository repository-form'],
    [{ repository: 'a@5' }, '/repository repository-form'],
    [{ repository: 'a?' }, '/repository repository-form'],
    [{ repository: 'a$' }, '/repository repository-form'],
    [{ repository: '..' }, '/repository repository-form'],
    [{ repository: 'a'.repeat(101) }, '/repository repository-form'],
    [{ repositoryId: '*' }, '/repositoryId repository-id-form'],
    [{ repositoryId: '' }, '/repositoryId repository-id-form'],
    [{ repositoryId: '5001-1' }, '/repositoryId repository-id-form'],
    [{ repositoryId: '05001' }, '/repositoryId repository-id-form'],
    [{ repository: 'Gift*' }, '/repositoryId repository-id-of-pattern'],
    [{ organisation: 'JPPOL-*' }, '/repositoryId repository-id-of-pattern'],
    [{ refs: [] }, '/refs refs-count'],
    [{ refs: Array.from({ length: 21 }, (_, index) => `refs/heads/b${index}`) }, '/refs refs-count'],
    [ref('main'), '/refs/0 ref-prefix'],
    [ref('*'), '/refs/0 ref-prefix'],
    [ref(''), '/refs/0 ref-prefix'],
    [ref('refs/*'), '/refs/0 ref-prefix'],
    [ref('refs/pull/1/merge'), '/refs/0 ref-prefix'],
    [ref('refs/Heads/main'), '/refs/0 ref-prefix'],
    [ref('refs/heads/*/x'), '/refs/0 ref-wildcard'],
    [ref('refs/heads/**'), '/refs/0 ref-wildcard'],
    [ref('refs/heads/a?'), '/refs/0 ref-wildcard'],
    [ref('refs/heads/?*'), '/refs/0 ref-wildcard'],
    [ref('refs/heads/${aws:username}'), '/refs/0 ref-characters'],
    [ref('refs/heads/a$b'), '/refs/0 ref-characters'],
    [ref('refs/heads/a b'), '/refs/0 ref-characters'],
    [ref('refs/heads/a:b'), '/refs/0 ref-characters'],
    [ref('refs/heads/a~1'), '/refs/0 ref-characters'],
    [ref('refs/heads/a^'), '/refs/0 ref-characters'],
    [ref('refs/heads/a[b'), '/refs/0 ref-characters'],
    [ref('refs/heads/a\\b'), '/refs/0 ref-characters'],
    [ref('refs/heads/a\u0007'), '/refs/0 ref-characters'],
    [ref('refs/heads/a\n'), '/refs/0 ref-characters'],
    [ref('refs/heads/grød'), '/refs/0 ref-characters'],
    [ref('refs/heads/'), '/refs/0 ref-form'],
    [ref('refs/heads/a..b'), '/refs/0 ref-form'],
    [ref('refs/heads//a'), '/refs/0 ref-form'],
    [ref('refs/heads/a/'), '/refs/0 ref-form'],
    [ref('refs/heads/.a'), '/refs/0 ref-form'],
    [ref('refs/heads/a.'), '/refs/0 ref-form'],
    [ref('refs/heads/a.lock'), '/refs/0 ref-form'],
    [ref('refs/heads/a@{1'), '/refs/0 ref-form'],
    [ref('refs/heads/@'), '/refs/0 ref-form'],
    [ref('refs/heads/a//*'), '/refs/0 ref-form'],
    [ref(`refs/heads/${'a'.repeat(250)}`), '/refs/0 ref-length'],
    [{ environment: '' }, '/environment environment-form'],
    [{ environment: '*' }, '/environment environment-form'],
    [{ environment: 'prod*' }, '/environment environment-form'],
    [{ environment: 'pro?' }, '/environment environment-form'],
    [{ environment: '${a}' }, '/environment environment-form'],
    [{ environment: 'a:b' }, '/environment environment-form'],
    [{ environment: 'a%3Ab' }, '/environment environment-form'],
    [{ environment: ' prod' }, '/environment environment-form'],
    [{ environment: 'grød' }, '/environment environment-form'],
    [{ environment: 'a\n' }, '/environment environment-form'],
    [{ environment: 'a'.repeat(256) }, '/environment environment-form'],
    [{ pullRequests: true, environment: 'prod' }, '/pullRequests pull-requests-narrowed'],
    [{ pullRequests: true, refs: ['refs/heads/main'] }, '/pullRequests pull-requests-narrowed'],
    [{ repositories: [] }, '/repositories repositories-count'],
    [{ repositories: ['koa/*'] }, '/repositories/0 repository-name'],
    [{ repositories: ['koa/app', 'koa/app'] }, '/repositories/1 repository-twice'],
    [
      { repositories: Array.from({ length: 60 }, (_, i) => `${'a'.repeat(200)}${i}`) },
      '/repositories push-policy-size',
    ],
  ];
  for (const [parts, rule] of refused) t.same(rulesOf(parts), [rule], `${rule}: ${JSON.stringify(parts).slice(0, 80)}`);
  t.same(
    rulesOf({ refs: ['refs/heads/main'], environment: 'prod' }, withKeys(true, false)),
    ['/refs ref-key-off'],
    'refs and an environment, where the key ref is switched off',
  );
  const details = refused
    .flatMap(([parts]) => checkGrant(grant(parts), organisations, settings))
    .map(({ detail }) => detail);
  t.ok(
    details.every((detail) => detail.length > 20),
    'each says what would do',
  );
  t.end();
});

// Texts that are dangerous in a policy, mixed with harmless ones.
const piece = fc.constantFrom(
  '*',
  '?',
  '$',
  '${aws:username}',
  ':',
  '%3A',
  '@',
  '/',
  '-',
  '.',
  'a',
  'Gift',
  'refs/heads/',
  'refs/tags/',
  'prod',
  '"',
  ' ',
  'ø',
  '',
);
const text = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''));
const hostileGrant = fc
  .record({
    organisation: fc.oneof(text, fc.constantFrom('JPPOL-KOA', 'JPPOL-*')),
    repository: fc.oneof(text, fc.constantFrom('Gift*', 'GiftCardService', '*')),
    repositoryId: fc.oneof(fc.constant(undefined), text, fc.constantFrom('5001')),
    refs: fc.oneof(
      fc.constant(undefined),
      fc.array(
        fc.oneof(
          text,
          text.map((each) => `refs/heads/${each}`),
        ),
        { maxLength: 2 },
      ),
    ),
    environment: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, text),
  })
  .map((parts) => grant(parts));

const allowedOwners = organisations.filter(({ department }) => department === 'koa');

void test('whatever text a grant is made of, what is accepted makes a trust policy that keeps every rule', (t) => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(hostileGrant, anyGrant), anySettings, (each, its) => {
      if (checkGrant(each, organisations, its).length > 0) return true;
      accepted++;
      const document = trustPolicy([each], organisations, its);
      return (
        document.Statement.every(({ Effect }) => Effect === 'Allow') &&
        !JSON.stringify(document).includes('$') &&
        guardTrustPolicy(document, { ...its, trustPolicySize: 100_000 }, allowedOwners).length === 0
      );
    }),
    { numRuns: runs(5000) },
  );
  t.ok(accepted > runs(500), `${accepted} were accepted`);
  t.end();
});

void test('whatever text a grant is made of, the guard refuses its trust policy or nobody but the granted is let in', (t) => {
  fc.assert(
    fc.property(hostileGrant, anyJob, (each, job) => {
      const document = trustPolicy([each], organisations, settings);
      if (guardTrustPolicy(document, { ...settings, trustPolicySize: 100_000 }, allowedOwners).length > 0) return true;
      return !mayAssume(document, tokenOf({ ...job, login: 'JPPOL-KOA-evil', ownerId: '6666', repositoryId: '666' }));
    }),
    { numRuns: runs(5000) },
  );
  t.end();
});

void test('every * of an accepted pattern stands where no value of another repository can reach across it', (t) => {
  const shape = fc
    .array(fc.constantFrom('*', 'Gift', 'Service', 'app'), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(''));
  const segment = fc
    .tuple(
      fc.constantFrom('workflow', 'actor', 'head_ref', 'ref'),
      fc.constantFrom('Gift', 'Service', 'GiftService', 'Giftapp', 'app', '/Gift', 'xService'),
    )
    .map(([claim, value]) => `${claim}:${value}`);
  let accepted = 0;
  fc.assert(
    fc.property(
      shape,
      fc.array(segment, { maxLength: 3 }),
      fc.constantFrom<Job['form']>('classic', 'immutable'),
      (repository, segments, form) => {
        const each = grant({ repository, repositoryId: undefined });
        if (repository === '*' || checkGrant(each, organisations, settings).length > 0) return true;
        accepted++;
        const job: Job = {
          login: 'JPPOL-KOA',
          ownerId: '1001',
          repository: 'evil',
          repositoryId: '666',
          ref: 'refs/heads/main',
          event: 'push',
          form,
        };
        const sub = [subRepository(job), ...segments, 'ref:refs/heads/main'].join(':');
        return !mayAssume(trustPolicy([each], organisations, settings), tokenOf(job, { sub }));
      },
    ),
    { numRuns: runs(3000) },
  );
  t.ok(accepted > runs(500), `${accepted} were accepted`);
  t.end();
});

void test('an environment of an accepted grant can be told from every other in sub', (t) => {
  // Whatever GitHub does with a `%` of a name, no two names look alike: none of ours holds what escaping makes.
  const name = fc
    .array(fc.constantFrom('a', ':', '%', '%3A', '*', '?', ' ', 'prod'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(name, name, (granted, other) => {
      if (granted === other || !isEnvironmentName(granted)) return true;
      const trust = trustPolicy([grant({ environment: granted })], [koa], settings);
      const sub = `repo:JPPOL-KOA/GiftCardService:environment:`;
      return [other, other.replaceAll(':', '%3A')].every(
        (written) => !mayAssume(trust, tokenOf({}, { sub: sub + written })),
      );
    }),
    { numRuns: runs(3000) },
  );
  t.end();
});

void test('wide effects must be acknowledged, each by its word', (t) => {
  const words = (parts: Parts) => requiredAcknowledgements(grant(parts));
  t.same(words({}), []);
  t.same(words({ repositoryId: undefined }), ['unpinned-repository']);
  t.same(words({ repository: '*', repositoryId: undefined }), ['organisation-wide']);
  t.same(words({ repository: 'Gift*', repositoryId: undefined }), ['organisation-wide']);
  t.same(words({ organisation: 'JPPOL-*', repositoryId: undefined }), ['organisation-wide', 'unpinned-repository']);
  t.same(words({ pullRequests: true }), ['pull-requests']);
  t.end();
});

void test('a grant without required words can be used by one repository only, whatever its name', (t) => {
  fc.assert(
    fc.property(anyGrant, anySettings, anyJob, (each, its, job) => {
      if (!its.stsKeys.repositoryId || requiredAcknowledgements(each).length > 0) return true;
      return (
        !mayAssume(trustPolicy([each], organisations, its), tokenOf(job)) || job.repositoryId === each.repositoryId
      );
    }),
    { numRuns: runs(3000) },
  );
  t.end();
});

void test('registering an organisation lists exactly the grants that it lets more in through', (t) => {
  const fresh = organisation('JPPOL-Fresh', '3001');
  const before = organisations;
  fc.assert(
    fc.property(anyGrants, anyJob, (grants, job) => {
      const widened = widenedGrants(grants, before, [...before, fresh]);
      const token = tokenOf({ ...job, login: 'JPPOL-Fresh', ownerId: '3001' });
      const isLetIn = (each: (typeof grants)[number], known: typeof before): boolean =>
        mayAssume(trustPolicy([each], known, settings), token);
      return grants.every(
        (each) => isLetIn(each, before) === isLetIn(each, [...before, fresh]) || widened.includes(each),
      );
    }),
    { numRuns: runs(3000) },
  );
  const wild = grant({ organisation: 'JPPOL-*', repository: '*', repositoryId: undefined });
  t.same(widenedGrants([wild, grant()], before, [...before, fresh]), [wild]);
  t.same(
    widenedGrants([wild], before, [...before, organisation('JPPOL-Fresh', '3001', { shared: true })]),
    [],
    'not a shared one',
  );
  t.same(
    widenedGrants([grant()], [koa], [organisation('JPPOL-KOA', '1009')]).length,
    1,
    'the same login of another owner',
  );
  t.end();
});

void test('the blast radius says in words and as data who reaches what', (t) => {
  const exact = blastRadius(grant({ organisation: 'jppol-koa' }), organisations, 12);
  t.equal(
    exact.sentence,
    'JPPOL-KOA/GiftCardService (id 5001) may push from any branch, tag or environment to all repositories of the department (12 today, and those to come).',
  );
  t.same(exact.owners, [{ login: 'JPPOL-KOA', ownerId: '1001' }]);
  t.same(exact.repositories, { count: 12 });
  const pattern = blastRadius(
    grant({
      organisation: 'JPPOL-K*',
      repository: '*',
      repositoryId: undefined,
      refs: ['refs/tags/v*'],
      repositories: ['koa/app'],
    }),
    organisations,
    12,
  );
  t.equal(
    pattern.sentence,
    'Every repository of JPPOL-KOA and every repository of JPPOL-Koa-Apps may push on refs/tags/v* to koa/app.',
  );
  t.same(
    pattern.gitHubRepositories.map(({ isPattern, owner }) => [owner, isPattern]),
    [
      ['JPPOL-KOA', true],
      ['JPPOL-Koa-Apps', true],
    ],
  );
  t.same(pattern.repositories, { count: 1, names: ['koa/app'] });
  const unpinned = blastRadius(grant({ repositoryId: undefined, environment: 'prod' }), [koa], 1);
  t.equal(
    unpinned.sentence,
    'Any repository named JPPOL-KOA/GiftCardService may push in the environment prod to all repositories of the department (1 today, and those to come).',
  );
  t.match(blastRadius(grant({ pullRequests: true }), [koa], 1).sentence, /and from pull requests/);
  t.match(blastRadius(grant({ organisation: 'Nobody' }), [koa], 1).sentence, /^Nobody/);
  t.end();
});
