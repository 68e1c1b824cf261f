import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaseKeeper } from './lease-keeper.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function keeper(renew: (leases: { id: string; token: string }[]) => Promise<string[]>) {
  const errors: unknown[] = [];
  return { errors, keeper: new LeaseKeeper({ leaseMs: 3000, renew, onError: (error) => errors.push(error) }) };
}

describe('LeaseKeeper', () => {
  it('renews what is held, several times within the length of a lease, and nothing after its release', async () => {
    const renew = vi.fn(() => Promise.resolve<string[]>([]));
    const { keeper: leases } = keeper(renew);
    const signal = leases.hold('a', 'token-a');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(renew).toHaveBeenCalledTimes(30);
    expect(renew).toHaveBeenLastCalledWith([{ id: 'a', token: 'token-a' }]);
    expect(signal.aborted).toBe(false);
    leases.release('a');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(renew).toHaveBeenCalledTimes(30);
    leases.stop();
  });

  it('aborts the lease that the queue names as lost, and no other', async () => {
    const { keeper: leases } = keeper(() => Promise.resolve(['a']));
    const [a, b] = [leases.hold('a', '1'), leases.hold('b', '2')];
    await vi.advanceTimersByTimeAsync(1000);
    expect([a.aborted, b.aborted]).toEqual([true, false]);
    leases.stop();
  });

  it('aborts a lease when the queue could not be asked for its whole length, not earlier', async () => {
    const { keeper: leases, errors } = keeper(() => Promise.reject(new Error('refused')));
    const signal = leases.hold('a', '1');
    await vi.advanceTimersByTimeAsync(2999);
    expect(signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(signal.aborted).toBe(true);
    expect(errors.length).toBeGreaterThan(0);
    leases.stop();
  });

  it('aborts a lease whose renewal never answers', async () => {
    const { keeper: leases } = keeper(() => new Promise(() => {}));
    const signal = leases.hold('a', '1');
    await vi.advanceTimersByTimeAsync(3000);
    expect(signal.aborted).toBe(true);
    leases.stop();
  });

  it('keeps a lease when the queue is back in time', async () => {
    let refused = 2;
    const { keeper: leases } = keeper(() => (refused-- > 0 ? Promise.reject(new Error('x')) : Promise.resolve([])));
    const signal = leases.hold('a', '1');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(signal.aborted).toBe(false);
    leases.stop();
  });

  it('gives up what it holds and leaves no timer behind when it is stopped', () => {
    const { keeper: leases } = keeper(() => Promise.resolve([]));
    const signal = leases.hold('a', '1');
    leases.stop();
    expect(signal.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
