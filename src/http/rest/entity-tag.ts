import { createHash } from 'node:crypto';
import { canonicalJson } from '../../model/canonical-json.ts';

/**
 * The `ETag` of an entity as REST shows it. It begins with the revision, which `If-Match` compares, and goes on with a digest of
 * the representation, because that can change without the entity: a repository shows how many may push, and an
 * operation ends without a new revision. The digest is over the canonical form, because DynamoDB gives a map's members back
 * in any order. So it is the strong validator that RFC 9110 asks for.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.8.1
 */
export function entityTag(revision: number, entity: unknown): string {
  const digest = createHash('sha256').update(canonicalJson(entity)).digest('hex');
  return `"${revision}-${digest.slice(0, 16)}"`;
}

/**
 * Whether a client's `If-None-Match` names the tag; compared weakly.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
 */
export function matchesAny(ifNoneMatch: unknown, tag: string): boolean {
  if (typeof ifNoneMatch !== 'string') return false;
  return ifNoneMatch.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag);
}
