import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder, loadEngine, type Engine } from '#engine';
import { recording, saveArtifacts, temporaryFolder, toySpec } from '../../../test/pipelines/toy.js';
import { openClassifier } from './classifier/model-folder.js';
import { probabilitiesOf } from './classifier/probabilities.js';
import { imageOutputs } from './outputs/image-outputs.js';
import { calibratedness } from './report/calibration.js';
import { fitTemperature } from './report/fit-temperature.js';
import { openRunDataset } from './run-dataset.js';
import { runPipeline } from './run-pipeline.js';

const SEED = 1;
/** Few digits, so that a regression knows by heart all that it is fitted to. */
const DATASET = { name: 'mnist', train: 240, validation: 120, test: 300 };

describe('the temperature of a logistic regression', () => {
  let engine: Engine;
  let folder: string;
  let teacher: string;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    engine = await loadEngine();
    ({ folder, remove } = await temporaryFolder());
    const context = recording(cacheFolder());
    const spec = toySpec('transfer', '', {
      dataset: DATASET,
      image: { size: 14 },
      backbone: { model: 'small_cnn', weights: 'none' },
      training: { epochs: 1, batchSize: 20, augmentation: { flip: false } },
    });
    await runPipeline({ engine, spec, seed: SEED, context });
    teacher = await saveArtifacts(context, path.join(folder, 'teacher'));
  });
  afterAll(() => remove());

  it.each(['multinomial', 'bce'] as const)(
    'by %s is found on images that the fit has not seen, and not on those that the finished model knows',
    async (kind) => {
      const context = recording(cacheFolder());
      const spec = toySpec('logistic', '', {
        dataset: DATASET,
        image: { size: 14 },
        teacher: { path: teacher },
        features: 'penultimate',
        loss: { kind },
        regularization: { lambda: 1e-4 },
      });
      const { calibration } = await runPipeline({ engine, spec, seed: SEED, context });
      const { before, scaling } = calibration!;
      expect(scaling).toMatchObject({ validationImages: 120, beforeFinalFit: true });
      expect(Buffer.from(context.artifacts.get('report.html')!).toString()).toContain(
        'fitted on 120 validation images before the final fit, which has trained on them too',
      );

      const network = await openClassifier(engine, await saveArtifacts(context, path.join(folder, kind)));
      const dataset = await openRunDataset(spec.dataset, network.image, { context, seed: SEED, baseFolder: '.' });
      const { signal } = context;
      const logitsOf = async (split: 'validation' | 'test') => {
        const look = (images: Parameters<typeof network.forward>[0]) => ({ logits: network.forward(images).logits });
        return (await imageOutputs(engine, dataset[split], look, network.variables, { signal })).logits;
      };
      const [known, test] = [await logitsOf('validation'), await logitsOf('test')];
      const mistaken = fitTemperature({ logits: known, labels: dataset.validation.labels }, 10, network.outputs);
      const by = (temperature: number) =>
        calibratedness(
          probabilitiesOf(
            test.map((z) => z / temperature),
            10,
            network.outputs,
          ),
          dataset.test.labels,
          10,
        );
      network.dispose();
      await dataset.close();
      expect(by(scaling!.temperature).nll).toBeCloseTo(scaling!.after.nll, 4);
      expect(mistaken).toBeLessThan(1);
      expect(scaling!.temperature).toBeGreaterThan(1.5);
      expect(scaling!.after.ece).toBeLessThan(0.5 * before.ece);
      expect(scaling!.after.nll).toBeLessThan(before.nll);
      expect(by(mistaken).nll).toBeGreaterThan(before.nll);
    },
  );
});
