import t from 'tap';
import { IAM_MARGIN, REVOCATION_MARGIN, sessionsValidUntil } from '../../src/model/revoked-sessions.ts';

const DECIDED = Date.parse('2026-09-30T12:00:00.000Z');
const at = (milliseconds: number): string => new Date(DECIDED + milliseconds).toISOString();
const HOUR = 3_600_000;

t.test('no session is said to be over before IAM has spread what ends it', async (t) => {
  const told = 2_000;
  const issuedBefore = at(REVOCATION_MARGIN);
  t.equal(sessionsValidUntil({ how: 'with-role' }, at(told)), at(told + IAM_MARGIN));
  t.equal(sessionsValidUntil({ how: 'denied', issuedBefore }, at(told)), at(told + IAM_MARGIN));
  t.equal(sessionsValidUntil({ how: 'expire' }, at(told)), at(told + IAM_MARGIN + HOUR));
});

t.test('where AWS was told later than foreseen, a session that began in between is reckoned with', async (t) => {
  const issuedBefore = at(REVOCATION_MARGIN);
  const last = REVOCATION_MARGIN - IAM_MARGIN;
  t.equal(sessionsValidUntil({ how: 'denied', issuedBefore }, at(last)), at(last + IAM_MARGIN));
  t.equal(sessionsValidUntil({ how: 'denied', issuedBefore }, at(last + 1)), at(last + 1 + IAM_MARGIN + HOUR));
});
