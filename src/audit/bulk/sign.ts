import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';

/** Signs a manifest's bytes: ECDSA on P-256 over their SHA-256, in DER. */
export interface ManifestSigner {
  readonly sign: (bytes: Buffer) => Promise<Buffer>;
  /** Whether a signature is of the same key over these bytes. */
  readonly isMine: (bytes: Buffer, signature: Buffer) => Promise<boolean>;
}

/** Signs with a private key in a PEM file; for local use. */
export function pemSigner(pem: string): ManifestSigner {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ec')
    throw new Error(
      'The signing key must be an EC key on P-256; make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
    );
  const publicKey = createPublicKey(key);
  return {
    sign: async (bytes) => sign('sha256', bytes, key),
    isMine: async (bytes, signature) => verify('sha256', bytes, publicKey, signature),
  };
}

/** Signs with a KMS key of spec `ECC_NIST_P256` and usage `SIGN_VERIFY`; needs `kms:Sign` and `kms:Verify`. */
export function kmsSigner(keyId: string, region?: string): ManifestSigner {
  const asked = (bytes: Buffer) =>
    ({
      KeyId: keyId,
      Message: createHash('sha256').update(bytes).digest(),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    }) as const;
  const connect = async () => {
    const kms = await import('@aws-sdk/client-kms');
    return { ...kms, client: new kms.KMSClient(region === undefined ? {} : { region }) };
  };
  return {
    sign: async (bytes) => {
      const { client, SignCommand } = await connect();
      const { Signature } = await client.send(new SignCommand(asked(bytes)));
      if (Signature === undefined) throw new Error(`KMS gave no signature with ${keyId}.`);
      return Buffer.from(Signature);
    },
    isMine: async (bytes, signature) => {
      const { client, VerifyCommand } = await connect();
      try {
        const { SignatureValid } = await client.send(new VerifyCommand({ ...asked(bytes), Signature: signature }));
        return SignatureValid === true;
      } catch (error) {
        if ((error as Error).name === 'KMSInvalidSignatureException') return false;
        throw error;
      }
    },
  };
}

/** Whether a signature is the key's over a manifest's bytes. */
export function isSignedBy(publicKeyPem: string, bytes: Buffer, signature: Buffer): boolean {
  return verify('sha256', bytes, createPublicKey(publicKeyPem), signature);
}
