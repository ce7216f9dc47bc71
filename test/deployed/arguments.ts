import type { Values } from '../../scripts/provider-stand-in.ts';

/**
 * The arguments of a resource as a plan has them. Each one that is read is remembered, so that what nobody reads is found: an argument
 * that is silently dropped would make a deployment that is not the one that the module describes.
 */
export interface Arguments {
  readonly has: (name: string) => boolean;
  /** @throws Error where it is not set */
  readonly text: (name: string) => string;
  readonly maybeText: (name: string) => string | undefined;
  readonly maybeNumber: (name: string) => number | undefined;
  /** False where it is not set. */
  readonly flag: (name: string) => boolean;
  readonly texts: (name: string) => string[];
  readonly map: (name: string) => Record<string, string>;
  /** Each block of a name. */
  readonly blocks: (name: string) => readonly Arguments[];
  /** The only block of a name, if there is one. */
  readonly block: (name: string) => Arguments | undefined;
  /** Counts as read what a row leaves out on purpose. */
  readonly leaveOut: (...names: readonly string[]) => void;
  /** The paths of what is set and was not read. */
  readonly unread: () => readonly string[];
}

/** The arguments in `values`, of the resource that is called `what` in errors. */
export function argumentsOf(what: string, values: Values): Arguments {
  const read = new Set<string>();
  const inner = new Map<string, readonly Arguments[]>();
  const take = (name: string): unknown => {
    read.add(name);
    return values[name];
  };
  const blocks = (name: string): readonly Arguments[] => {
    const known = inner.get(name);
    if (known !== undefined) return known;
    const value = (take(name) ?? []) as readonly Values[] | Values;
    const list = Array.isArray(value) ? (value as readonly Values[]) : [value as Values];
    const found = list.map((one, index) => argumentsOf(`${what}.${name}[${index}]`, one));
    inner.set(name, found);
    return found;
  };
  const maybeText = (name: string): string | undefined => {
    const value = take(name);
    if (value === undefined || typeof value === 'string') return value;
    throw new Error(`${what}.${name} is no text.`);
  };
  return {
    has: (name) => take(name) !== undefined,
    text: (name) => {
      const value = maybeText(name);
      if (value === undefined) throw new Error(`${what} has no ${name}: is it a reference that nothing resolves?`);
      return value;
    },
    maybeText,
    maybeNumber: (name) => {
      const value = take(name);
      if (value === undefined || typeof value === 'number') return value;
      throw new Error(`${what}.${name} is no number.`);
    },
    flag: (name) => take(name) === true,
    texts: (name) => (take(name) ?? []) as string[],
    map: (name) => (take(name) ?? {}) as Record<string, string>,
    blocks,
    block: (name) => blocks(name)[0],
    leaveOut: (...names) => {
      for (const name of names) take(name);
    },
    unread: () => [
      ...Object.entries(values)
        .filter(([name, value]) => !read.has(name) && !isEmpty(value))
        .map(([name]) => `${what}.${name}`),
      ...[...inner.values()].flatMap((found) => found.flatMap((one) => one.unread())),
    ],
  };
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}
