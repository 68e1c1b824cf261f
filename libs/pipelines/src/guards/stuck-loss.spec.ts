import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadEngine } from '#engine';
import { recording, temporaryFolder, toySpec, writeToyImages } from '../../../../test/pipelines/toy.js';
import { seededUniform } from '../report/seeded-random.js';
import { runPipeline } from '../run-pipeline.js';
import { stuckLossWatch } from './stuck-loss.js';

function told(lossAt: (point: number) => number, points = 60, more: Record<string, number> = {}): string[] {
  const messages: string[] = [];
  const watch = stuckLossWatch((message) => messages.push(message));
  const uniform = seededUniform(1, 'noise');
  for (let i = 0; i < points; i++) {
    watch(i * 10, { 'train.loss': lossAt(i) + 0.02 * (uniform() - 0.5), 'train.top1': 0.1, ...more });
    watch(i * 10, { 'validation.loss': 1 });
  }
  return messages;
}

describe('stuckLossWatch', () => {
  it('says once that a loss does not move', () => {
    const messages = told(() => 2.3026, 500);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/^The loss does not move: it was 2\.30\d at first and is 2\.30\d after 190 steps\./);
  });

  it('says nothing of a loss that falls, rises, is still being warmed up, or has reached its end', () => {
    expect(told((i) => 2.3 - 0.01 * i)).toEqual([]);
    expect(told((i) => 2.3 + 0.01 * i)).toEqual([]);
    expect(told(() => 0.05, 60, { 'train.top1': 0.98 })).toEqual([]);
    expect(told(() => 2.3, 19)).toEqual([]);
  });
});

it('a run whose learning rate is next to nothing is warned, in its report too', async () => {
  const engine = await loadEngine();
  const { folder, remove } = await temporaryFolder();
  const images = path.join(folder, 'images');
  await writeToyImages(images, 24);
  const run = async (learningRate: number) => {
    const training = { epochs: 5, batchSize: 8, optimizer: { learningRate } };
    const spec = toySpec('transfer', images, { backbone: { model: 'small_cnn', weights: 'none' }, training });
    return (await runPipeline({ engine, spec, seed: 1, context: recording(path.join(folder, 'cache')) })).warnings;
  };
  expect((await run(1e-9))!.join()).toContain('The loss does not move');
  expect((await run(0.02))!.join()).not.toContain('The loss does not move');
  await remove();
});
