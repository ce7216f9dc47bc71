/** Values by key, of which the least recently used leaves first. */
export interface LeastRecentlyUsed<Value> {
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value) => void;
}

/** @param atMost how many are kept; 0 keeps none */
export function leastRecentlyUsed<Value>(atMost: number): LeastRecentlyUsed<Value> {
  // A Map iterates in the order of insertion: what is put in again on each use makes the first key the oldest.
  const kept = new Map<string, Value>();
  const set = (key: string, value: Value): void => {
    kept.delete(key);
    kept.set(key, value);
    for (const oldest of kept.keys()) {
      if (kept.size <= atMost) break;
      kept.delete(oldest);
    }
  };
  const get = (key: string): Value | undefined => {
    const value = kept.get(key);
    if (value !== undefined) set(key, value);
    return value;
  };
  return { get, set };
}
