/** Our reading of GitHub's token, and our stand-in for its issuer, held to what GitHub publishes. */
import { test } from 'tap';
import { claimTable } from '../../src/caller/claims.ts';
import { discoveryDocument } from '../../src/local/github/discovery.ts';
import { claimsOf, type Job } from '../../src/local/github/job.ts';
import published from '../fixtures/github/oidc.json' with { type: 'json' };

const { documentation, discovery } = published;
const rows: readonly string[] = claimTable.map(({ name }) => name);
/** GitHub sends them (a token of a job shows it) and documents them nowhere. */
const UNDOCUMENTED = ['ref_protected', 'sha', 'environment_node_id', 'issuer_scope'];

void test('every claim that GitHub documents has a row in the claim table, and no row is about anything else', (t) => {
  const documented = documentation.claims.filter((name) => !name.endsWith('*'));
  for (const name of [...documented, ...discovery.document.claims_supported]) t.ok(rows.includes(name), name);
  t.strictSame(rows.filter((name) => !documented.includes(name)).sort(), [...UNDOCUMENTED].sort());
  t.end();
});

void test('the stand-in’s discovery document is GitHub’s, but for claims that came later', (t) => {
  const { claims_supported: theirs, ...document } = discovery.document;
  const { claims_supported: ours, ...own } = discoveryDocument(document.issuer);
  t.strictSame(own, document);
  for (const name of theirs) t.ok((ours as readonly string[]).includes(name), name);
  t.end();
});

void test('the stand-in’s tokens carry the claims that GitHub documents, and the subjects of GitHub’s examples', (t) => {
  const token = { issuer: discovery.document.issuer, audience: 'a', now: new Date('2026-11-24T12:00:00Z'), jti: 'j' };
  for (const { subject, ...job } of documentation.subjects) {
    const claims = claimsOf(job as Job, token);
    t.equal(claims['sub'], subject);
    const missing = documentation.claims.filter((name) => !name.endsWith('*') && claims[name] === undefined);
    t.strictSame(missing, job.environment === undefined ? ['environment'] : [], subject);
  }
  t.end();
});
