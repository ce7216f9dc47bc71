/** Comparison by UTF-16 code units, as RFC 8785 sorts keys: the same everywhere, unlike `localeCompare`. */
export function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
