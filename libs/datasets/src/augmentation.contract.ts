import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import type { AugmentationSpec } from '#contracts';
import { createProgram, loadEngine, type Backend, type Engine, type Tensor } from '#engine';
import { augment } from './augment.js';
import { adjustColours, type ColourFactors } from './colour-jitter.js';
import { cutmixBy } from './cutmix.js';
import { drawMixing } from './draw-mixing.js';
import { enlarge } from './enlarge.js';
import { mix, type Mixing } from './mixing.js';
import { mixupBy } from './mixup.js';
import { symmetricBeta } from './symmetric-beta.js';

// Written by golden/make_augmentation_golden.py with torchvision 0.29.2 and SciPy 1.16.2. Images: 0 to 255.
interface Mixed {
  share: number;
  images: number[];
  targets: number[];
}
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/augmentation.json'), 'utf8')) as {
  height: number;
  width: number;
  stored: number[];
  colours: Record<keyof ColourFactors, { factors: number[]; images: number[] }> & { together: number[] };
  labels: number[];
  mixup: Mixed[];
  cutmix: (Mixed & { row: number; column: number })[];
};
/** PyTorch's `interpolate` and its gradient. Numbers: `[batch, height, width, channels]`. */
const interpolated = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../test/golden/interpolate.json'), 'utf8'),
) as {
  cases: {
    shape: [number, number, number, number];
    size: number;
    images: number[];
    enlarged: number[];
    dy: number[];
    gradient: number[];
  }[];
};
/** One part in 100,000 of white. */
const COLOUR_TOLERANCE = 255 * 1e-5;

const OFF: AugmentationSpec = {
  ...{ flip: false, crop: 0, brightness: 0, contrast: 0, saturation: 0, hue: 0 },
  ...{ mixup: 0, cutmix: 0 },
};

