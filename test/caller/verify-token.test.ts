import fc from 'fast-check';
import t from 'tap';
import { TokenRefused } from '../../src/caller/token-refused.ts';
import { createTokenVerifier } from '../../src/caller/verify-token.ts';
import { startLocalGitHubIssuer } from '../../src/local/github/issuer.ts';
import { badTokens, goodToken } from '../support/bad-tokens.ts';
import type { World } from '../support/bad-tokens.ts';

const now = new Date('2026-11-24T12:00:00Z');
const audience = 'ecr-control-plane';
const issuer = await startLocalGitHubIssuer({ now: () => now });
t.teardown(() => issuer.close());
const world: World = { issuer, now, audience };
const verify = createTokenVerifier({ issuers: [issuer.issuer], audience, allowLoopbackIssuers: true });

async function refusalOf(authorization: string | undefined): Promise<TokenRefused | undefined> {
  try {
    await verify(authorization, now);
    return undefined;
  } catch (error) {
    if (error instanceof TokenRefused) return error;
    throw error;
  }
}

t.test('the control: the token that every bad one is a change of is accepted', async (t) => {
  t.equal((await verify(`Bearer ${goodToken(world)}`, now)).repositoryId, '612345678');
});

t.test('each bad token is refused for its own reason', async (t) => {
  for (const bad of badTokens) {
    const authorization = await bad.authorization(world);
    const refusal = await refusalOf(authorization);
    t.equal(refusal?.reason, bad.reason, `${bad.name}: ${refusal?.detail}`);
  }
  void fc;
});
