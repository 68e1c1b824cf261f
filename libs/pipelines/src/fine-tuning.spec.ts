import { describe, expect, it } from 'vitest';
import { parseSafetensors, type StateDict } from '#models';
import { recording, toySpec, weightsHash, type Recording } from '../../../test/pipelines/toy.js';
import { toyGround, writePretrained } from '../../../test/pipelines/toy-ground.js';
import { runPipeline } from './run-pipeline.js';
import { readCheckpoint } from './training/checkpoint-file.js';

const ground = await toyGround();
const { engine, images, cache } = ground;
const { pretrained, pretrainedState } = await writePretrained(ground);

/** What of a pretrained backbone moves, and when. */
describe('fine-tuning', () => {
  const run = (context: Recording, fields: Record<string, unknown>) =>
    runPipeline({
      engine,
      spec: toySpec('transfer', images, { report: { maxSeconds: 0 }, ...fields }),
      seed: 1,
      context,
    });
  const tensorsOf = ({ artifacts }: Recording) => parseSafetensors(artifacts.get('model/weights.safetensors')!).tensors;
  const fromFile = (more: Record<string, unknown> = {}) => ({
    backbone: { model: 'small_cnn', weights: pretrained, ...more },
  });

  describe('with batch normalisation', () => {
    const STATISTICS = [1, 2, 3, 4].flatMap((layer) => [`bn${layer}.running_mean`, `bn${layer}.running_var`]);
    const runWith = async (batchNorm: string, batchSize: number) => {
      const context = recording(cache);
      await run(context, { ...fromFile({ batchNorm }), training: { epochs: 1, batchSize } });
      return tensorsOf(context);
    };
    const differing = (tensors: StateDict) =>
      STATISTICS.filter((name) => tensors[name].values.some((value, i) => value !== pretrainedState[name].values[i]));

    it('frozen, lets no statistic drift, however large the batch', async () => {
      expect(differing(await runWith('frozen', 32))).toEqual([]);
    });

    it('frozen, learns what RandAugment shows, in the steps that it takes without normalisation', async () => {
      const context = recording(cache);
      // Of random weights, whose statistics are 0 and 1: three epochs are too few, with RandAugment or without.
      const report = await run(context, {
        backbone: { model: 'small_cnn', weights: 'none', batchNorm: 'frozen' },
        training: {
          ...{ epochs: 16, batchSize: 8, optimizer: { learningRate: 0.05 } },
          augmentation: { flip: false, randAugment: {} },
        },
      });
      expect(report.test.top1).toBeGreaterThan(0.9);
      expect(report.warnings!.join()).toContain('backbone.batchNorm frozen keeps the statistics of random weights');
    });

    it('trained, moves them, however small the batch', async () => {
      expect(differing(await runWith('train', 8))).toEqual(STATISTICS);
    });

    it('adapted, measures them on the training images and then leaves them alone', async () => {
      const [eight, four] = [await runWith('adapt', 8), await runWith('adapt', 4)];
      expect(differing(eight)).toEqual(STATISTICS);
      for (const name of STATISTICS) expect(four[name].values, name).toEqual(eight[name].values);
    });

    it('adapted, goes on from a checkpoint to the bit', async () => {
      const training = { epochs: 2, batchSize: 8, optimizer: { learningRate: 0.001 } };
      const fields = { ...fromFile({ batchNorm: 'adapt' }), training };
      const unbroken = recording(cache);
      await run(unbroken, fields);
      const continued = recording(cache, { continueFrom: unbroken.checkpoints[0] });
      await run(continued, fields);
      expect(weightsHash(continued)).toBe(weightsHash(unbroken));
    });
  });

  describe('stage after stage', () => {
    const training = { epochs: 3, batchSize: 8, optimizer: { kind: 'adamw', learningRate: 0.01 } };
    const weightsAfter = async (bytes: Uint8Array) => (await readCheckpoint(bytes)).state;
    const moved = (state: StateDict) =>
      ['conv1.weight', 'bn1.running_mean', 'conv3.weight', 'conv4.weight', 'bn4.bias', 'bn4.running_var'].filter(
        (name) => state[name].values.some((value, i) => value !== pretrainedState[name].values[i]),
      );

    it('trains the head, then one stage more each epoch; what is frozen stays to the bit, statistics too', async () => {
      const context = recording(cache);
      await run(context, { ...fromFile({ unfreezeEvery: 1, batchNorm: 'train' }), training });
      const [first, second, third] = await Promise.all(context.checkpoints.map(weightsAfter));
      expect(moved(first)).toEqual([]);
      expect(first['fc.weight'].values).not.toEqual(second['fc.weight'].values);
      expect(moved(second)).toEqual(['conv4.weight', 'bn4.bias']);
      expect(moved(third)).toEqual(['conv3.weight', 'conv4.weight', 'bn4.bias']);
    });

    it('learns, moves the statistics once nothing is frozen, and goes on from every checkpoint to the bit', async () => {
      const thawed = { ...fromFile({ unfreezeEvery: 0.5, batchNorm: 'train' }), training };
      const unbroken = recording(cache);
      const report = await run(unbroken, thawed);
      expect(report.test.top1).toBe(1);
      expect(moved(tensorsOf(unbroken))).toHaveLength(6);
      for (const checkpoint of unbroken.checkpoints.slice(0, 1)) {
        const continued = recording(cache, { continueFrom: checkpoint });
        await run(continued, thawed);
        expect(weightsHash(continued)).toBe(weightsHash(unbroken));
      }
    });
  });

  it('moves stages that are far from the head less, where the learning rate decays by stage', async () => {
    const movement = async (stageDecay: number): Promise<number[]> => {
      const context = recording(cache);
      const training = { epochs: 1, batchSize: 32, optimizer: { learningRate: 0.01, momentum: 0 } };
      await run(context, { ...fromFile({ stageDecay, batchNorm: 'frozen' }), training });
      const tensors = tensorsOf(context);
      return ['conv4.weight', 'conv1.weight'].map((name) =>
        Math.hypot(...tensors[name].values.map((value, i) => value - pretrainedState[name].values[i])),
      );
    };
    // One step: the gradients are the same.
    const [[near, far], [nearDecayed, farDecayed]] = [await movement(1), await movement(0.5)];
    expect(nearDecayed / near).toBeCloseTo(0.5, 3);
    expect(farDecayed / far).toBeCloseTo(0.0625, 3);
  });
});