/** What augmentation promises, with the same numbers on every backend. One backend per process. */
export function augmentationContract(backend: Backend): void {
  let engine: Engine;
  let tf: Engine['tf'];
  beforeAll(async () => {
    engine = await loadEngine({ backend });
    ({ tf } = engine);
  });

  const { height, width } = golden;
  const images = () => tf.tensor4d(golden.stored, [3, height, width, 3], 'float32');
  const expectNear = (actual: Tensor, expected: readonly number[], tolerance: number) => {
    const values = actual.dataSync();
    expect(values).toHaveLength(expected.length);
    expected.forEach((value, i) => {
      expect(Math.abs(values[i] - value), `number ${i}: ${values[i]}, not ${value}`).toBeLessThan(tolerance);
    });
  };

  it.each(['brightness', 'contrast', 'saturation', 'hue'] as const)(
    "changes %s as torchvision's adjustment",
    (name) => {
      const { factors, images: expected } = golden.colours[name];
      expectNear(adjustColours(engine, images(), { [name]: tf.tensor1d(factors) }), expected, COLOUR_TOLERANCE);
    },
  );

  it('changes brightness, contrast, saturation and hue one after the other, in this order', () => {
    const names = ['brightness', 'contrast', 'saturation', 'hue'] as const;
    const factors = Object.fromEntries(names.map((name) => [name, tf.tensor1d(golden.colours[name].factors)]));
    expectNear(adjustColours(engine, images(), factors), golden.colours.together, COLOUR_TOLERANCE);
  });

  it.each(interpolated.cases)(
    "enlarges $shape to $size as PyTorch's interpolate, and hands its gradient back",
    ({ shape, size, images: small, enlarged, dy, gradient }) => {
      const x = tf.tensor4d(small, shape);
      const larger: typeof shape = [shape[0], size, size, shape[3]];
      const { value, grad } = tf.valueAndGrad((x: Tensor) => enlarge(engine, x as Tensor4D, size))(
        x,
        tf.tensor(dy, larger),
      );
      expect(value.shape).toEqual(larger);
      expectNear(value, enlarged, 1e-5);
      expectNear(grad, gradient, 1e-5);
    },
  );

  const expectMixed = (mixing: Mixing, { images: mixedImages, targets }: Mixed) => {
    expectNear(mix(engine, images(), mixing.pixels), mixedImages, COLOUR_TOLERANCE);
    const oneHot = tf.cast(tf.oneHot(tf.tensor1d(golden.labels, 'int32'), 3), 'float32');
    expectNear(mix(engine, oneHot, mixing.share), targets, 1e-6);
  };

  it.each(golden.mixup)("mixes images and labels as torchvision's MixUp, λ $share", (expected) => {
    expectMixed(mixupBy(engine, tf.scalar(expected.share)), expected);
  });

  it.each(golden.cutmix)("cuts and mixes as torchvision's CutMix, λ $share at ($row, $column)", (expected) => {
    const { share, row, column } = expected;
    const drawn = { share: tf.scalar(share), row: tf.scalar(row), column: tf.scalar(column) };
    expectMixed(cutmixBy(engine, { height, width }, drawn), expected);
  });

  it.each([0.1, 0.2, 0.4, 1, 2, 10])(
    'draws from Beta(α, α) of the mean 1/2 and the variance 1/(8α + 4), α %d',
    (alpha) => {
      // The middles of 4,096 equal cells stand for as many draws.
      const count = 4096;
      const middles = tf.div(tf.add(tf.range(0, count), 0.5), count);
      const draws = [...symmetricBeta(engine, alpha, middles).dataSync()];
      const mean = draws.reduce((sum, draw) => sum + draw) / count;
      const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / count;
      expect(mean).toBeCloseTo(0.5, 5);
      expect(Math.abs(variance * (8 * alpha + 4) - 1)).toBeLessThan(0.01);
    },
  );

  const all: AugmentationSpec = {
    ...{ flip: true, crop: 1, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
    ...{ mixup: 0.2, cutmix: 1 },
  };
  /** One training step's view, as a captured function. */
  const program = (spec: AugmentationSpec, seed: number) =>
    createProgram(engine, {
      state: {},
      functions: {
        view: {
          inputs: { images: { shape: [3, height, width, 3], dtype: 'int32' }, step: { shape: [], dtype: 'int32' } },
          run: ({ images: stored, step }) => {
            const view = augment(engine, stored, spec, { seed, step });
            const mixing = drawMixing(engine, spec, { height, width }, { seed, step });
            return mixing === undefined
              ? { view, share: tf.scalar(1) }
              : { view: mix(engine, view, mixing.pixels), share: mixing.share };
          },
        },
      },
    });
  const views = (spec: AugmentationSpec, seed: number, steps: number[]) => {
    const running = program(spec, seed);
    const stored = tf.tensor4d(golden.stored, [3, height, width, 3], 'int32');
    try {
      return steps.map((at) => {
        const { view, share } = running.call('view', { images: stored, step: tf.scalar(at, 'int32') });
        return { view: [...view.dataSync()], share: share.dataSync()[0] };
      });
    } finally {
      running.dispose();
    }
  };

  it('captures all of it, to the bit the same for the same seed and step, in any order of steps', () => {
    const [first, second, third] = views(all, 7, [0, 1, 2]);
    expect(views(all, 7, [2, 0])).toEqual([third, first]);
    expect(second.view).not.toEqual(first.view);
    expect(views(all, 8, [0])[0].view).not.toEqual(first.view);
  });

  it('draws colours for each image by itself, within their ranges', () => {
    const spec = { ...OFF, brightness: 0.5 };
    const factors = views(spec, 3, [...Array(40).keys()]).flatMap(({ view }) => {
      // Of each image, the pixel that no factor up to 1.5 clips: (128, …), (122, …), (230, …) is clipped and left out.
      return [view[6] / 128, view[36] / 122];
    });
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.5);
    expect(Math.max(...factors)).toBeLessThanOrEqual(1.5);
    expect(Math.min(...factors)).toBeLessThan(0.6);
    expect(Math.max(...factors)).toBeGreaterThan(1.4);
    expect(new Set(factors).size).toBeGreaterThan(70);
  });

  it('takes mixup in about half the steps, and cutmix in the others, where both are asked for', () => {
    const steps = [...Array(40).keys()];
    const blends = views({ ...OFF, mixup: 1 }, 5, steps);
    const cuts = views({ ...OFF, cutmix: 1 }, 5, steps);
    const kinds = views({ ...OFF, mixup: 1, cutmix: 1 }, 5, steps).map((either, step) => {
      expect([blends[step], cuts[step]]).toContainEqual(either);
      return either.share === blends[step].share;
    });
    const mixups = kinds.filter((isMixup) => isMixup).length;
    // Binomial(40, 1/2): outside of these bounds once in 10,000 seeds.
    expect(mixups).toBeGreaterThan(8);
    expect(mixups).toBeLessThan(32);
  });

  it('leaves images as they are where nothing is asked for', () => {
    expect(views(OFF, 1, [3])[0]).toEqual({ view: golden.stored, share: 1 });
  });

  it('keeps no tensor', () => {
    const [stored, step] = [images(), tf.scalar(1, 'int32')];
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      augment(engine, stored, all, { seed: 1, step });
      drawMixing(engine, all, { height, width }, { seed: 1, step });
    });
    expect(tf.memory().numTensors).toBe(before);
  });
}
