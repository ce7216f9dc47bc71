import type { AuditInput, CutValue } from '../model/audit-event.ts';
import { canonicalJson } from '../model/canonical-json.ts';
import type { InputOf } from './input.ts';
import type { CommandName } from './authorize/rules.ts';

/** Bytes of canonical JSON that an event holds of what was asked for; where there are more, long members are cut. */
const MOST_BYTES = 2_048;
/** Bytes of canonical JSON that a member has at most which is left whole all the same. */
const SHORT_BYTES = 128;
/** UTF-16 units that are left of one that is cut. */
const LEFT_CHARACTERS = 96;

/** What an audit event keeps of a request: parameters and body as the contract let them through, and of what is long its beginning. */
export function auditInput({ params, query, body }: InputOf<CommandName>): { readonly input?: AuditInput } {
  const given = Object.entries({ params, query, body }).filter(([, members]) => Object.keys(members).length > 0);
  if (given.length === 0) return {};
  const isLong = bytesOf(Object.fromEntries(given)) > MOST_BYTES;
  return { input: Object.fromEntries(isLong ? given.map(([name, members]) => [name, shortened(members)]) : given) };
}

/** The words that a request gives to say that a wide effect is meant; a request that deletes gives them in its query. */
export function acknowledgedBy({ query, body }: InputOf<CommandName>): { readonly acknowledged?: readonly string[] } {
  const inBody = 'acknowledge' in body ? body.acknowledge : undefined;
  const { acknowledge = inBody ?? [] } = 'acknowledge' in query ? query : {};
  return acknowledge.length > 0 ? { acknowledged: acknowledge } : {};
}

function shortened(members: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, cutWhereLong(value)]));
}

function cutWhereLong(value: unknown): unknown {
  const bytes = bytesOf(value);
  if (bytes <= SHORT_BYTES) return value;
  // Half of a character is none that UTF-8 can write.
  const cut = canonicalJson(value)
    .slice(0, LEFT_CHARACTERS)
    .replace(/\p{Surrogate}$/u, '');
  return { cut, bytes } satisfies CutValue;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(canonicalJson(value));
}
