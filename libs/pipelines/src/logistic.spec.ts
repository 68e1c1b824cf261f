import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ReportSchema } from '#contracts';
import { parseSafetensors } from '#models';
import { recording, saveArtifacts, toySpec, weightsHash, type Recording } from '../../../test/pipelines/toy.js';
import { toyGround, trainTeacher } from '../../../test/pipelines/toy-ground.js';
import { predictImages } from './predict-images.js';
import { runPipeline } from './run-pipeline.js';
import { readCheckpoint, writeCheckpoint } from './training/checkpoint-file.js';

const ground = await toyGround();
const { engine, folder, images, cache } = ground;
const teacher = await trainTeacher(ground);

describe('logistic', () => {
  const run = (context: Recording, fields: Record<string, unknown> = {}) =>
    runPipeline({
      engine,
      // What a report looks into beside the test has specs of its own.
      spec: toySpec('logistic', images, { teacher: { path: teacher }, report: { maxSeconds: 0 }, ...fields }),
      seed: 1,
      context,
    });

  describe.each([['sigmoid'], ['logits'], ['penultimate']])('on %s', (features) => {
    it.each([['bce'], ['multinomial']])(
      'solves the task by %s, and saves a model that says the same of the test images',
      async (kind) => {
        const context = recording(cache);
        const report = await run(context, { features, loss: { kind } });
        expect(ReportSchema.parse(report)).toEqual(report);
        expect(report.test.top1).toBe(1);
        expect(report.teacher).toEqual({ name: 'small_cnn', testTop1: 1 });
        expect(report.chosen).toMatchObject({ converged: true });

        const model = await saveArtifacts(context, path.join(folder, `${features}-${kind}`));
        const files = ['copper', 'moss', 'slate'].flatMap((name) =>
          [0, 1, 2].map((index) => path.join(images, name, `00${index}.png`)),
        );
        const options = { topK: 3, signal: new AbortController().signal };
        for await (const { image, classes, error } of predictImages(engine, model, files, options)) {
          expect(error).toBeUndefined();
          expect(classes[0].name).toBe(path.basename(path.dirname(image)));
          expect(classes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
        }
      },
    );
  });

  it('chooses the λ of the lowest validation loss, and fits it again on all labelled images', async () => {
    const context = recording(cache);
    const report = await run(context, { regularization: { kind: 'l2', lambda: [10, 0.001] } });
    const tried = context.points.filter(({ values }) => 'validation.loss' in values).map(({ values }) => values);
    expect(tried.map(({ lambda }) => lambda)).toEqual([10, 0.001]);
    expect(tried[1]['validation.loss']).toBeLessThan(tried[0]['validation.loss']);
    expect(report.chosen!.lambda).toBe(0.001);
    expect(report.validation).toEqual({ loss: tried[1]['validation.loss'], top1: tried[1]['validation.top1'] });
    // Every step is told of once.
    const steps = context.points.map(({ step }) => step);
    expect(new Set(steps).size).toBe(steps.length);
  });

  it('goes on from a checkpoint between two λ to the bit', async () => {
    const unbroken = recording(cache);
    await run(unbroken);
    expect(unbroken.checkpoints).toHaveLength(5);
    const continued = recording(cache, { continueFrom: unbroken.checkpoints[1] });
    await run(continued);
    expect(weightsHash(continued)).toBe(weightsHash(unbroken));
    expect(continued.points).toEqual(unbroken.points.slice(-continued.points.length));
    expect(continued.points.length).toBeLessThan(unbroken.points.length);
  });

  it('sets several features side by side, and saves a model that says the same of the test images', async () => {
    const context = recording(cache);
    const report = await run(context, { features: ['penultimate', 'sigmoid', 'logits'] });
    expect(report.test.top1).toBe(1);
    const model = await saveArtifacts(context, path.join(folder, 'several'));
    const files = [0, 1, 2].map((index) => path.join(images, 'moss', `00${index}.png`));
    const options = { topK: 3, signal: new AbortController().signal };
    for await (const { classes } of predictImages(engine, model, files, options)) expect(classes[0].name).toBe('moss');
    // And may be a teacher itself.
    const next = await run(recording(cache), { teacher: { path: model }, features: ['logits', 'penultimate'] });
    expect(next.test.top1).toBe(1);
  });

  it("chooses C of DINOv2's grid on validation, and keeps it for the final fit in float64", async () => {
    const context = recording(cache);
    const report = await run(context, { features: 'penultimate', regularization: { lambda: 'dinov2' } });
    const { lambda, c, precision } = report.chosen as Record<string, number | string>;
    // 43 training and 11 validation images.
    expect(Number(lambda) * Number(c) * 54).toBeCloseTo(1, 9);
    expect(precision).toBe('float64');
    const tried = context.points.filter(({ values }) => 'validation.loss' in values);
    expect(tried.length).toBeGreaterThan(10);
    expect(tried.length).toBeLessThanOrEqual(45);
    expect(tried[0].values.lambda).toBeCloseTo(1e6 / 43, 6);
    expect(report.validation!.loss).toBe(Math.min(...tried.map(({ values }) => values['validation.loss'])));
  });

  it('divides its outputs by the temperature that suits the validation images', async () => {
    const [plain, calibrated] = [recording(cache), recording(cache)];
    await run(plain);
    const { temperature } = (await run(calibrated, { calibration: 'temperature' })).chosen!;
    const biasOf = ({ artifacts }: Recording) =>
      parseSafetensors(artifacts.get('model/weights.safetensors')!).tensors['sigmoidLayers.0.bias'].values;
    const [before, after] = [biasOf(plain), biasOf(calibrated)];
    expect(temperature).toBeGreaterThan(0.04);
    before.forEach((value, index) => expect(after[index] * Number(temperature)).toBeCloseTo(value, 4));
  });

  it('says what was done with its temperature where it has been applied, and where none is known', async () => {
    const calibrated = await run(recording(cache), { calibration: 'temperature' });
    expect(calibrated.calibration).not.toHaveProperty('scaling');
    expect(calibrated.skipped!.join()).toMatch(
      /temperature scaling: what is saved is divided by a temperature already \(T = /,
    );

    const plain = recording(cache);
    const { calibration, chosen } = await run(plain);
    expect(calibration!.scaling).toMatchObject({ beforeFinalFit: true, validationImages: 11 });
    expect(chosen).not.toHaveProperty('temperature');
    // As a run that was interrupted before temperatures were looked for.
    const { state, position } = await readCheckpoint(plain.checkpoints.at(-1)!);
    const candidates = (position.candidates as object[]).map((each) => ({ ...each, temperature: undefined }));
    const continueFrom = writeCheckpoint({ state, position: { ...position, candidates } });
    const continued = await run(recording(cache, { continueFrom }));
    expect(continued.calibration).not.toHaveProperty('scaling');
    expect(continued.skipped!.join()).toContain('temperature scaling: no temperature was found before the final fit');
  });

  it('refuses a TensorFlow.js model, on which nothing can be built, before any image is looked for', async () => {
    const tfjs = path.join(folder, 'tfjs');
    await mkdir(tfjs);
    await writeFile(path.join(tfjs, 'model.json'), JSON.stringify({ format: 'graph-model', weightsManifest: [] }));
    const context = recording(cache);
    const asked = run(context, { teacher: { path: tfjs }, dataset: { path: path.join(folder, 'nowhere') } });
    await expect(asked).rejects.toMatchObject({
      name: 'UserError',
      field: 'teacher.path',
      message: expect.stringContaining('is a TensorFlow.js model, which only answers'),
      remedy: expect.stringContaining('model folder of a run'),
    });
    expect(context.phases).toEqual([]);
  });

  it('warns where the teacher was trained on these images, and fits to outputs out of fold where asked', async () => {
    const warned = recording(cache);
    const seed = 7;
    const spec = (fields: object) => toySpec('logistic', images, { teacher: { path: teacher }, ...fields });
    await runPipeline({ engine, spec: spec({ features: 'logits' }), seed, context: warned });
    expect(warned.lines.join('\n')).toContain('was trained on these training images');

    const context = recording(cache);
    const fields = { features: ['sigmoid', 'penultimate'], outOfFold: 3, loss: { kind: 'multinomial' } };
    const report = await runPipeline({ engine, spec: spec(fields), seed, context });
    expect(context.lines.join('\n')).not.toContain('was trained on these training images');
    expect(report.test.top1).toBe(1);
    const model = await saveArtifacts(context, path.join(folder, 'out-of-fold'));
    const files = [0, 1, 2].map((index) => path.join(images, 'slate', `00${index}.png`));
    const options = { topK: 1, signal: new AbortController().signal };
    for await (const { classes } of predictImages(engine, model, files, options)) expect(classes[0].name).toBe('slate');
  });

  it('goes on from a checkpoint to the bit with outputs out of fold', async () => {
    const fields = { features: 'logits', outOfFold: 3 };
    const unbroken = recording(cache);
    await run(unbroken, fields);
    const continued = recording(cache, { continueFrom: unbroken.checkpoints[2] });
    await run(continued, fields);
    expect(weightsHash(continued)).toBe(weightsHash(unbroken));
  });

  it('cannot fit the head of a logistic model on a sigmoid anew', async () => {
    const first = recording(cache);
    await run(first, { features: 'sigmoid' });
    const middle = await saveArtifacts(first, path.join(folder, 'on-sigmoid'));
    const failure = run(recording(cache), { teacher: { path: middle }, features: 'logits', outOfFold: 3 });
    await expect(failure).rejects.toMatchObject({ name: 'UserError', field: 'outOfFold' });
  });

  it('stops within a fit when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('drained');
    const context = recording(cache, { signal: controller.signal, onMetrics: () => controller.abort(reason) });
    await expect(run(context)).rejects.toBe(reason);
    expect(context.points).toHaveLength(1);
  });

  it('builds on a model that is a logistic one itself', async () => {
    const first = recording(cache);
    await run(first, { features: 'sigmoid' });
    const middle = await saveArtifacts(first, path.join(folder, 'middle'));
    for (const features of ['sigmoid', 'logits', 'penultimate']) {
      const report = await run(recording(cache), { teacher: { path: middle }, features });
      expect(report.test.top1).toBe(1);
    }
  });

  it('leaves no tensor behind', async () => {
    await run(recording(cache));
    const before = engine.tf.memory().numTensors;
    await run(recording(cache));
    expect(engine.tf.memory().numTensors).toBe(before);
  });
});
