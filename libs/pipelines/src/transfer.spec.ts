import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ReportSchema, UserError } from '#contracts';
import { cacheFolder } from '#engine';
import { parseSafetensors, writeSafetensors } from '#models';
import {
  recording,
  saveArtifacts,
  TOY_CLASSES,
  TOY_SIZE,
  toySpec,
  weightsHash,
  type Recording,
} from '../../../test/pipelines/toy.js';
import { toyGround, writePretrained } from '../../../test/pipelines/toy-ground.js';
import { openClassifier } from './classifier/model-folder.js';
import { probabilitiesOf } from './classifier/probabilities.js';
import { runPipeline } from './run-pipeline.js';

const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;

const ground = await toyGround();
const { engine, folder, images, cache } = ground;
/** A model file of small_cnn for two other classes, as if pretrained. */
const { pretrained, pretrainedState } = await writePretrained(ground, { mean: MEAN, std: STD });

describe('transfer', () => {
  const run = (context: Recording, fields: Record<string, unknown> = {}, seed = 1) =>
    runPipeline({
      engine,
      spec: toySpec('transfer', images, {
        backbone: { model: 'small_cnn', weights: 'none' },
        // What a report looks into beside the test has specs of its own.
        report: { maxSeconds: 0 },
        ...fields,
      }),
      seed,
      context,
    });
  const tensorsOf = ({ artifacts }: Recording) => parseSafetensors(artifacts.get('model/weights.safetensors')!).tensors;
  const fromFile = (more: Record<string, unknown> = {}) => ({
    backbone: { model: 'small_cnn', weights: pretrained, ...more },
  });

  it('learns a separable task and reports what it found', async () => {
    const context = recording(cache);
    const report = await run(context);
    expect(ReportSchema.parse(report)).toEqual(report);
    expect(JSON.parse(Buffer.from(context.artifacts.get('report.json')!).toString())).toEqual(report);
    expect(report.classes).toEqual(TOY_CLASSES);
    // 72 images: 18 for the test, then a fifth of 54 for validation.
    expect(report.dataset).toMatchObject({ train: 43, validation: 11, test: 18, unlabelled: 0, unreadable: [] });
    expect(report.test.top1).toBe(1);
    expect(report.validation!.top1).toBe(1);
    expect(report.test.confusionMatrix.flat().reduce((sum, count) => sum + count)).toBe(18);
    expect(report.test.top5).toBeUndefined();
    expect(report.model).toMatchObject({ name: 'small_cnn', parameters: 89_107 });
    expect(report.model.bytes).toBe(context.artifacts.get('model/weights.safetensors')!.length);
    expect(report.imagesPerSecond).toBeGreaterThan(0);
    expect(report.engine).toMatchObject({ backend: engine.backend, threads: engine.threads });
  });

  it('tells losses, accuracies, learning rate and phases while it runs', async () => {
    const context = recording(cache);
    await run(context);
    const keys = new Set(context.points.flatMap(({ values }) => Object.keys(values)));
    expect([...keys].sort()).toEqual([
      'learningRate',
      'train.loss',
      'train.top1',
      'validation.loss',
      'validation.top1',
    ]);
    // 43 images in batches of 8: five steps an epoch.
    expect(context.points.at(-1)!.step).toBe(15);
    expect(context.phases.slice(-3)).toEqual(['train', 'test', 'report']);
    expect(context.checkpoints).toHaveLength(3);
  });

  it('gives the same weights, to the bit, for the same seed, and others for another seed', async () => {
    const [first, second, other] = [recording(cache), recording(cache), recording(cache)];
    await run(first);
    await run(second);
    await run(other, {}, 2);
    expect(weightsHash(second)).toBe(weightsHash(first));
    expect(weightsHash(other)).not.toBe(weightsHash(first));
  });

  it('goes on from a checkpoint as if it had not stopped, to the bit, after an epoch and within one', async () => {
    // A clock on which every step takes long, so that checkpoints are written within epochs too.
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 4000));
    const unbroken = recording(cache);
    await run(unbroken);
    clock.mockRestore();
    expect(unbroken.checkpoints.length).toBeGreaterThan(4);
    for (const checkpoint of unbroken.checkpoints.slice(0, 4)) {
      const continued = recording(cache, { continueFrom: checkpoint });
      const report = await run(continued);
      expect(weightsHash(continued)).toBe(weightsHash(unbroken));
      expect(continued.points.at(-1)).toEqual(unbroken.points.at(-1));
      expect(continued.lines.some((line) => line.includes('Continuing from the checkpoint'))).toBe(true);
      expect(report.test.top1).toBe(1);
    }
  });

  it('starts anew, and says so, where the checkpoint is of another spec', async () => {
    const [fresh, other] = [recording(cache), recording(cache)];
    await run(fresh);
    await run(other, { regularization: { kind: 'l2', lambda: 0.5 } });
    const continued = recording(cache, { continueFrom: other.checkpoints[0] });
    await run(continued);
    expect(weightsHash(continued)).toBe(weightsHash(fresh));
    expect(continued.lines.some((line) => line.includes('the run starts anew'))).toBe(true);
  });

  it('stops at its next step when it is aborted, and leaves no tensor behind', async () => {
    await run(recording(cache));
    const before = engine.tf.memory().numTensors;
    const controller = new AbortController();
    const reason = new Error('cancelled by a person');
    const context = recording(cache, { signal: controller.signal, onMetrics: () => controller.abort(reason) });
    await expect(run(context)).rejects.toBe(reason);
    expect(context.points).toHaveLength(1);
    expect(context.artifacts.size).toBe(0);
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it('leaves a checkpoint of its last step when it is interrupted, from which it goes on to the bit', async () => {
    const unbroken = recording(cache);
    await run(unbroken);
    const controller = new AbortController();
    const reason = new Error('drained');
    const interrupted = recording(cache, { signal: controller.signal, onMetrics: () => controller.abort(reason) });
    await expect(run(interrupted)).rejects.toBe(reason);
    expect(interrupted.checkpoints).toHaveLength(1);
    const continued = recording(cache, { continueFrom: interrupted.checkpoints[0] });
    await run(continued);
    expect(weightsHash(continued)).toBe(weightsHash(unbroken));
    expect(continued.points[0].step).toBe(interrupted.points[0].step + 1);
  });

  it('holds as many tensors after many steps as after few', async () => {
    const counts: number[] = [];
    await run(recording(cache, { onMetrics: () => counts.push(engine.tf.memory().numTensors) }));
    expect(new Set(counts.slice(1)).size).toBeLessThanOrEqual(2);
  });

  describe('with all that a training may ask for', () => {
    const training = {
      ...{ epochs: 6, batchSize: 8, averageDecay: 0.9, dropout: 0.2 },
      optimizer: { kind: 'adamw', learningRate: 0.01, clipNorm: 5 },
      schedule: { kind: 'linear', warmupEpochs: 1 },
      augmentation: {
        ...{ crop: 1, brightness: 0.1, contrast: 0.1, saturation: 0.1, hue: 0.02 },
        ...{ mixup: 0.2, cutmix: 1 },
      },
    };

    it('learns, and warns of two decays', async () => {
      const context = recording(cache);
      const report = await run(context, { training });
      expect(report.test.top1).toBe(1);
      expect(context.lines.join('\n')).toContain('training.optimizer.weightDecay (0.01) both shrink the weights');
    });

    it('goes on from a checkpoint to the bit', async () => {
      const unbroken = recording(cache);
      await run(unbroken, { training });
      const continued = recording(cache, { continueFrom: unbroken.checkpoints[2] });
      await run(continued, { training });
      expect(weightsHash(continued)).toBe(weightsHash(unbroken));
      expect(continued.points.at(-1)).toEqual(unbroken.points.at(-1));
    });

    it('changes what is learned by each of it', async () => {
      const plain = { epochs: 1, batchSize: 8 };
      const hashes = new Set<string>();
      for (const change of [
        {},
        { dropout: 0.2 },
        { averageDecay: 0.9 },
        { optimizer: { kind: 'lars' } },
        { optimizer: { weightDecay: 0.1 } },
        { schedule: { kind: 'step', milestones: [0.5] } },
        ...['brightness', 'contrast', 'saturation', 'hue', 'mixup', 'cutmix'].map((name) => ({
          augmentation: { [name]: 0.4 },
        })),
      ]) {
        const context = recording(cache);
        await run(context, { training: { ...plain, ...change } });
        hashes.add(weightsHash(context));
      }
      expect(hashes.size).toBe(12);
    });
  });

  it('changes what is learned by what the labels cost and how images are drawn', async () => {
    const hashes = new Set<string>();
    for (const change of [
      {},
      { loss: { labelSmoothing: 0.1 } },
      { loss: { classWeights: { moss: 3 } } },
      { loss: { kind: 'bce' } },
      { training: { sampling: 'balanced' } },
      { training: { augmentation: { randAugment: { magnitude: 5 } } } },
    ]) {
      const context = recording(cache);
      await run(context, { ...change, training: { epochs: 1, batchSize: 8, ...change.training } });
      hashes.add(weightsHash(context));
    }
    expect(hashes.size).toBe(6);
  });

  it('goes on to the bit with balanced sampling, RandAugment, class weights and the best epoch', async () => {
    const fields = {
      loss: { kind: 'ce', labelSmoothing: 0.1, classWeights: 'balanced' },
      training: {
        ...{ epochs: 4, batchSize: 8, optimizer: { learningRate: 0.05 } },
        ...{ sampling: 'balanced', keep: 'best', patience: 3, augmentation: { randAugment: {} } },
      },
    };
    const unbroken = recording(cache);
    const report = await run(unbroken, fields);
    expect(report.chosen!.epochsTrained).toBe(unbroken.checkpoints.length);
    const continued = recording(cache, { continueFrom: unbroken.checkpoints[1] });
    await run(continued, fields);
    expect(weightsHash(continued)).toBe(weightsHash(unbroken));
  });

  it('trains a plain network by binary cross-entropy, and saves outputs that are yes-or-no questions', async () => {
    const context = recording(cache);
    const training = { epochs: 6, batchSize: 8, optimizer: { learningRate: 0.05 } };
    const report = await run(context, { loss: { kind: 'bce' }, training });
    expect(report.test.top1).toBe(1);
    const model = await saveArtifacts(context, path.join(folder, 'bce'));
    const classifier = await openClassifier(engine, model);
    expect(classifier.outputs).toBe('sigmoid');
    // Three questions of one bit each, at the beginning.
    expect(context.points[0].values['train.loss']).toBeGreaterThan(1);
    const inputs = engine.tf.zeros([1, TOY_SIZE, TOY_SIZE, 3], 'int32');
    const { logits } = classifier.forward(inputs);
    const [probabilities] = [probabilitiesOf(logits.dataSync() as Float32Array, 3, 'sigmoid')];
    expect(probabilities.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
    engine.tf.dispose([inputs, logits]);
    classifier.dispose();
  });

  it('computes in bfloat16 where that is asked for, learns, and goes on to the bit', async () => {
    const training = { epochs: 3, batchSize: 8, optimizer: { learningRate: 0.05 } };
    const bfloat16 = { training: { ...training, precision: 'bfloat16' } };
    const [unbroken, float32] = [recording(cache), recording(cache)];
    const report = await run(unbroken, bfloat16);
    expect(report.test.top1).toBe(1);
    await run(float32, { training: { ...training, precision: 'float32' } });
    if (engine.backend === 'tensorflow') expect(weightsHash(float32)).not.toBe(weightsHash(unbroken));
    const continued = recording(cache, { continueFrom: unbroken.checkpoints[0] });
    await run(continued, bfloat16);
    expect(weightsHash(continued)).toBe(weightsHash(unbroken));
  });

  it('uses fewer images a batch than asked for where there are not so many, and says so', async () => {
    const context = recording(cache);
    const training = { epochs: 1, batchSize: 4096, optimizer: { learningRate: 0.05 } };
    await run(context, { training });
    expect(context.lines.join('\n')).toContain('training.batchSize 4096 is more than the 43 training images');
    expect(context.points.at(-1)!.step).toBe(1);
  });

  it('fails in words when the loss is no longer a number', async () => {
    const training = { epochs: 3, batchSize: 8, optimizer: { learningRate: 100, momentum: 0 } };
    const failure = run(recording(cache), { training, regularization: { kind: 'l2', lambda: 1e6 } });
    await expect(failure).rejects.toThrow(/the training has diverged: the loss is (NaN|Infinity|-Infinity) at step/);
    await expect(failure).rejects.toMatchObject({ name: 'UserError', field: 'training.optimizer.learningRate' });
  });

  it('ends with an error that names resources.maxMinutes when its time is up', async () => {
    const training = { epochs: 100_000, batchSize: 8 };
    const failure = run(recording(cache), { training, resources: { maxMinutes: 0.02 } });
    await expect(failure).rejects.toBeInstanceOf(UserError);
    await expect(failure).rejects.toMatchObject({ field: 'resources.maxMinutes' });
  });

  describe('with a frozen backbone', () => {
    it('leaves the backbone as it was to the bit, running statistics included, and trains the head', async () => {
      const context = recording(cache);
      const training = { epochs: 20, batchSize: 8, optimizer: { learningRate: 0.01 } };
      const report = await run(context, { ...fromFile({ freeze: true }), training });
      const tensors = tensorsOf(context);
      for (const [name, { values }] of Object.entries(pretrainedState)) {
        if (name.startsWith('fc.')) continue;
        expect(tensors[name].values, name).toEqual(values);
      }
      expect(tensors['fc.weight'].shape).toEqual([80, 3]);
      expect(report.test.top1).toBe(1);
    });

    it('says that what is about a backbone in training takes no part', async () => {
      const context = recording(cache);
      const training = { epochs: 1, batchSize: 8, sampling: 'balanced' };
      const loss = { kind: 'bce', labelSmoothing: 0.1, classWeights: 'balanced' };
      await run(context, { ...fromFile({ freeze: true, unfreezeEvery: 1, stageDecay: 0.5 }), training, loss });
      expect(context.lines.join('\n')).toContain('backbone.unfreezeEvery, backbone.stageDecay and backbone.freeze');
    });

    it('says that augmentation takes no part', async () => {
      const context = recording(cache);
      const training = { epochs: 1, batchSize: 8, dropout: 0.1, augmentation: { mixup: 0.2 } };
      await run(context, { ...fromFile({ freeze: true }), training });
      expect(context.lines.join('\n')).toContain('training.augmentation takes no part');
    });

    it('continues from a checkpoint to the bit', async () => {
      const fields = fromFile({ freeze: true });
      const unbroken = recording(cache);
      await run(unbroken, fields);
      const continued = recording(cache, { continueFrom: unbroken.checkpoints[1] });
      await run(continued, fields);
      expect(weightsHash(continued)).toBe(weightsHash(unbroken));
    });
  });

  describe('with pretrained weights', () => {
    /** Distance of the regularised weights, head left out, to where they started. */
    const distance = (context: Recording): number => {
      const tensors = tensorsOf(context);
      return Object.entries(pretrainedState)
        .filter(([name, { shape }]) => shape.length > 1 && !name.startsWith('fc.'))
        .reduce(
          (sum, [name, { values }]) => sum + values.reduce((d, v, i) => d + (v - tensors[name].values[i]) ** 2, 0),
          0,
        );
    };

    it('l2-sp keeps the weights near the pretrained ones, where l2 draws them away', async () => {
      const training = { epochs: 3, batchSize: 32, optimizer: { learningRate: 0.05 } };
      const [none, l2, l2sp] = [recording(cache), recording(cache), recording(cache)];
      await run(none, { ...fromFile(), training, regularization: { kind: 'l2', lambda: 0 } });
      await run(l2, { ...fromFile(), training, regularization: { kind: 'l2', lambda: 1 } });
      await run(l2sp, { ...fromFile(), training, regularization: { kind: 'l2-sp', lambda: 1 } });
      expect(distance(l2sp)).toBeLessThan(distance(none));
      expect(distance(l2)).toBeGreaterThan(distance(none));
    });

    it('l2-sp draws to the pretrained weights after a checkpoint too', async () => {
      const fields = { ...fromFile(), regularization: { kind: 'l2-sp', lambda: 0.1 } };
      const unbroken = recording(cache);
      await run(unbroken, fields);
      const continued = recording(cache, { continueFrom: unbroken.checkpoints[0] });
      await run(continued, fields);
      expect(weightsHash(continued)).toBe(weightsHash(unbroken));
    });

    it('keeps running statistics in batches too small to measure them, and moves them in larger ones', async () => {
      const statistics = (context: Recording) => tensorsOf(context)['bn1.running_mean'].values;
      const [small, large] = [recording(cache), recording(cache)];
      await run(small, { ...fromFile(), training: { epochs: 1, batchSize: 8 } });
      await run(large, { ...fromFile(), training: { epochs: 1, batchSize: 32 } });
      expect(statistics(small)).toEqual(pretrainedState['bn1.running_mean'].values);
      expect(statistics(large)).not.toEqual(pretrainedState['bn1.running_mean'].values);
    });

    it('takes a model folder of an earlier run', async () => {
      const first = recording(cache);
      await run(first);
      const model = await saveArtifacts(first, path.join(folder, 'first'));
      const report = await run(recording(cache), { backbone: { model: 'small_cnn', weights: model } });
      expect(report.test.top1).toBe(1);
    });

    it.each([
      ['another architecture', { model: 'resnet20', weights: 'PRETRAINED' }, /are of small_cnn, not of resnet20/],
      ['a path with nothing at it', { model: 'small_cnn', weights: './nowhere' }, /there is nothing at .*nowhere/],
      ['an unknown name', { model: 'mobilenet_v2', weights: 'cocoa' }, /did you mean "coco"/],
      ['no published weights', { model: 'small_cnn', weights: 'coco' }, /no pretrained weights of small_cnn/],
      ['a file that is no model', { model: 'small_cnn', weights: 'OTHER' }, /do not fit small_cnn/],
    ])('refuses %s, naming backbone.weights', async (_, backbone, message) => {
      const other = path.join(folder, 'other.safetensors');
      await writeFile(other, writeSafetensors({ w: { shape: [1], values: new Float32Array(1) } }));
      const weights = backbone.weights.replace('PRETRAINED', pretrained).replace('OTHER', other);
      const failure = run(recording(cache), { backbone: { ...backbone, weights } });
      await expect(failure).rejects.toThrow(message);
      await expect(failure).rejects.toMatchObject({ name: 'UserError', field: 'backbone.weights' });
    });
  });

  describe('with published weights', () => {
    const fields = {
      backbone: { model: 'mobilenet_v2', weights: 'coco' },
      image: { size: 32 },
      training: { epochs: 2, batchSize: 8, optimizer: { learningRate: 0.002 } },
    };
    // The package is fetched once, into the cache of the user.
    const context = (options: Parameters<typeof recording>[1] = {}) => recording(cacheFolder(), options);

    it('starts from the solution on the features, and goes on from a checkpoint to the bit', async () => {
      const unbroken = context();
      const report = await run(unbroken, fields);
      expect(report.model).toMatchObject({ name: 'mobilenet_v2 (coco)', parameters: 598_976 + 577 * 3 });
      // A random head would begin at ln 3 = 1.1; this one tells three colours apart from the first step on.
      expect(unbroken.points[0].values['train.loss']).toBeLessThan(0.6);
      expect(report.test.top1).toBeGreaterThan(0.9);
      expect(unbroken.lines.join('\n')).toContain('Images are prepared as the weights expect: mean 0.5, 0.5, 0.5');
      const model = await saveArtifacts(unbroken, path.join(folder, 'coco'));
      const { image } = JSON.parse(await readFile(path.join(model, 'model.json'), 'utf8')) as { image: object };
      expect(image).toEqual({ size: 32, resize: 'squash', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });

      const continued = context({ continueFrom: unbroken.checkpoints[0] });
      await run(continued, fields);
      expect(weightsHash(continued)).toBe(weightsHash(unbroken));
    });
  });
});
