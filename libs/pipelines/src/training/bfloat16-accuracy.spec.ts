import { beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder, loadEngine, type Engine } from '#engine';
import { recording, toySpec } from '../../../../test/pipelines/toy.js';
import { testTensorflow } from '../../../../test/services/test-services.js';
import { runPipeline } from '../run-pipeline.js';

const tensorflow = await testTensorflow();
const SEEDS = [0, 1, 2];
/** Two test images in a hundred: the standard error of the mean difference over three seeds of 500 images is below one. */
const WORSE_AT_MOST = 0.02;

describe.skipIf(tensorflow === undefined)('mixed precision', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'tensorflow' });
  });

  const top1 = async (precision: 'float32' | 'bfloat16', seed: number): Promise<number> => {
    const spec = toySpec('transfer', '', {
      dataset: { name: 'mnist', train: 800, validation: 100, test: 500 },
      image: { size: 14 },
      backbone: { model: 'small_cnn', weights: 'none' },
      training: {
        epochs: 4,
        batchSize: 32,
        precision,
        optimizer: { learningRate: 0.05 },
        augmentation: { flip: false },
      },
    });
    const report = await runPipeline({ engine, spec, seed, context: recording(cacheFolder()) });
    return report.test.top1;
  };

  it('costs no accuracy over three seeds of handwritten digits', async () => {
    const differences: number[] = [];
    for (const seed of SEEDS) {
      const [half, single] = [await top1('bfloat16', seed), await top1('float32', seed)];
      expect(single).toBeGreaterThan(0.85);
      differences.push(half - single);
    }
    expect(differences.some((difference) => difference !== 0)).toBe(true);
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / SEEDS.length;
    expect(mean).toBeGreaterThan(-WORSE_AT_MOST);
  }, 300_000);
});
