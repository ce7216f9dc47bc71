import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';

/** Signs a manifest's bytes: ECDSA on P-256 over their SHA-256, in DER. */
export type ManifestSigner = (bytes: Buffer) => Promise<Buffer>;

/** Signs with a private key in a PEM file; for local use. */
export function pemSigner(pem: string): ManifestSigner {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ec')
    throw new Error(
      'The signing key must be an EC key on P-256; make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
    );
  return async (bytes) => sign('sha256', bytes, key);
}

/** Signs with a KMS key of spec `ECC_NIST_P256` and usage `SIGN_VERIFY`; needs `kms:Sign`. */
export function kmsSigner(keyId: string, region?: string): ManifestSigner {
  return async (bytes) => {
    const { KMSClient, SignCommand } = await import('@aws-sdk/client-kms');
    const client = new KMSClient(region === undefined ? {} : { region });
    const Message = createHash('sha256').update(bytes).digest();
    const { Signature } = await client.send(
      new SignCommand({ KeyId: keyId, Message, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' }),
    );
    if (Signature === undefined) throw new Error(`KMS gave no signature with ${keyId}.`);
    return Buffer.from(Signature);
  };
}

/** Whether a signature is the key's over a manifest's bytes. */
export function isSignedBy(publicKeyPem: string, bytes: Buffer, signature: Buffer): boolean {
  return verify('sha256', bytes, createPublicKey(publicKeyPem), signature);
}
