import { describe, expect, it } from 'vitest';
import { batchCount, batches } from './batches.js';
import type { Split } from './dataset.js';

/** Image i is one pixel of value i. */
function split(length: number, extra: Partial<Split> = {}): Split {
  return {
    name: 'train',
    length,
    imageSize: 1,
    labels: Int32Array.from({ length }, (_, i) => i % 3),
    hashes: Array.from({ length }, String),
    read: async (indices, out) => {
      for (let i = 0; i < indices.length; i++) out.fill(indices[i], i * 3, i * 3 + 3);
    },
    ...extra,
  };
}

async function collect(...args: Parameters<typeof batches>): Promise<{ pixels: number[]; indices: number[] }[]> {
  const collected = [];
  for await (const batch of batches(...args)) {
    expect(batch.labels).toEqual(batch.indices.map((index) => index % 3));
    expect(batch.size).toBe(batch.indices.length);
    expect(batch.images.length).toBe(batch.size * 3);
    const pixels = Array.from({ length: batch.size }, (_, i) => batch.images[i * 3]);
    collected.push({ pixels, indices: [...batch.indices] });
  }
  return collected;
}

describe('batches', () => {
  it('gives the split in its own order, the last batch short', async () => {
    const all = await collect(split(10), { batchSize: 4 });
    expect(all.map((batch) => batch.pixels)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  it('leaves out the short batch if asked to', async () => {
    expect(await collect(split(10), { batchSize: 4, dropRemainder: true })).toHaveLength(2);
    expect(await collect(split(3), { batchSize: 4, dropRemainder: true })).toHaveLength(0);
    expect([batchCount(10, 4), batchCount(10, 4, true), batchCount(0, 4)]).toEqual([3, 2, 0]);
  });

  it('gives the order that it is given, an image more than once where it is there more than once', async () => {
    const order = Int32Array.from([3, 3, 0, 9, 3]);
    const all = await collect(split(10), { batchSize: 2, order, firstBatch: 1 });
    expect(all.map((batch) => batch.pixels)).toEqual([[0, 9], [3]]);
  });

  it('shuffles by seed and epoch, each image once, pixels with their indices', async () => {
    const order = async (seed: number, epoch: number): Promise<number[]> => {
      const all = await collect(split(50), { batchSize: 8, shuffle: { seed, epoch } });
      for (const batch of all) expect(batch.pixels).toEqual(batch.indices);
      return all.flatMap((batch) => batch.indices);
    };
    const first = await order(1, 0);
    expect(await order(1, 0)).toEqual(first);
    expect(await order(1, 1)).not.toEqual(first);
    expect(await order(2, 0)).not.toEqual(first);
    expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('goes on in the middle of an epoch with what an unbroken epoch has there', async () => {
    const options = { batchSize: 8, shuffle: { seed: 3, epoch: 5 } };
    const whole = await collect(split(50), options);
    expect(await collect(split(50), { ...options, firstBatch: 4 })).toEqual(whole.slice(4));
  });

  it('reads the next batch while the caller has this one, and no further', async () => {
    const reads: number[] = [];
    const source = split(9);
    const iterator = batches(
      split(9, {
        read: (indices, out) => {
          reads.push(indices[0]);
          return source.read(indices, out);
        },
      }),
      { batchSize: 3 },
    );
    await iterator.next();
    expect(reads).toEqual([0, 3]);
    await iterator.next();
    expect(reads).toEqual([0, 3, 6]);
    await iterator.return();
  });

  it('leaves a batch as it is until the next one is asked for', async () => {
    const iterator = batches(split(12), { batchSize: 4 });
    const { value } = await iterator.next();
    await new Promise(setImmediate);
    expect([...(value?.images ?? [])].filter((_, i) => i % 3 === 0)).toEqual([0, 1, 2, 3]);
    await iterator.return();
  });

  it('waits for a read under way before it ends early', async () => {
    let reading = 0;
    const slow = split(9, {
      read: async () => {
        reading++;
        await new Promise(setImmediate);
        reading--;
      },
    });
    for await (const _ of batches(slow, { batchSize: 3 })) break;
    expect(reading).toBe(0);
  });

  it('throws the reason of an abort, and what reading throws', async () => {
    const abort = new AbortController();
    const cancelled = async (): Promise<void> => {
      for await (const _ of batches(split(9), { batchSize: 3, signal: abort.signal }))
        abort.abort(new Error('cancelled'));
    };
    await expect(cancelled()).rejects.toThrow('cancelled');
    const broken = split(9, { read: () => Promise.reject(new Error('disk gone')) });
    await expect(collect(broken, { batchSize: 3 })).rejects.toThrow('disk gone');
  });
});
