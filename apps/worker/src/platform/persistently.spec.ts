import { describe, expect, it } from 'vitest';
import { persistently } from './persistently.js';

const away = new Error('away');
const options = { mayPass: (error: unknown) => error === away, firstPauseMs: 1 };

describe('persistently', () => {
  it('tries until the work succeeds', async () => {
    let left = 3;
    const told: Error[] = [];
    const work = () => (left-- > 0 ? Promise.reject(away) : Promise.resolve('done'));
    expect(await persistently(work, { ...options, onRetry: (error) => told.push(error) })).toBe('done');
    expect(told).toEqual([away, away, away]);
  });

  it('throws at once what will not pass', async () => {
    let tries = 0;
    const work = () => Promise.reject(new Error(`try ${++tries}`));
    await expect(persistently(work, options)).rejects.toThrow('try 1');
  });

  it('throws the last error when its time is over', async () => {
    await expect(persistently(() => Promise.reject(away), { ...options, forMs: 20 })).rejects.toBe(away);
  });

  it('stops trying when it is told to, though the pause is long', async () => {
    const stop = new AbortController();
    const work = () => Promise.reject(away);
    const pausing = { ...options, firstPauseMs: 60_000, longestPauseMs: 60_000, signal: stop.signal };
    const trying = persistently(work, { ...pausing, onRetry: () => queueMicrotask(() => stop.abort()) });
    await expect(trying).rejects.toBe(away);
  });
});
