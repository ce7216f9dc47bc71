import * as fc from 'fast-check';
import { test } from 'tap';
import type { ConditionBlock, PolicyDocument, Statement } from '../../src/policy/document.ts';
import type { AuthorizationRequest } from '../../src/policy/evaluate.ts';
import { evaluateDocument, globMatches } from '../../src/policy/evaluate.ts';
import { commonPolicy, isWithin, movementOf, patternCovers } from '../../src/policy/narrowing.ts';
import { revokeSessionsPolicy } from '../../src/policy/push-policy.ts';
import { commonTrustPolicy, isTrustWithin, parseTrustPolicy, trustMovement } from '../../src/policy/trust-narrowing.ts';
import { grantConditions, trustDocument, trustPolicy } from '../../src/policy/trust-policy.ts';
import { anyGrants, anyJob, anySettings, organisations } from './arbitraries.ts';
import { mayAssume, sessionOf, settings, tokenOf } from './fixtures.ts';
import { runs } from '../support/extent.ts';

const conditions: readonly (ConditionBlock | undefined)[] = [
  undefined,
  { StringEquals: { 'aws:ResourceTag/d': 'koa' } },
  { StringEquals: { 'aws:ResourceTag/d': 'pol' } },
  { StringEquals: { 'aws:ResourceTag/d': ['koa', 'pol'] } },
  { StringNotEquals: { 'aws:ResourceTag/d': 'koa' } },
];
const times = ['2026-11-24T10:00:00Z', '2026-11-24T12:00:00Z'] as const;

const anyStatement: fc.Arbitrary<Statement> = fc
  .record({
    Effect: fc.constantFrom('Allow' as const, 'Allow' as const, 'Allow' as const, 'Deny' as const),
    isNot: fc.constantFrom(false, false, false, true),
    actions: fc.uniqueArray(fc.constantFrom('ecr:PutImage', 'ecr:*', 'ECR:Put*', 'ecr:BatchGetImage'), {
      minLength: 1,
      maxLength: 2,
    }),
    Resource: fc.uniqueArray(fc.constantFrom('r/a', 'r/b', 'r/*', '*', 'r/?'), { minLength: 1, maxLength: 2 }),
    condition: fc.constantFrom(...conditions),
  })
  .map(({ Effect, isNot, actions, Resource, condition }) => ({
    Effect,
    ...(isNot ? { NotAction: actions } : { Action: actions }),
    Resource,
    ...(condition === undefined ? {} : { Condition: condition }),
  }));
const anyPolicy = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(anyStatement, { maxLength: 3 })
      .map((statements): PolicyDocument => ({ Version: '2012-10-17', Statement: statements })),
  },
  fc.constantFrom(...times).map(revokeSessionsPolicy),
);
const anyRequest: fc.Arbitrary<AuthorizationRequest> = fc
  .record({
    action: fc.constantFrom('ecr:PutImage', 'ecr:BatchGetImage', 'ecr:DeleteRepository'),
    resource: fc.constantFrom('r/a', 'r/b', 'r/cc', 'x'),
    department: fc.constantFrom('koa', 'pol', undefined),
    issued: fc.constantFrom('2026-11-24T09:00:00Z', '2026-11-24T11:00:00Z', '2026-11-24T13:00:00Z'),
  })
  .map(({ action, resource, department, issued }) => ({
    principal: sessionOf('r'),
    action,
    resource,
    context: { 'aws:TokenIssueTime': issued, ...(department === undefined ? {} : { 'aws:ResourceTag/d': department }) },
  }));

/** What a policy does for a session beside an Allow of everything: so that a Deny shows. */
function outcome(policy: PolicyDocument | undefined, request: AuthorizationRequest): 'allow' | 'deny' | 'none' {
  return policy === undefined ? 'none' : evaluateDocument(policy, request, 'identity');
}

const rank = { deny: 0, none: 1, allow: 2 } as const;

void test('what is said to be within another document allows nothing that the other does not, and denies all that it denies', (t) => {
  let held = 0;
  fc.assert(
    fc.property(anyPolicy, anyPolicy, fc.array(anyRequest, { minLength: 5, maxLength: 5 }), (part, whole, requests) => {
      if (!isWithin(part, whole)) return true;
      held++;
      return requests.every((request) => rank[outcome(part, request)] <= rank[outcome(whole, request)]);
    }),
    { numRuns: runs(8000) },
  );
  t.ok(held > runs(500), `${held} pairs were within`);
  t.end();
});

void test('what two policies have in common is within both', (t) => {
  let found = 0;
  fc.assert(
    fc.property(
      anyPolicy,
      anyPolicy,
      fc.array(anyRequest, { minLength: 5, maxLength: 5 }),
      (before, after, requests) => {
        const common = commonPolicy(before, after);
        if (common === undefined) return true;
        found++;
        return requests.every((request) => {
          const worst = Math.min(rank[outcome(before, request)], rank[outcome(after, request)]);
          return rank[outcome(common, request)] <= worst;
        });
      },
    ),
    { numRuns: runs(4000) },
  );
  t.ok(found > runs(80), `${found} pairs had something in common`);
  t.end();
});

