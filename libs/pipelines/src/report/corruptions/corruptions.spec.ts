import { describe, expect, it } from 'vitest';
import { CORRUPTIONS } from '#contracts';
import { golden } from '../../../../../test/golden/report.js';
import { seededUniform } from '../seeded-random.js';
import type { TestSample } from '../test-pass.js';
import { timeBudget } from '../time-budget.js';
import { corruptionsOf } from './corruptions.js';
import { benchmarkFor, CORRUPT, SEVERITIES } from './severities.js';

const { size, image } = golden.corruptions;
const pixels = Uint8Array.from(image);
const noDraw = () => 0;
const differences = (a: Uint8Array, b: readonly number[]) => b.map((value, i) => Math.abs(a[i] - value));
const largest = (values: readonly number[]) => Math.max(...values);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('corruptions', () => {
  it.each(['gaussian-blur', 'contrast'] as const)("%s is NumPy's, to a rounding of float64", async (kind) => {
    for (const [strength, expected] of Object.entries(golden.corruptions[kind])) {
      const found = await CORRUPT[kind](pixels, size, Number(strength), noDraw);
      const off = differences(found, expected);
      expect(largest(off), `strength ${strength}`).toBeLessThanOrEqual(1);
      expect(mean(off), `strength ${strength}`).toBeLessThan(0.02);
    }
  });

  it("jpeg is Pillow's, to a rounding of its colours", async () => {
    for (const [quality, expected] of Object.entries(golden.corruptions.jpeg)) {
      const off = differences(await CORRUPT.jpeg(pixels, size, Number(quality), noDraw), expected);
      expect(mean(off), `quality ${quality}`).toBeLessThan(0.5);
      // What the compression itself does is far more.
      expect(mean(differences(pixels, expected))).toBeGreaterThan(2);
    }
  });

  it('gaussian-noise has the deviation that was asked for, and is the same for the same seed', async () => {
    const grey = new Uint8Array(64 * 64 * 3).fill(128);
    const noisy = await CORRUPT['gaussian-noise'](grey, 64, 0.1, seededUniform(1, 'noise'));
    const moved = Array.from(noisy, (value) => value - 127.5);
    expect(mean(moved)).toBeCloseTo(0, 0);
    // 0.1 of 255, over 12,288 numbers: a standard error of 0.16.
    expect(Math.sqrt(mean(moved.map((value) => value ** 2)))).toBeCloseTo(25.5, 0);
    expect(await CORRUPT['gaussian-noise'](grey, 64, 0.1, seededUniform(1, 'noise'))).toEqual(noisy);
  });

  it.each([32, 224])(
    'of severity 5 change more of an image of %d pixels than those of severity 1',
    async (imageSize) => {
      for (const kind of CORRUPTIONS) {
        const change = async (severity: number) => {
          const strength = SEVERITIES[benchmarkFor(imageSize)][kind][severity - 1];
          const found = await CORRUPT[kind](pixels, size, strength, seededUniform(1, kind));
          return mean(differences(found, image));
        };
        expect(await change(5), kind).toBeGreaterThan(await change(1));
      }
    },
  );

  it('are counted at every severity, batch after batch, and left out where there is no time', async () => {
    const sample: TestSample = {
      indices: Int32Array.from({ length: 70 }, (_, i) => i),
      imageSize: 4,
      images: Uint8Array.from({ length: 70 * 48 }, (_, at) => (Math.floor(at / 48) % 2 === 0 ? 20 : 230)),
      labels: Int32Array.from({ length: 70 }, (_, i) => i % 2),
      right: new Uint8Array(70).fill(1),
    };
    // Light or dark: what neither noise nor blur nor JPEG can hide, and contrast neither.
    const predict = (bytes: Uint8Array, count: number) =>
      Int32Array.from({ length: count }, (_, i) => (mean([...bytes.subarray(i * 48, (i + 1) * 48)]) > 128 ? 1 : 0));
    const { signal } = new AbortController();
    let looked = 0;
    const surroundings = { budget: timeBudget(60), signal, onProgress: (images: number) => void (looked += images) };
    const options = { kinds: CORRUPTIONS, clean: 1, seed: 1 };
    const { corruptions, leftOut } = await corruptionsOf(predict, sample, options, surroundings);
    expect(corruptions).toMatchObject({ images: 70, severities: 'CIFAR-10-C', mean: 1 });
    expect(corruptions.found.map(({ top1 }) => top1)).toEqual(CORRUPTIONS.map(() => [1, 1, 1, 1, 1]));
    expect(leftOut).toEqual([]);
    expect(looked).toBe(70 * 4 * 5);
    const none = await corruptionsOf(predict, sample, options, { ...surroundings, budget: timeBudget(0) });
    expect(none).toMatchObject({ corruptions: { found: [], mean: null }, leftOut: { length: 4 } });
  });
});
