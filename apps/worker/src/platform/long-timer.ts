/** Longer timers of Node fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back once after any time, also of months; returns what calls it off. */
export function longTimer(delayMs: number, callback: () => void): () => void {
  const due = performance.now() + delayMs;
  let timer: NodeJS.Timeout;
  const wait = () => {
    const left = due - performance.now();
    timer = left <= 0 ? setTimeout(callback, 0) : setTimeout(wait, Math.min(left, LONGEST_MS));
  };
  wait();
  return () => clearTimeout(timer);
}
