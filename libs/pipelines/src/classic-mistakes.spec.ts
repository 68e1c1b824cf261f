import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Datasets from '#datasets';
import { parseSafetensors } from '#models';
import {
  recording,
  saveArtifacts,
  TOY_SIZE,
  toySpec,
  weightsHash,
  writeToyImages,
  type Recording,
} from '../../../test/pipelines/toy.js';
import { toyGround, writePretrained } from '../../../test/pipelines/toy-ground.js';
import { runPipeline } from './run-pipeline.js';

const watched = vi.hoisted(() => ({
  /** Places in the test split, as they were read. */
  testReads: [] as number[],
  /** Makes the mistake on purpose: what is validated on, and chosen by, is the test split. */
  validatesOnTest: false,
}));
vi.mock('#datasets', async (original) => {
  const { watchedDatasets } = await import('../../../test/pipelines/watched-datasets.js');
  return watchedDatasets(
    await original<typeof Datasets>(),
    () => (places) => watched.testReads.push(...places),
    (dataset) => {
      if (!watched.validatesOnTest) return dataset;
      const { test } = dataset;
      // Under other names, or the guard against images that two splits share would find it.
      const hashes = test.hashes.map((hash) => `${hash}'`);
      return { ...dataset, validation: { ...test, name: 'validation', hashes } };
    },
  );
});

const ground = await toyGround();
const { engine, folder, images, cache } = ground;
const { pretrained, pretrainedState } = await writePretrained(ground, {
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
});

