import { describe, expect, it } from 'vitest';
import type { LeaseOptions } from './output-store.js';
import { untilSatisfied } from './until-satisfied.js';

/** A lease that somebody else has until `free` is called. */
function taken() {
  let free = () => {};
  const freed = new Promise<void>((resolve) => (free = resolve));
  const lease = async <T>(work: () => Promise<T>, { signal, onWait }: LeaseOptions): Promise<T> => {
    onWait?.('somebody');
    const ended = new Promise<never>((_, reject) => {
      const end = () => reject(signal.reason as Error);
      if (signal.aborted) end();
      signal.addEventListener('abort', end, { once: true });
    });
    await Promise.race([freed, ended]);
    return work();
  };
  return { lease, free };
}
const signal = new AbortController().signal;

describe('untilSatisfied', () => {
  it('does the work at once where the lease is free', async () => {
    const satisfied = () => Promise.reject(new Error('nobody waits'));
    const lease = <T>(work: () => Promise<T>) => work();
    expect(await untilSatisfied(async () => 5, { signal, satisfied }, lease)).toBe(5);
  });

  it('ends a wait without work once all that is wanted has come', async () => {
    const { lease } = taken();
    const seen: (string | undefined)[] = [];
    let looks = 0;
    const work = () => Promise.reject<number>(new Error('needless'));
    const options = { signal, satisfied: async () => ++looks === 3, onWait: (holder?: string) => seen.push(holder) };
    expect(await untilSatisfied(work, options, lease, 1)).toBeUndefined();
    expect({ looks, seen }).toEqual({ looks: 3, seen: ['somebody'] });
  });

  it('does the work when the lease comes first, and looks no more', async () => {
    const { lease, free } = taken();
    let looks = 0;
    const satisfied = async () => {
      if (++looks === 2) free();
      return false;
    };
    const work = async () => {
      const before = looks;
      await new Promise((resolve) => setImmediate(resolve));
      return looks - before;
    };
    expect(await untilSatisfied(work, { signal, satisfied }, lease, 1)).toBe(0);
  });

  it('looks again where it could not look', async () => {
    const { lease } = taken();
    let looks = 0;
    const satisfied = () => (++looks < 3 ? Promise.reject(new Error('the disk')) : Promise.resolve(true));
    expect(await untilSatisfied(async () => 5, { signal, satisfied }, lease, 1)).toBeUndefined();
  });

  it("throws the signal's reason when it is aborted, and what the work throws", async () => {
    const stop = new AbortController();
    const { lease, free } = taken();
    const waiting = untilSatisfied(
      async () => 5,
      { signal: stop.signal, onWait: () => stop.abort(new Error('cancelled')) },
      lease,
    );
    await expect(waiting).rejects.toThrow('cancelled');
    free();
    const failing = untilSatisfied(() => Promise.reject(new Error('broken')), { signal }, lease);
    await expect(failing).rejects.toThrow('broken');
  });
});
