import { createHash, createPrivateKey, createPublicKey, generateKeyPair, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { JSONWebKeySet, JWK } from 'jose';

/** What the embedded issuer signs with. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Header parameters that name the key, as in GitHub's tokens. */
  readonly kid: string;
  readonly x5t: string;
  /** Secret of the request tokens, which only this issuer reads. */
  readonly requestSecret: Uint8Array;
  readonly jwks: JSONWebKeySet;
}

const keyFile = 'github-issuer-key.json';

/**
 * The issuer's key: from `dataDir` when it was kept there, else a new one, kept there.
 * @param dataDir undefined for a key that lives as long as the process
 */
export async function loadOrMakeSigningKey(dataDir: string | undefined): Promise<SigningKey> {
  if (dataDir === undefined) return signingKeyOf(await makeStoredKey());
  const path = join(dataDir, keyFile);
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept !== undefined) return signingKeyOf(JSON.parse(kept) as StoredKey);
  const made = await makeStoredKey();
  await mkdir(dataDir, { recursive: true });
  // Written aside and renamed: a crash leaves no half key. Readable by its owner only.
  await writeFile(`${path}.new`, JSON.stringify(made), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return signingKeyOf(made);
}

interface StoredKey {
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  /** Base64url. */
  readonly requestSecret: string;
}

async function makeStoredKey(): Promise<StoredKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    requestSecret: randomBytes(32).toString('base64url'),
  };
}

function signingKeyOf(stored: StoredKey): SigningKey {
  const privateKey = createPrivateKey(stored.privateKey);
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const kid = uuidOf(createHash('sha256').update(der).digest('hex'));
  const x5t = createHash('sha1').update(der).digest('base64url');
  const jwk: JWK = { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, x5t, alg: 'RS256', use: 'sig' };
  const requestSecret = Buffer.from(stored.requestSecret, 'base64url');
  return { privateKey, publicKey, kid, x5t, requestSecret, jwks: { keys: [jwk] } };
}

/** GitHub's key ids look like UUIDs. */
function uuidOf(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