void test('a dated Deny of a later time is narrower, of an earlier one wider', (t) => {
  const [early, late] = [revokeSessionsPolicy(times[0]), revokeSessionsPolicy(times[1])];
  t.equal(movementOf(early, late), 'narrower');
  t.equal(movementOf(late, early), 'wider');
  t.equal(movementOf(undefined, late), 'narrower');
  t.equal(movementOf(late, undefined), 'wider');
  t.equal(movementOf(late, late), 'same');
  t.equal(movementOf(undefined, undefined), 'same');
  t.end();
});

void test('a pattern covers another only if it matches all that the other does', (t) => {
  const pattern = fc.array(fc.constantFrom('*', '?', 'a', 'b'), { maxLength: 4 }).map((parts) => parts.join(''));
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 5 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      pattern,
      pattern,
      text,
      (whole, part, value) => !patternCovers(whole, part) || !globMatches(part, value) || globMatches(whole, value),
    ),
    { numRuns: runs(5000) },
  );
  t.ok(patternCovers('a*', 'ab*'));
  t.notOk(patternCovers('ab*', 'a*'));
  t.notOk(patternCovers('a?', 'a*'));
  t.end();
});

void test('a trust policy within another lets in no token that the other does not', (t) => {
  let held = 0;
  fc.assert(
    fc.property(anyGrants, anyGrants, anySettings, anyJob, (a, b, its, job) => {
      const [part, whole] = [a, b].map((grants) => grants.flatMap((each) => grantConditions(each, organisations, its)));
      if (part === undefined || whole === undefined || part.length === 0 || !isTrustWithin(part, whole)) return true;
      held++;
      return !mayAssume(trustDocument(part, its), tokenOf(job)) || mayAssume(trustDocument(whole, its), tokenOf(job));
    }),
    { numRuns: runs(8000) },
  );
  t.ok(held > runs(50), `${held} pairs were within`);
  t.end();
});

void test('refs count when trust policies are compared', (t) => {
  const one = { subs: ['repo:a/*:ref:refs/heads/*'], repositoryIds: ['1'], refs: ['refs/heads/main'] };
  t.ok(isTrustWithin([one], [{ ...one, refs: ['refs/heads/*'] }]));
  t.ok(isTrustWithin([one], [{ ...one, refs: [] }]));
  t.notOk(isTrustWithin([{ ...one, refs: [] }], [one]));
  t.notOk(isTrustWithin([{ ...one, refs: ['refs/heads/*'] }], [one]));
  t.notOk(isTrustWithin([{ ...one, repositoryIds: [] }], [one]));
  t.notOk(isTrustWithin([{ ...one, repositoryIds: ['2'] }], [one]));
  t.end();
});

void test('what two trust policies have in common lets in only whom both let in, and keeps what both say', (t) => {
  fc.assert(
    fc.property(anyGrants, anyGrants, anyGrants, anySettings, anyJob, (a, b, shared, its, job) => {
      const [before, after] = [
        trustPolicy([...a, ...shared], organisations, its),
        trustPolicy([...b, ...shared], organisations, its),
      ];
      const common = commonTrustPolicy(before, after, its);
      const isIn = (document: PolicyDocument): boolean => mayAssume(document, tokenOf(job));
      if (isIn(trustPolicy(shared, organisations, its)) && !isIn(common)) return false;
      return !isIn(common) || (isIn(before) && isIn(after));
    }),
    { numRuns: runs(800) },
  );
  t.end();
});

void test('a trust policy of ours is read back whole, and no other is read', (t) => {
  fc.assert(
    fc.property(anyGrants, anySettings, (grants, its) => {
      const document = trustPolicy(grants, organisations, its);
      const parsed = parseTrustPolicy(document, its);
      return parsed !== undefined && trustMovement(document, trustDocument(parsed, its), its) === 'same';
    }),
    { numRuns: runs(1000) },
  );
  const [statement] = trustPolicy([], organisations, settings).Statement;
  const foreign: readonly Partial<Statement>[] = [
    { Effect: 'Allow', Condition: { StringLike: { x: 'y' } } },
    { Effect: 'Allow', Principal: '*' },
    { Effect: 'Allow', Action: 'sts:*' },
    { Effect: 'Allow', NotAction: 'x' },
  ];
  for (const part of foreign) {
    const document = { Version: '2012-10-17', Statement: [{ ...statement, ...part }] } as PolicyDocument;
    t.equal(parseTrustPolicy(document, settings), undefined, JSON.stringify(part));
  }
  t.end();
});
