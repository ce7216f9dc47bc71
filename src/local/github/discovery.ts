import { claimTable } from '../../caller/claims.ts';

/**
 * The issuer's discovery document, of the shape of GitHub's.
 * @see https://token.actions.githubusercontent.com/.well-known/openid-configuration
 */
export function discoveryDocument(issuer: string): Readonly<Record<string, unknown>> {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks`,
    subject_types_supported: ['public', 'pairwise'],
    response_types_supported: ['id_token'],
    claims_supported: claimTable.map((row) => row.name),
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid'],
  };
}
