/** A place in which one request waits for something new. */
export interface Poll {
  /** Waits so many milliseconds, or until no request may wait any longer. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Whether no request may wait any longer: what is there now is the answer. */
  readonly isOver: () => boolean;
  /** Gives the place back. */
  readonly leave: () => void;
}

/** The places of one process in which requests wait. */
export interface Polls {
  /** A place for a caller; `undefined` where there is none left, and then it is answered at once. */
  readonly take: (caller: string) => Poll | undefined;
  /** Ends all waiting, now and from now on: the process is about to end. */
  readonly close: () => void;
}

/** Most places that one caller, a GitHub repository, has at once: a job that follows needs one. */
export const POLLS_OF_ONE = 5;

/**
 * @param atMost how many requests may wait at once; none in a Lambda, where each would hold one of the few instances that all share
 * @param pause resolves after so many milliseconds
 */
export function createPolls(atMost: number, pause: (milliseconds: number) => Promise<void>): Polls {
  const taken = new Map<string, number>();
  const closed = new AbortController();
  const whenClosed = new Promise<void>((resolve) => closed.signal.addEventListener('abort', () => resolve()));
  let waiting = 0;
  return {
    close: () => closed.abort(),
    take: (caller) => {
      const own = taken.get(caller) ?? 0;
      if (closed.signal.aborted || waiting >= atMost || own >= POLLS_OF_ONE) return undefined;
      waiting += 1;
      taken.set(caller, own + 1);
      return {
        isOver: () => closed.signal.aborted,
        pause: (milliseconds) => Promise.race([pause(milliseconds), whenClosed]),
        leave: () => {
          waiting -= 1;
          const left = (taken.get(caller) ?? 1) - 1;
          if (left > 0) taken.set(caller, left);
          else taken.delete(caller);
        },
      };
    },
  };
}
