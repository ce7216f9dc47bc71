import * as fc from 'fast-check';
import type { Grant } from '../../src/model/grant.ts';
import type { Organisation } from '../../src/model/organisation.ts';
import type { AwsSettings } from '../../src/model/settings.ts';
import type { Job } from './fixtures.ts';
import { grant, organisation, withKeys } from './fixtures.ts';

/** Organisations of two departments and a shared one; small, so that grants and tokens often meet. */
export const organisations: readonly Organisation[] = [
  organisation('JPPOL-KOA', '1001'),
  organisation('JPPOL-Koa-Apps', '1002'),
  organisation('Ekstra', '1003'),
  organisation('JPPOL-Shared', '1004', { shared: true }),
  organisation('JPPOL-POL', '2001', { department: 'pol' as Organisation['department'] }),
];

export const owners = [...organisations, organisation('JPPOL-KOA-evil', '6666'), organisation('jppol-koa', '6667')];

const repositories = [
  { name: 'GiftCardService', id: '5001' },
  { name: 'GiftShop', id: '5002' },
  { name: 'Gift', id: '5003' },
  { name: 'app.web', id: '5004' },
  { name: 'evil', id: '50011' },
] as const;

const environments = ['prod', 'prod EU', 'test'] as const;
const refs = [
  'refs/heads/main',
  'refs/heads/main2',
  'refs/heads/release/1',
  'refs/tags/v1',
  'refs/tags/v1.0.0',
] as const;
const refPatterns = [
  ...refs,
  'refs/heads/*',
  'refs/heads/release/*',
  'refs/heads/main*',
  'refs/tags/*',
  'refs/tags/v*',
];

export const anySettings: fc.Arbitrary<AwsSettings> = fc
  .tuple(fc.boolean(), fc.boolean())
  .map(([repositoryId, ref]) => withKeys(repositoryId, ref));

/** How far a grant is narrowed. */
const narrowing = fc.oneof(
  fc.constant({}),
  fc.constant({ pullRequests: true }),
  fc.record({ refs: fc.uniqueArray(fc.constantFrom(...refPatterns), { minLength: 1, maxLength: 3 }) }),
  fc.record({ environment: fc.constantFrom(...environments) }),
  fc.record({
    environment: fc.constantFrom(...environments),
    refs: fc.uniqueArray(fc.constantFrom(...refPatterns), { minLength: 1, maxLength: 2 }),
  }),
);

const spelled = fc.constantFrom(
  'JPPOL-KOA',
  'jppol-koa',
  'JPPOL-Koa-Apps',
  'ekstra',
  'Ekstra',
  'JPPOL-Shared',
  'JPPOL-POL',
);
const wildOwner = fc.constantFrom('JPPOL-*', 'jppol-k*', '*', '*KOA*', 'Eks*');

const exact = fc
  .constantFrom(...repositories)
  .chain(({ name, id }) =>
    fc.record({ organisation: spelled, repository: fc.constant(name), repositoryId: fc.constantFrom(id, undefined) }),
  );
const pattern = fc.record({
  organisation: fc.oneof(spelled, wildOwner),
  repository: fc.constantFrom('*', 'Gift*', 'GiftC*', 'app.*'),
  repositoryId: fc.constant(undefined),
});
const exactAnywhere = fc.record({
  organisation: wildOwner,
  repository: fc.constantFrom(...repositories.map(({ name }) => name)),
  repositoryId: fc.constant(undefined),
});

/** Grants of the department `koa` that break no rule but, at times, those of the organisation and of switched-off keys. */
export const anyGrant: fc.Arbitrary<Grant> = fc
  .tuple(fc.oneof({ weight: 3, arbitrary: exact }, pattern, exactAnywhere), narrowing)
  .map(([who, when]) => grant({ ...who, ...when }));

export const anyGrants = fc.array(anyGrant, { maxLength: 5 });

/** Jobs of anybody; small, so that they often meet a grant. */
export const anyJob: fc.Arbitrary<Job> = fc
  .record({
    owner: fc.constantFrom(...owners),
    repository: fc.constantFrom(...repositories),
    idOf: fc.constantFrom(...repositories),
    isOwnId: fc.boolean(),
    event: fc.constantFrom('push', 'push', 'pull_request'),
    ref: fc.constantFrom(...refs),
    environment: fc.constantFrom(undefined, undefined, ...environments, 'prod2'),
    form: fc.constantFrom('classic', 'immutable'),
  })
  .map(({ owner, repository, idOf, isOwnId, event, ref, environment, form }) => ({
    login: owner.login,
    ownerId: owner.ownerId,
    repository: repository.name,
    repositoryId: isOwnId ? repository.id : idOf.id,
    ref: event === 'pull_request' ? 'refs/pull/7/merge' : ref,
    environment,
    event,
    form,
  }));
