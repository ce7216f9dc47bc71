import { API_CHECKS } from './api.ts';
import type { Check } from './check.ts';
import { ROLE_CHECKS } from './roles.ts';
import { SCHEDULE_CHECKS } from './schedules.ts';

/** All checks, in the order in which they are played; the last of them breaks the deployment on purpose. */
export const CHECKS: readonly Check[] = [
  ...API_CHECKS,
  ...ROLE_CHECKS,
  ...SCHEDULE_CHECKS.filter(({ name }) => name !== 'dead-letters'),
  ...SCHEDULE_CHECKS.filter(({ name }) => name === 'dead-letters'),
];

/** Checks by name, with those that they build on before them. @throws Error for a name that no check has */
export function withWhatTheyBuildOn(names: readonly string[]): readonly Check[] {
  const needed = new Set<string>();
  const add = (name: string): void => {
    const check = CHECKS.find((one) => one.name === name);
    if (check === undefined) throw new Error(`No check is called ${name}.`);
    for (const before of check.after ?? []) add(before);
    needed.add(name);
  };
  for (const name of names) add(name);
  return CHECKS.filter(({ name }) => needed.has(name));
}
