import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReportSchema, StudySchema, type Report } from '#contracts';
import { startTestApi, type TestApi } from '../../../../test/api.js';
import { completeRun } from '../../../../test/database.js';
import { transfer } from '../../../../test/specs.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

/** Of eight test images, those of which a bit is set are answered rightly. */
function reportOf(bits: number, seed: number): Report {
  const top1 = bits.toString(2).replaceAll('0', '').length / 8;
  return ReportSchema.parse({
    ...{ pipeline: 'transfer', name: 'x', seed, classes: ['a'], durationMs: 1, perClass: [] },
    dataset: { contentHash: 'h', train: 8, validation: 0, test: 8, unlabelled: 0, unreadable: [] },
    model: { name: 'mobilenet_v2', parameters: 1, bytes: 1 },
    engine: { backend: 'tensorflow', version: '1', threads: 1 },
    test: { images: 8, top1, loss: 1, perClass: [], confusionMatrix: [[8]] },
    testAnswers: { images: 8, imagesHash: 'a'.repeat(64), right: btoa(String.fromCharCode(bits)) },
  });
}

describe('the study of an experiment', () => {
  it('has every arm with its interval, and the verdict of every claim', async () => {
    const experiment = await api.submit({
      ...transfer,
      seeds: [0, 1],
      matrix: { 'training.optimizer': [{ kind: 'sgd' }, { momentum: 0.5, kind: 'sgd' }] },
      // The same object with its keys in another order.
      claims: [
        {
          better: { 'training.optimizer': { kind: 'sgd' } },
          than: { 'training.optimizer': { kind: 'sgd', momentum: 0.5 } },
          by: 1,
        },
      ],
    });
    const study = async () => StudySchema.strict().parse((await api.get(`experiments/${experiment.id}/study`)).body);
    expect(await study()).toMatchObject({
      experimentId: experiment.id,
      arms: [{ results: [], runs: [{ state: 'queued' }, { state: 'queued' }] }, { results: [] }],
      claims: [{ verdict: 'undecided', seeds: 0, difference: null }],
    });
    for (const [index, { id, seed }] of experiment.runs.entries()) {
      await completeRun(api.database.database, id, reportOf(index < 2 ? 0xff : 0x00, seed));
    }
    const { arms, claims } = await study();
    expect(arms[0].results[0]).toEqual({ metric: 'test.top1', mean: 1, interval: [1, 1], seeds: 2, images: 8 });
    expect(claims).toMatchObject([{ verdict: 'holds', difference: 100, interval: [100, 100], seeds: 2, images: 8 }]);
  });

  it('is not found where the experiment is not', async () => {
    expect(await api.get('experiments/00000000-0000-7000-8000-000000000000/study')).toMatchObject({ status: 404 });
  });
});
