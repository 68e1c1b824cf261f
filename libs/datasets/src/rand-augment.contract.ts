import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { createProgram, loadEngine, type Backend, type Engine } from '#engine';
import { applyRandAugment, randAugment } from './rand-augment.js';
import { RAND_AUGMENT_OPERATIONS, type RandAugmentOperation } from './rand-augment-operations.js';

// Written by golden/make_rand_augment_golden.py with torchvision 0.29.2.
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/rand-augment.json'), 'utf8')) as {
  height: number;
  width: number;
  image: string;
  cases: { operation: RandAugmentOperation; magnitude: number; sign: 1 | -1; pixels: string }[];
};
const { height, width } = golden;
const BLENDS: RandAugmentOperation[] = ['color', 'contrast'];
const pixelsOf = (encoded: string): number[] => [...Buffer.from(encoded, 'base64')];

/** What RandAugment promises, with the same numbers on every backend. One backend per process. */
export function randAugmentContract(backend: Backend): void {
  let engine: Engine;
  let tf: Engine['tf'];
  beforeAll(async () => {
    engine = await loadEngine({ backend });
    ({ tf } = engine);
  });

  /** So many copies of the golden image. */
  const copies = (count: number) =>
    tf.tile(tf.tensor4d(pixelsOf(golden.image), [1, height, width, 3], 'float32'), [count, 1, 1, 1]);

  it.each([9, 23])("does to each image of a batch what torchvision's operations do, magnitude %d", (magnitude) => {
    const cases = golden.cases.filter((each) => each.magnitude === magnitude);
    const operations = cases.map(({ operation }) => RAND_AUGMENT_OPERATIONS.indexOf(operation));
    const made = tf.tidy(() =>
      applyRandAugment(
        engine,
        copies(cases.length),
        {
          operation: tf.tensor1d(operations, 'int32'),
          negative: tf.tensor1d(
            cases.map(({ sign }) => (sign < 0 ? 1 : 0)),
            'int32',
          ),
        },
        magnitude,
      ),
    );
    const values = made.dataSync();
    const size = height * width * 3;
    for (const [index, { operation, sign, pixels }] of cases.entries()) {
      const name = `${operation} ${sign}`;
      const expected = pixelsOf(pixels);
      const wrong = expected.map((value, at) => Math.abs(values[index * size + at] - value)).filter((by) => by > 0);
      // A colour on the edge between two bytes: torchvision blends by a fused multiply-add, which rounds once less.
      const allowed = BLENDS.includes(operation) ? wrong.filter((by) => by === 1).slice(0, size / 200).length : 0;
      expect([name, wrong.length]).toEqual([name, allowed]);
    }
    made.dispose();
  });

  it('has every operation in the golden file', () => {
    expect([...new Set(golden.cases.map(({ operation }) => operation))]).toEqual([...RAND_AUGMENT_OPERATIONS]);
  });

  const BATCH = 8;
  const views = (seed: number, steps: number[], operations = 2): number[][] => {
    const program = createProgram(engine, {
      state: {},
      functions: {
        view: {
          inputs: {
            images: { shape: [BATCH, height, width, 3] },
            step: { shape: [], dtype: 'int32' },
          },
          run: ({ images, step }) => ({
            view: randAugment(engine, images as never, { operations, magnitude: 9 }, { seed, step }),
          }),
        },
      },
    });
    const images = copies(BATCH);
    try {
      return steps.map((at) => {
        const step = tf.scalar(at, 'int32');
        const { view } = program.call('view', { images, step });
        const values = [...view.dataSync()];
        tf.dispose([step, view]);
        return values;
      });
    } finally {
      program.dispose();
      images.dispose();
    }
  };

  it('is captured, to the bit the same for the same seed and step, in any order of steps', () => {
    const [first, second, third] = views(7, [0, 1, 2]);
    expect(views(7, [2, 0])).toEqual([third, first]);
    expect(second).not.toEqual(first);
    expect(views(8, [0])[0]).not.toEqual(first);
    expect(first.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)).toBe(true);
  });

  it('draws for each image by itself, and leaves one in fourteen as it is', () => {
    const image = pixelsOf(golden.image);
    const steps = [...Array(20).keys()];
    const seen = views(3, steps, 1).flatMap((view) =>
      Array.from({ length: BATCH }, (_, i) => view.slice(i * image.length, (i + 1) * image.length).join()),
    );
    // Of 160 draws from 14 operations, nine of them with two directions: 23 results.
    expect(new Set(seen).size).toBeGreaterThan(18);
    expect(new Set(seen).size).toBeLessThanOrEqual(23);
    const untouched = seen.filter((pixels) => pixels === image.join()).length;
    // Binomial(160, 1/14): outside of these bounds once in 10,000 seeds.
    expect(untouched).toBeGreaterThan(1);
    expect(untouched).toBeLessThan(27);
  });
}
