/** Lines in which the requests of one process stand, one line a department. */
export interface Lines {
  /** Does the work when all that came into this line before have done theirs. */
  readonly inTurn: <T>(line: string, work: () => Promise<T>) => Promise<T>;
}

/** First come, first served; a line is there only while somebody stands in it. */
export function createLines(): Lines {
  const ends = new Map<string, Promise<void>>();
  return {
    inTurn: async (line, work) => {
      const before = ends.get(line);
      let leave = (): void => undefined;
      const end = new Promise<void>((resolve) => {
        leave = resolve;
      });
      ends.set(line, end);
      await before;
      try {
        return await work();
      } finally {
        // Whoever comes next goes on, whatever became of this one.
        if (ends.get(line) === end) ends.delete(line);
        leave();
      }
    },
  };
}
