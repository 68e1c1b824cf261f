/** Time as it passes for this process; tests bring their own. */
export interface Clock {
  now(): Date;
  /** Calls back once, at or soon after the time; returns what calls it off. */
  at(time: Date, callback: () => void): () => void;
}

/** Longer timers of Node fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  at(time, callback) {
    let timer: NodeJS.Timeout;
    const wait = () => {
      const left = time.getTime() - Date.now();
      timer = left <= 0 ? setTimeout(callback, 0) : setTimeout(wait, Math.min(left, LONGEST_TIMER_MS));
    };
    wait();
    return () => clearTimeout(timer);
  },
};
