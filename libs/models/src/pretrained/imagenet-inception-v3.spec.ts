import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder, loadEngine, type Engine } from '#engine';
import { loadPretrained, loadPretrainedClassifier, pretrainedSource } from './load-pretrained.js';
import type { Model } from '../model.js';

interface Golden {
  scale: number;
  zeroPoint: number;
  /** As TensorFlow Lite's interpreter has them, in eight bits, of `picture` 0, 1 and 2. */
  logits: number[][];
}
const file = new URL('../../../../test/golden/imagenet-inception.json', import.meta.url);
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;
const SIZE = 299;

/** As `picture` of test/golden/imagenet-inception.py, 0 to 255. */
function picture(index: number): Float32Array {
  const pixels = new Float32Array(SIZE * SIZE * 3);
  for (let at = 0; at < pixels.length; at++) {
    const [y, x, channel] = [Math.floor(at / 3 / SIZE), Math.floor(at / 3) % SIZE, at % 3];
    const phase = x * (3 + 2 * index + channel) + y * (1 + 4 * channel) + Math.floor((x * y) / (40 + 30 * index));
    pixels[at] = Math.min(255, Math.abs((phase % 512) - 256));
  }
  return pixels;
}

describe('the imagenet-inception weights of inception_v3', () => {
  let engine: Engine;
  let model: Model;
  let classNames: readonly string[];
  const source = pretrainedSource('inception_v3', 'imagenet-inception');
  beforeAll(async () => {
    engine = await loadEngine();
    ({ model, classNames } = await loadPretrainedClassifier(engine, 'inception_v3', 'imagenet-inception', {
      cacheFolder: cacheFolder(),
    }));
  });

  const logitsOf = (index: number) =>
    engine.tf.tidy(() => {
      const { mean, std } = source.preprocessing;
      const prepared = picture(index).map((value, at) => (value / 255 - mean[at % 3]) / std[at % 3]);
      return model.forward(engine.tf.tensor(prepared, [1, SIZE, SIZE, 3]), 'inference').logits.dataSync<'float32'>();
    });

  it('know what their outputs mean', () => {
    expect(model).toMatchObject({ name: 'inception_v3', variant: 'quantised', classes: 1001 });
    expect(classNames).toHaveLength(1001);
    expect(classNames.slice(0, 3)).toEqual(['dummy', 'tench', 'goldfish']);
    expect(classNames[1000]).toBe('toilet tissue');
  });

  it.each([0, 1, 2])("give what TensorFlow Lite's interpreter gives in eight bits, picture %i", (index) => {
    const logits = logitsOf(index);
    const expected = golden.logits[index].map((value) => golden.scale * (value - golden.zeroPoint));
    const squares = expected.reduce((sum, value, at) => sum + (value - logits[at]) ** 2, 0);
    // Of a deviation of 1.3; a step of the eight bits is 0.076.
    expect(Math.sqrt(squares / expected.length)).toBeLessThan(0.15);
  });

  it('are a backbone for other classes', async () => {
    const backbone = await loadPretrained(engine, 'inception_v3', 'imagenet-inception', { classes: 3, seed: 1 });
    expect(backbone).toMatchObject({ variant: 'quantised', classes: 3, featureSize: 2048 });
    backbone.dispose();
  });
});
