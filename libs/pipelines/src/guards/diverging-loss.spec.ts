import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadEngine } from '#engine';
import { recording, temporaryFolder, toySpec, writeToyImages } from '../../../../test/pipelines/toy.js';
import { seededUniform } from '../report/seeded-random.js';
import { runPipeline } from '../run-pipeline.js';
import { divergingLossWatch } from './diverging-loss.js';

type At = (point: number) => number;

function told(lossAt: At, top1At: At, more: Record<string, number> = {}): string[] {
  const messages: string[] = [];
  const watch = divergingLossWatch((message) => messages.push(message));
  const uniform = seededUniform(1, 'noise');
  for (let i = 0; i < 200; i++) {
    const noise = () => 1 + 0.3 * (uniform() - 0.5);
    watch(i * 10, { 'train.loss': lossAt(i) * noise(), 'train.top1': top1At(i) * noise(), ...more });
    watch(i * 10, { 'validation.loss': 100 * i, 'validation.top1': 0 });
  }
  return messages;
}

describe('divergingLossWatch', () => {
  const good = 0.7;

  it('says once that good weights are being destroyed, and with which numbers', () => {
    const messages = told(
      (i) => 0.7 * 1.1 ** Math.max(0, i - 20),
      (i) => (i < 25 ? good : 0.1),
    );
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(
      /^The training diverges: its loss was 0\.\d+ at first and is \d\.\d+ after 3\d0 steps, and \d\d % of the answers are right, where \d\d % were\./,
    );
    expect(messages[0]).toContain('training.optimizer.learningRate');
  });

  it('says so of weights that knew nothing', () => {
    expect(told((i) => 2.3 + i, () => 0.1)).toHaveLength(1); // prettier-ignore
  });

  it('says nothing of a loss that falls, that a warm-up unsettles, or whose parts come to weigh more', () => {
    expect(told((i) => 2.3 / (1 + i), () => 0.1)).toEqual([]); // prettier-ignore
    expect(told((i) => (i < 40 ? 0.7 + 0.03 * i : 0.5), () => good)).toEqual([]); // prettier-ignore
    expect(told((i) => 1 + i, (i) => Math.min(0.8, 0.1 + 0.05 * i))).toEqual([]); // prettier-ignore
  });

  it('says nothing of the points of a solver, which have λ', () => {
    expect(told((i) => 2.3 + i, () => 0.1, { lambda: 0.1 })).toEqual([]); // prettier-ignore
  });
});

it('a run whose learning rate is far too large is warned, in its report too', async () => {
  const engine = await loadEngine();
  const { folder, remove } = await temporaryFolder();
  const images = path.join(folder, 'images');
  await writeToyImages(images, 24);
  const run = async (learningRate: number) => {
    const schedule = { kind: 'constant', warmupEpochs: 10 };
    const training = { epochs: 12, batchSize: 8, optimizer: { kind: 'adamw', learningRate }, schedule };
    const spec = toySpec('transfer', images, {
      ...{
        backbone: { model: 'small_cnn', weights: 'none', batchNorm: 'frozen' },
        regularization: { lambda: 0 },
        training,
      },
    });
    return (await runPipeline({ engine, spec, seed: 1, context: recording(path.join(folder, 'cache')) })).warnings;
  };
  expect((await run(1))!.join()).toContain('The training diverges');
  expect((await run(0.002))!.join()).not.toContain('The training diverges');
  await remove();
});
