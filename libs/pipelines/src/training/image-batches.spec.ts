import { beforeAll, describe, expect, it } from 'vitest';
import type { Split } from '#datasets';
import { loadEngine, type Engine } from '#engine';
import { affordableBatchSize, calibrationBatches, imageBatches, stepsPerEpoch } from './image-batches.js';
import { joinSplits } from './join-splits.js';

/** Images of one pixel; that of image i has the value `first + i`. */
function split(name: Split['name'], first: number, labels: number[]): Split {
  return {
    name,
    length: labels.length,
    imageSize: 1,
    labels: Int32Array.from(labels),
    hashes: labels.map((_, index) => `hash ${first + index}`),
    read: async (indices, out) => {
      for (let at = 0; at < indices.length; at++) out.fill(first + indices[at], at * 3, at * 3 + 3);
    },
  };
}

describe('training batches', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'cpu' });
  });
  const images = joinSplits(split('train', 0, [2, 1, 0]), split('unlabelled', 100, [-1, -1]));
  const epoch = async (options: { epoch: number; firstBatch?: number }) => {
    const found: { pixels: number[]; labels: number[]; labelled: number[]; places: number[] }[] = [];
    const settings = { batchSize: 2, seed: 1, firstBatch: 0, signal: new AbortController().signal, ...options };
    let places: number[] = [];
    const more = (indices: Int32Array) => {
      places = [...indices];
      return {};
    };
    for await (const batch of imageBatches(engine, images, settings, more)) {
      const [labels, labelled] = [batch.labels, batch.labelled].map((t) => [...t.dataSync()]);
      found.push({ pixels: [...batch.images].filter((_, i) => i % 3 === 0), labels, labelled, places });
      engine.tf.dispose([batch.labels, batch.labelled]);
    }
    return found;
  };

  it('give each image with its own label and place; one without a label has no weight', async () => {
    for (const { pixels, labels, labelled, places } of await epoch({ epoch: 0 })) {
      places.forEach((place, at) => {
        expect(pixels[at]).toBe(place < 3 ? place : 100 + place - 3);
        expect(labelled[at]).toBe(place < 3 ? 1 : 0);
        expect(labels[at]).toBe(place < 3 ? 2 - place : 0);
      });
    }
  });

  it('are all of one size, in another order each epoch, and go on within an epoch', async () => {
    const first = await epoch({ epoch: 0 });
    expect(first).toHaveLength(stepsPerEpoch(5, 2));
    expect(await epoch({ epoch: 0, firstBatch: 1 })).toEqual(first.slice(1));
    expect(await epoch({ epoch: 1 })).not.toEqual(first);
  });

  it('read the images of both parts of a joined split', async () => {
    const out = new Uint8Array(15);
    await images.read([4, 0, 3, 2, 1], out);
    expect([...out].filter((_, i) => i % 3 === 0)).toEqual([101, 0, 100, 2, 1]);
    expect(images.hashes[3]).toBe('hash 100');
    expect(joinSplits(images, split('unlabelled', 0, []))).toBe(images);
  });

  it('for calibration are prepared images, about a thousand of them', async () => {
    const many = split('train', 0, new Array<number>(1500).fill(0));
    let count = 0;
    for await (const batch of calibrationBatches(
      engine,
      many,
      { size: 1, resize: 'squash', mean: [0, 0, 0], std: [1, 1, 1] },
      0,
    )) {
      expect(Math.max(...batch.dataSync())).toBeLessThanOrEqual(1);
      count += batch.shape[0];
      batch.dispose();
    }
    expect(count).toBe(1024);
  });

  it('are as large as there are images, with a word about it', () => {
    const lines: string[] = [];
    const context = { log: (_: string, message: string) => void lines.push(message) };
    expect(affordableBatchSize(8, 8, context)).toBe(8);
    expect(lines).toEqual([]);
    expect(affordableBatchSize(9, 8, context)).toBe(8);
    expect(lines).toEqual(['training.batchSize 9 is more than the 8 training images: 8 is used']);
  });
});
