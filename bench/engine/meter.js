// A measuring process's side of the talk with the bench: a line `ready`, a wait for `go`, a line with the result.
// rivals/meter.py is the same in Python.
import { readFileSync } from 'node:fs';

const WARM_UP_STEPS = 3;
const WARM_UP_MS = 500;

export function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

export const residentBytes = () => statusBytes('VmRSS');
export const peakBytes = () => statusBytes('VmHWM');

/** A field of Linux's own account of this process, in bytes; elsewhere the peak stands for all of them. */
function statusBytes(field) {
  try {
    const [, kibibytes] = new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
    return Number(kibibytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

/**
 * Takes the first step and warms up, waits for the bench's word, then repeats the step for the given time.
 * @param step may return a promise
 * @param began performance.now() before the network was made
 * @param perStep what one step counts for: images, or operations
 */
export async function measure(step, { began, perStep, seconds }) {
  await step();
  const firstStepMs = performance.now() - began;
  const warm = performance.now() + WARM_UP_MS;
  for (let taken = 0; taken < WARM_UP_STEPS || performance.now() < warm; taken++) await step();
  say({ ready: true });
  await go();
  let steps = 0;
  let elapsedMs;
  const start = performance.now();
  do {
    await step();
    steps++;
    elapsedMs = performance.now() - start;
  } while (elapsedMs < 1000 * seconds);
  return { rate: (1000 * steps * perStep) / elapsedMs, firstStepMs, steps };
}

async function go() {
  const { done } = await process.stdin[Symbol.asyncIterator]().next();
  // The bench is gone.
  if (done) process.exit(1);
  process.stdin.destroy();
}
