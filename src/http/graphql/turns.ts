/** Runs a task when its turn has come. */
export type Turns = <T>(task: () => Promise<T>) => Promise<T>;

/**
 * Turns for tasks of which only so many run at once, the first come first. One request's look-ups take them: each holds a whole
 * department in memory while it runs, and all other requests want an answer too.
 */
export function createTurns(atOnce: number): Turns {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running === atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
