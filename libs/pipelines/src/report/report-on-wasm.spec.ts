import path from 'node:path';
import { expect, it } from 'vitest';
import { loadEngine } from '#engine';
import { recording, temporaryFolder, toySpec, writeToyImages } from '../../../../test/pipelines/toy.js';
import { runPipeline } from '../run-pipeline.js';

it('finds every part of a report on WebAssembly', async () => {
  const engine = await loadEngine({ backend: 'wasm' });
  const { folder, remove } = await temporaryFolder();
  try {
    const images = path.join(folder, 'images');
    await writeToyImages(images, 12);
    const fields = {
      backbone: { model: 'small_cnn', weights: 'none' },
      training: { epochs: 1, batchSize: 16 },
      report: { attacks: { epsilons: [8] }, latencyRuns: 2 },
    };
    const run = (more: Record<string, unknown>) =>
      runPipeline({
        engine,
        spec: toySpec('transfer', images, { ...fields, ...more }),
        seed: 1,
        context: recording(path.join(folder, 'cache')),
      });
    const report = await run({});
    expect(report.skipped).toEqual([]);
    expect(report.attacks!.found.map(({ attack }) => attack)).toEqual(['fgsm', 'pgd']);
    expect(report.corruptions!.found).toHaveLength(4);
    expect(report.testReads).toBe(1);
  } finally {
    await remove();
  }
});
