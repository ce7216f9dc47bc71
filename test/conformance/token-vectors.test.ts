/** Published attack vectors on JSON Web Signatures, by the very settings that our verifier gives to jose, and by the verifier. */
import { compactVerify, createLocalJWKSet } from 'jose';
import { test } from 'tap';
import { createTokenVerifier } from '../../src/caller/verify-token.ts';
import wycheproof from '../fixtures/wycheproof/json_web_signature.json' with { type: 'json' };

const ISSUER = 'https://token.actions.githubusercontent.com';

for (const { comment, public: key, tests } of wycheproof.testGroups) {
  void test(`${comment}: a signature is taken where the vector says so and the algorithm is RS256; all else is refused`, async (t) => {
    const keys = createLocalJWKSet({ keys: [key] });
    for (const { tcId, comment: what, jws, result } of tests) {
      const verified = await compactVerify(jws, keys, { algorithms: ['RS256'] }).then(
        () => 'valid',
        () => 'invalid',
      );
      t.equal(verified, comment === 'rs256' ? result : 'invalid', `${tcId} ${what}`);
    }
  });

  void test(`${comment}: none of the vectors is a caller, not even with its key published by the issuer`, async (t) => {
    const verify = createTokenVerifier({
      issuers: [ISSUER],
      audience: 'ecr-control-plane',
      jwksFetch: async () => Response.json({ keys: [key] }),
    });
    for (const { tcId, comment: what, jws } of tests) {
      await t.rejects(verify(`Bearer ${jws}`, new Date()), { name: 'TokenRefused' }, `${tcId} ${what}`);
    }
  });
}
