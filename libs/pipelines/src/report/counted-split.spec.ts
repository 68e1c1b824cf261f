import { expect, it } from 'vitest';
import { batches, type Split } from '#datasets';
import { countedSplit } from './counted-split.js';
import { partOf, sampledIndices } from './sampled-split.js';

const images: Split = {
  name: 'test',
  length: 5,
  imageSize: 1,
  labels: Int32Array.of(0, 1, 0, 1, 0),
  hashes: ['a', 'b', 'c', 'd', 'e'],
  read: async (indices, out) => {
    for (let i = 0; i < indices.length; i++) out.fill(indices[i], i * 3, i * 3 + 3);
  },
};

async function pass(split: Split): Promise<number[]> {
  const seen: number[] = [];
  for await (const batch of batches(split, { batchSize: 2 })) {
    for (let i = 0; i < batch.size; i++) seen.push(batch.images[i * 3]);
  }
  return seen;
}

it('counts passes over a split, and sees an image that is read once more, of each reader', async () => {
  const split = countedSplit(images);
  expect([...split.reads()]).toEqual([['model', 0]]);
  await pass(split);
  expect([...split.reads()]).toEqual([['model', 1]]);
  await split.read([3], new Uint8Array(3));
  await pass(split.readBy('teacher'));
  expect([...split.reads()]).toEqual([
    ['model', 2],
    ['teacher', 1],
  ]);
});

it('draws some images by a seed, and reads them in the order of the split', async () => {
  const some = sampledIndices(5, 3, 1);
  expect(some).toHaveLength(3);
  expect(sampledIndices(5, 3, 1)).toEqual(some);
  expect(sampledIndices(5, 9, 1)).toEqual(Int32Array.of(0, 1, 2, 3, 4));
  const part = partOf(images, some);
  expect(await pass(part)).toEqual([...some]);
  expect([...part.labels]).toEqual([...some].map((index) => index % 2));
  expect(part.hashes).toEqual([...some].map((index) => images.hashes[index]));
});