describe('classic mistakes of transfer and of logistic regression', () => {
  beforeEach(() => {
    watched.testReads = [];
    watched.validatesOnTest = false;
  });

  /** Nothing but the test: what a report looks into besides takes no part here. */
  const report = { maxSeconds: 0 };
  const training = { epochs: 2, batchSize: 8, optimizer: { learningRate: 0.02 }, keep: 'best' };
  const transfer = (context: Recording, fields: Record<string, unknown> = {}, folder = images) =>
    runPipeline({
      engine,
      spec: toySpec('transfer', folder, {
        backbone: { model: 'small_cnn', weights: 'none' },
        training,
        report,
        ...fields,
      }),
      seed: 1,
      context,
    });
  const logistic = (context: Recording, teacher: string, fields: Record<string, unknown> = {}, folder = images) =>
    runPipeline({
      engine,
      spec: toySpec('logistic', folder, { teacher: { path: teacher }, features: 'logits', report, ...fields }),
      seed: 1,
      context,
    });
  const fromFile = (more: Record<string, unknown> = {}) => ({
    backbone: { model: 'small_cnn', weights: pretrained, ...more },
  });

  describe('the test split read at every epoch, and the best reported', () => {
    /** Test images read up to each checkpoint, and in the end. */
    const readsOf = async (work: (context: Recording) => Promise<unknown>): Promise<number[]> => {
      const reads: number[] = [];
      const readSoFar = () => reads.push(watched.testReads.length);
      await work(recording(cache, { onCheckpoint: readSoFar }));
      readSoFar();
      return reads;
    };
    /** 18 images, looked at once, when all is done. */
    const once = (reads: number[]) =>
      reads.every((count, index) => count === (index === reads.length - 1 ? 18 : 0)) &&
      new Set(watched.testReads).size === 18;

    it('is not what the pipelines do, whatever they choose by validation', async () => {
      expect(once(await readsOf((context) => transfer(context)))).toBe(true);
      watched.testReads = [];
      expect(once(await readsOf((context) => transfer(context, fromFile({ freeze: true }))))).toBe(true);
      const context = recording(cache);
      await transfer(context);
      const teacher = await saveArtifacts(context, path.join(folder, 'teacher'));
      watched.testReads = [];
      expect(once(await readsOf((context) => logistic(context, teacher)))).toBe(true);
    });

    it('would be seen', async () => {
      watched.validatesOnTest = true;
      const reads = await readsOf((context) => transfer(context));
      expect(once(reads)).toBe(false);
      expect(reads[0]).toBe(18);
    });
  });

  describe('statistics that drift although batch normalisation is frozen', () => {
    const drifting = async (batchNorm: string): Promise<string[]> => {
      const context = recording(cache);
      // A batch of 32, with which it would not be frozen by itself.
      await transfer(context, { ...fromFile({ batchNorm }), training: { ...training, batchSize: 32 } });
      const { tensors } = parseSafetensors(context.artifacts.get('model/weights.safetensors')!);
      return Object.keys(pretrainedState).filter(
        (name) =>
          name.includes('running_') &&
          tensors[name].values.some((value, index) => value !== pretrainedState[name].values[index]),
      );
    };

    it('stay to the bit', async () => {
      expect(await drifting('frozen')).toEqual([]);
    });

    it('would be seen', async () => {
      expect(await drifting('train')).toHaveLength(8);
    });
  });

  describe('images prepared another way than the weights were trained with', () => {
    const otherWay = { size: TOY_SIZE, mean: [0.1, 0.2, 0.3], std: [0.9, 0.8, 0.7] };
    const imageOf = async (context: Recording, name: string) => {
      const model = await saveArtifacts(context, path.join(folder, name));
      const text = await readFile(path.join(model, 'model.json'), 'utf8');
      return { model, image: (JSON.parse(text) as { image: object }).image };
    };
    const OWN = { size: TOY_SIZE, resize: 'squash', mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };

    it('are an error that says both sides; what is not written is as the weights expect, and the saved model says how', async () => {
      const refused = transfer(recording(cache), { ...fromFile(), image: otherWay });
      await expect(refused).rejects.toMatchObject({
        name: 'UserError',
        field: 'image.mean',
        message:
          `the spec says mean 0.1, 0.2, 0.3 and std 0.9, 0.8, 0.7; ` +
          `with the weights in ${pretrained} it is mean 0.5, 0.5, 0.5 and std 0.25, 0.25, 0.25`,
        remedy: expect.stringContaining('Leave image.mean and image.std out of the spec') as string,
      });
      const [plain, same] = [recording(cache), recording(cache)];
      await transfer(plain, fromFile());
      await transfer(same, { ...fromFile(), image: OWN });
      expect(weightsHash(same)).toBe(weightsHash(plain));
      const { model, image } = await imageOf(plain, 'prepared');
      expect(image).toEqual(OWN);

      const map = recording(cache);
      await logistic(map, model);
      expect((await imageOf(map, 'logistic')).image).toEqual(OWN);
      for (const [image, field] of [
        [otherWay, 'image.mean'],
        [{ size: 2 * TOY_SIZE }, 'image.size'],
        [{ size: TOY_SIZE, resize: 'crop' }, 'image.resize'],
      ] as const) {
        const contradicting = logistic(recording(cache), model, { image });
        await expect(contradicting).rejects.toMatchObject({ name: 'UserError', field });
        await expect(contradicting).rejects.toThrow(/the spec says .*; with the teacher small_cnn it is /);
      }
    });

    it('would be seen: without weights of their own, the preparation changes what is learned', async () => {
      const [plain, other] = [recording(cache), recording(cache)];
      await transfer(plain);
      await transfer(other, { image: otherWay });
      expect(weightsHash(other)).not.toBe(weightsHash(plain));
    });
  });

  describe("a teacher's classes taken for the dataset's by their place", () => {
    /** The same colours under names of which the order is another. */
    const classes = ['zinc', 'moss', 'ash'];

    it('are neither compared nor kept: a regression learns its own map', async () => {
      const context = recording(cache);
      await transfer(context, { training: { ...training, epochs: 4, optimizer: { learningRate: 0.05 } } });
      const teacher = await saveArtifacts(context, path.join(folder, 'named'));
      const renamed = path.join(folder, 'renamed');
      await writeToyImages(renamed, 24, { classes });
      const report = await logistic(recording(cache), teacher, {}, renamed);
      expect(report.classes).toEqual(['ash', 'moss', 'zinc']);
      // By their places the teacher would be right about the middle class alone.
      expect(report.test.top1).toBe(1);
      expect(report.teacher!.testTop1).toBeUndefined();
      expect((await logistic(recording(cache), teacher)).teacher!.testTop1).toBe(1);
    });
  });
});
