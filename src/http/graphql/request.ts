import type { ContractOperation, RawRequest } from '../../contract/route.ts';

/** Arguments of a field, or the `input` of a mutation. */
export type Arguments = Readonly<Record<string, unknown>>;

/**
 * A field's arguments as the REST request that they are the twin of: the operation's path and query parameters by their
 * names, the options as the headers that carry them in REST, and for a mutation all the rest as its body. So both APIs
 * are checked by one schema and tell the same errors at the same pointers.
 */
export function requestOf(operation: ContractOperation, given: Arguments): RawRequest {
  const { dryRun, ifMatch, idempotencyKey, respondAsync, ...own } = given;
  const names = (place: string) =>
    operation.parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
  const path = pickFrom(own, names('path'));
  const query = pickFrom(own, names('query'));
  const taken = new Set([...Object.keys(path), ...Object.keys(query)]);
  const rest = Object.entries(own).filter(
    ([name, value]) => !taken.has(name) && (value !== null || operation.nullable.has(name)),
  );
  return {
    path,
    query: { ...query, ...(dryRun === true ? { dryRun } : {}) },
    headers: {
      ...(typeof ifMatch === 'string' ? { 'if-match': quotedTag(ifMatch) } : {}),
      ...(typeof idempotencyKey === 'string' ? { 'idempotency-key': idempotencyKey } : {}),
      ...(respondAsync === true ? { prefer: 'respond-async' } : {}),
    },
    ...(operation.bodyProperties.size === 0
      ? {}
      : { body: Object.fromEntries(rest.map(([name, value]) => [name, withoutNulls(value)])) }),
  };
}

/** In GraphQL a null argument is one that was not given. */
function pickFrom(given: Arguments, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => (given[name] ?? null) !== null).map((name) => [name, given[name]]));
}

/** The same for the properties of a list's items, such as managers. */
function withoutNulls(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown) =>
    typeof item === 'object' && item !== null
      ? Object.fromEntries(Object.entries(item).filter(([, inner]) => inner !== null))
      : item,
  );
}

/** A bare revision, as entities show it, is understood as its entity tag. */
function quotedTag(ifMatch: string): string {
  return /^[0-9]+$/.test(ifMatch) ? `"${ifMatch}"` : ifMatch;
}
