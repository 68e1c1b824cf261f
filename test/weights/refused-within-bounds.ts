import { expect } from 'vitest';
import { UserError } from '#contracts';

/** A reader without limits misses these by orders of magnitude: it takes minutes of processor time, or gigabytes. */
const MAX_CPU_MS = 5000;
const MAX_GROWTH_BYTES = 200 * 1024 ** 2;

/** A hostile file must be refused with these words, in little time and memory. */
export async function expectRefusedWithinBounds(read: () => unknown, message: RegExp): Promise<UserError> {
  const before = memory();
  const start = process.cpuUsage();
  const error: unknown = await new Promise((resolve) => resolve(read())).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { user, system } = process.cpuUsage(start);
  const after = memory();
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).toMatch(message);
  expect((user + system) / 1000).toBeLessThan(MAX_CPU_MS);
  expect(Math.max(after.now - before.now, after.most - before.most)).toBeLessThan(MAX_GROWTH_BYTES);
  return error as UserError;
}

/** Of the process, bytes. */
function memory(): { now: number; most: number } {
  return { now: process.memoryUsage.rss(), most: process.resourceUsage().maxRSS * 1024 };
}
