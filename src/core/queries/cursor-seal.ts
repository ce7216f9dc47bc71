import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import type { Tables } from '../../ledger/client.ts';
import { readCursorKeys, sealingCursorKeys, type CursorKey } from '../../ledger/cursor-keys.ts';

/** Seals cursors and opens them: nobody else can read one or make one, and one opens only where it was sealed for. */
export interface CursorSeal {
  /** A function that seals; made once for a page, whose items each have a cursor. */
  readonly sealer: () => Promise<(text: string, boundTo: string) => string>;
  /** What was sealed; `undefined` when it is none of ours, or was sealed for something else. */
  readonly open: (cursor: string, boundTo: string) => Promise<string | undefined>;
}

/** How long keys are taken as read, in milliseconds. */
const KEPT = 60 * 60_000;

/** The seal of a deployment: its keys are in the state table, so that all its processes have the same. */
export function cursorSeal(tables: Tables, now: () => Date): CursorSeal {
  let read: { readonly keys: readonly CursorKey[]; readonly until: number } | undefined;
  const remember = (keys: readonly CursorKey[]): readonly CursorKey[] => {
    read = { keys, until: now().getTime() + KEPT };
    return keys;
  };
  return {
    sealer: async () => {
      const keys =
        read !== undefined && read.keys.length > 0 && now().getTime() < read.until
          ? read.keys
          : remember(await sealingCursorKeys(tables, now()));
      const [key] = keys;
      if (key === undefined) throw new Error('There is no key to seal cursors with.');
      return (text, boundTo) => seal(key, text, boundTo);
    },
    open: async (cursor, boundTo) => {
      const id = Buffer.from(cursor, 'base64url').subarray(0, ID_BYTES).toString('hex');
      const isIts = ({ id: own }: CursorKey): boolean => own === id;
      // Another process may have made a key since ours were read.
      const key = read?.keys.find(isIts) ?? remember(await readCursorKeys(tables)).find(isIts);
      return key === undefined ? undefined : open(key, cursor, boundTo);
    },
  };
}

const ALGORITHM = 'aes-256-gcm';
const ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with what the cursor is bound to as additional data. The nonce is a keyed digest of all of it, so that the same place of
 * the same list has the same cursor, and no nonce is used for two texts.
 * @see https://datatracker.ietf.org/doc/html/rfc5297#section-1.3.2 for a nonce made of the message
 */
function seal(key: CursorKey, text: string, boundTo: string): string {
  const nonce = createHmac('sha256', subkey(key, 'nonce'))
    .update(`${boundTo}\u0000${text}`)
    .digest()
    .subarray(0, NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, subkey(key, 'cipher'), nonce).setAAD(Buffer.from(boundTo));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.from(key.id, 'hex'), nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

function open(key: CursorKey, cursor: string, boundTo: string): string | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  // One that is spelled otherwise is not the one that was given.
  if (bytes.length < ID_BYTES + NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== cursor) return undefined;
  const nonce = bytes.subarray(ID_BYTES, ID_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, subkey(key, 'cipher'), nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(boundTo))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const sealed = bytes.subarray(ID_BYTES + NONCE_BYTES, -TAG_BYTES);
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function subkey({ secret }: CursorKey, use: 'nonce' | 'cipher'): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', Buffer.from(secret, 'base64'), '', `ecr-control-plane cursor ${use}`, 32));
}
