import { describe, expect, it } from 'vitest';
import { GpuPool } from './gpu-pool.js';

describe('GpuPool', () => {
  it('gives every slot its GPU, and the next attempt the one that came back', () => {
    const pool = new GpuPool(['GPU-a', 'GPU-b', 'GPU-a']);
    expect([pool.take(), pool.take(), pool.take()]).toEqual(['GPU-a', 'GPU-b', 'GPU-a']);
    pool.giveBack('GPU-b');
    expect(pool.take()).toBe('GPU-b');
  });

  it('gives none where there are none', () => {
    const pool = new GpuPool([]);
    pool.giveBack(pool.take());
    expect(pool.take()).toBeUndefined();
  });
});
