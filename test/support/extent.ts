/*
 * How much of a large table or of a property's runs is tried. `npm test` tries a part, so that it ends within minutes;
 * .ci/steps/whole-tests.sh tries all of it, by ECP_TESTS=whole. What takes half an hour is left to `.ci/run --full`, by FULL=1.
 */
/** Whether all of it is tried. */
export const IS_WHOLE = process.env['ECP_TESTS'] === 'whole';

/** Which part of the runs of a property `npm test` makes. */
const PART_OF_RUNS = 10;

/** How often a property is tried, of `whole` times. */
export function runs(whole: number): number {
  return IS_WHOLE ? whole : Math.ceil(whole / PART_OF_RUNS);
}

/** How many random histories are played, each of which is a department's whole life. */
export const HISTORIES = process.env['FULL'] === undefined ? runs(200) : 2_000;

/**
 * The cases that are tried: all, or one in so many. Where a table is crossed with another one, `turn` is the row of that one, so that
 * each case has its turn with some row.
 */
export function oneIn<T>(many: number, cases: readonly T[], turn = 0): readonly T[] {
  return IS_WHOLE ? cases : cases.filter((_, index) => (index + turn) % many === 0);
}
