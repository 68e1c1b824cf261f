import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ReportSchema, type DistillationSpec } from '#contracts';
import type * as Datasets from '#datasets';
import { parseSafetensors } from '#models';
import {
  recording,
  saveArtifacts,
  toySpec,
  weightsHash,
  writeToyImages,
  type Recording,
} from '../../../test/pipelines/toy.js';
import { toyGround, trainTeacher } from '../../../test/pipelines/toy-ground.js';
import { runPipeline } from './run-pipeline.js';

/** Images of the test split that a pipeline has read, by dataset. */
const testReads = vi.hoisted(() => new Map<object, number[]>());
vi.mock('#datasets', async (original) => {
  const { watchedDatasets } = await import('../../../test/pipelines/watched-datasets.js');
  return watchedDatasets(await original<typeof Datasets>(), (dataset) => {
    const reads: number[] = [];
    testReads.set(dataset, reads);
    return (places) => reads.push(...places);
  });
});

const ground = await toyGround();
const { engine, folder, images, cache } = ground;
const teacher = await trainTeacher(ground);

describe('distillation', () => {
  const counts = { validation: 0.2, test: 0.25 };
  const spec = (fields: Record<string, unknown> = {}, path = images) =>
    toySpec('distillation', path, {
      teacher: { path: teacher },
      student: { model: 'small_cnn' },
      dataset: { path, ...counts, train: 24, unlabelled: 20 },
      ...fields,
    });
  const run = (context: Recording, fields: Record<string, unknown> = {}, seed = 1) =>
    runPipeline({ engine, spec: spec(fields), seed, context });
  /** With a teacher that the schema has not looked at, which refuses most of what is wrong with one by itself. */
  const runUnparsed = (teacher: unknown, loss: Record<string, unknown> = {}) =>
    runPipeline({
      engine,
      spec: { ...spec({ loss }), teacher: teacher as DistillationSpec['teacher'] },
      seed: 1,
      context: recording(cache),
    });
  const logitsIn = (context: Recording) =>
    parseSafetensors(context.artifacts.get('model/weights.safetensors')!).tensors['fc.weight'].values;

  it('learns from the teacher and reports both', async () => {
    const context = recording(cache);
    const report = await run(context);
    expect(ReportSchema.parse(report)).toEqual(report);
    // 72 images: 18 for the test; of the rest 24 with labels, of which 5 for validation, and 20 without.
    expect(report.dataset).toMatchObject({ train: 19, validation: 5, test: 18, unlabelled: 20 });
    expect(report.lookAlikes).toMatchObject({ train: 19, validation: 5, test: 18, unlabelled: 20 });
    expect(report.test.top1).toBe(1);
    expect(report.teacher).toEqual({ name: 'small_cnn', testTop1: 1 });
    // 39 images, labelled or not, in batches of 8: four steps an epoch.
    expect(context.points.at(-1)!.step).toBe(12);
  });

  it('gives the same weights for the same seed, whether or not the teacher was cached', async () => {
    const [cold, warm] = [recording(path.join(folder, 'cold')), recording(cache)];
    await run(cold);
    await run(warm);
    expect(weightsHash(warm)).toBe(weightsHash(cold));
  });

  it('goes on from a checkpoint to the bit', async () => {
    const unbroken = recording(cache);
    await run(unbroken);
    const continued = recording(cache, { continueFrom: unbroken.checkpoints[0] });
    await run(continued);
    expect(weightsHash(continued)).toBe(weightsHash(unbroken));
  });

  it('mixes soft labels as it mixes images, with and without labels, and goes on to the bit', async () => {
    const training = {
      ...{ epochs: 6, batchSize: 8, dropout: 0.1 },
      optimizer: { learningRate: 0.05 },
      augmentation: { mixup: 0.4, cutmix: 1 },
    };
    const [unbroken, plain] = [recording(cache), recording(cache)];
    const report = await run(unbroken, { training });
    expect(report.test.top1).toBe(1);
    await run(plain, { training: { ...training, augmentation: {} } });
    expect(weightsHash(plain)).not.toBe(weightsHash(unbroken));
    const continued = recording(cache, { continueFrom: unbroken.checkpoints[1] });
    await run(continued, { training });
    expect(weightsHash(continued)).toBe(weightsHash(unbroken));
  });

  it('reads each test image once, after the last training step', async () => {
    testReads.clear();
    const atCheckpoints: number[] = [];
    const readSoFar = () => [...testReads.values()].reduce((sum, reads) => sum + reads.length, 0);
    await run(recording(cache, { onCheckpoint: () => atCheckpoints.push(readSoFar()) }));
    expect(atCheckpoints).toEqual([0, 0, 0]);
    expect([...testReads.values()].map((reads) => reads.sort((a, b) => a - b))).toEqual([
      Array.from({ length: 18 }, (_, index) => index),
    ]);
  });

  it('lets a teacher of another size look at its own images', async () => {
    const larger = recording(cache);
    await runPipeline({
      engine,
      spec: toySpec('transfer', images, {
        backbone: { model: 'small_cnn', weights: 'none' },
        image: { size: 20, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
        training: { epochs: 8, batchSize: 8, optimizer: { learningRate: 0.05 } },
      }),
      seed: 7,
      context: larger,
    });
    const model = await saveArtifacts(larger, path.join(folder, 'larger'));
    const context = recording(cache);
    const report = await run(context, { teacher: { path: model } });
    expect(report.test.top1).toBe(1);
    expect(report.teacher!.testTop1).toBe(1);
    const once = { reads: 1, early: 0 };
    expect(report).toMatchObject({
      testReads: 1,
      testReaders: [
        { reader: 'model', ...once },
        { reader: 'teacher', ...once },
      ],
    });
    // What it says of them is known now.
    const again = await run(recording(cache), { teacher: [{ path: model }, { path: teacher }] });
    expect(again.testReaders).toEqual([
      { reader: 'model', ...once },
      { reader: 'teacher.1', ...once },
      { reader: 'teacher.0', reads: 0, early: 0 },
    ]);
    expect(context.lines.filter((line) => line.includes('its own way'))).toEqual([
      'info: The teacher small_cnn sees the images its own way: mean 0.5, 0.5, 0.5, deviation 0.5, 0.5, 0.5; ' +
        'the student: mean 0.485, 0.456, 0.406, deviation 0.229, 0.224, 0.225',
    ]);
  });

  it('learns from images without labels, but not what class their folder says', async () => {
    const withFolders = async (name: string, unlabelled: (root: string) => Promise<void>): Promise<Recording> => {
      const root = path.join(folder, name);
      await writeToyImages(path.join(root, 'train'), 6);
      await writeToyImages(path.join(root, 'test'), 4, { first: 100 });
      await unlabelled(path.join(root, 'unlabelled'));
      const context = recording(cache);
      const dataset = { path: root, validation: 3, unlabelled: name === 'without' ? 0 : 18 };
      await runPipeline({ engine, spec: spec({ dataset }, root), seed: 1, context });
      return context;
    };
    const without = await withFolders('without', async () => {});
    const named = await withFolders('named', (root) => writeToyImages(root, 6, { first: 50 }));
    // The same pictures, in the same order, under folders that mean nothing.
    const renamed = await withFolders('renamed', (root) =>
      writeToyImages(root, 6, { first: 50, classes: ['a', 'b', 'c'] }),
    );
    expect(logitsIn(named)).not.toEqual(logitsIn(without));
    expect(weightsHash(renamed)).toBe(weightsHash(named));
  });

  it('learns nothing but the labels where the soft labels weigh nothing', async () => {
    const [a, b] = [recording(cache), recording(cache)];
    const other = recording(cache);
    await runPipeline({
      engine,
      spec: toySpec('transfer', images, { backbone: { model: 'small_cnn', weights: 'none' } }),
      seed: 8,
      context: other,
    });
    const otherTeacher = await saveArtifacts(other, path.join(folder, 'other-teacher'));
    const loss = { kind: 'kd', kdWeight: 0, ceWeight: 1 };
    await run(a, { loss });
    await run(b, { loss, teacher: { path: otherTeacher } });
    expect(weightsHash(b)).toBe(weightsHash(a));
  });

  it.each([
    ['dkd', { kind: 'dkd', warmupEpochs: 1 }],
    ['dist', { kind: 'dist', beta: 0.2, gamma: 0.2 }],
    ['logit-std', { kind: 'logit-std', kdWeight: 1 }],
    ['hint', { kind: 'hint' }],
  ])('learns by %s, and goes on from a checkpoint to the bit', async (_, loss) => {
    const training = { epochs: 6, batchSize: 8, optimizer: { learningRate: 0.05 } };
    const unbroken = recording(cache);
    const report = await run(unbroken, { loss, training });
    expect(report.test.top1).toBeGreaterThan(0.6);
    const continued = recording(cache, { continueFrom: unbroken.checkpoints[0] });
    await run(continued, { loss, training });
    expect(weightsHash(continued)).toBe(weightsHash(unbroken));
  });

  it("trains a hint's projector with the student, and keeps it in checkpoints, not in the model", async () => {
    const context = recording(cache);
    const loss = { kind: 'hint', hintWeight: 5 };
    await run(context, { loss, training: { ...spec().training, augmentation: { mixup: 0.2 } } });
    const [first, last] = [context.checkpoints[0], context.checkpoints.at(-1)!].map(
      (bytes) => parseSafetensors(bytes).tensors,
    );
    // small_cnn's 80 features on both sides.
    expect(last['hint.weight'].shape).toEqual([80, 80]);
    expect(last['hint.weight'].values).not.toEqual(first['hint.weight'].values);
    const model = parseSafetensors(context.artifacts.get('model/weights.safetensors')!).tensors;
    expect(Object.keys(model).filter((name) => name.startsWith('hint'))).toEqual([]);
    const plain = recording(cache);
    await run(plain, { loss: { kind: 'kd' }, training: { ...spec().training, augmentation: { mixup: 0.2 } } });
    expect(weightsHash(context)).not.toBe(weightsHash(plain));
  });

  it('learns from a student of the teacher, and from both together (Furlanello et al., 2018)', async () => {
    const [firstGeneration, second, ensemble] = [recording(cache), recording(cache), recording(cache)];
    await run(firstGeneration);
    const student = await saveArtifacts(firstGeneration, path.join(folder, 'first-generation'));
    const report = await run(second, { teacher: { path: student } });
    expect(report.teacher).toEqual({ name: 'small_cnn', testTop1: 1 });
    const both = [{ path: teacher, weight: 3 }, { path: student }];
    const ofBoth = await run(ensemble, { teacher: both });
    expect(ofBoth.teacher).toEqual({ name: 'small_cnn + small_cnn', testTop1: 1 });
    expect(new Set([firstGeneration, second, ensemble].map(weightsHash)).size).toBe(3);
    const other = recording(cache);
    await run(other, { teacher: [{ path: teacher }, { path: student }] });
    expect(weightsHash(other)).not.toBe(weightsHash(ensemble));
    await expect(runUnparsed(both, { kind: 'hint' })).rejects.toMatchObject({ name: 'UserError', field: 'loss.kind' });
  });

  it('says what the cache of outputs has saved, and asks the teacher once for all seeds and temperatures', async () => {
    const own = path.join(folder, 'counted');
    const reports = [];
    for (const temperature of [2, 4]) {
      for (const seed of [1, 2]) reports.push(await run(recording(own), { loss: { kind: 'kd', temperature } }, seed));
    }
    // The split of a seed is its own, but its images are the same folder's.
    const images = new Set<number>(reports.map(({ teacherCache }) => teacherCache!.rows));
    expect([...images]).toEqual([39]);
    const computed = reports.map(({ teacherCache }) => teacherCache!.rows - teacherCache!.hits);
    expect(computed[0]).toBe(39);
    expect(computed.slice(2)).toEqual([0, 0]);
    expect(computed.reduce((sum, rows) => sum + rows)).toBeLessThanOrEqual(72);
    expect(reports[3].teacherCache).toMatchObject({ hitRate: 1, deviceSecondsComputed: 0 });
    expect(reports[3].teacherCache!.deviceSecondsSaved).toBeGreaterThan(0);
    expect(reports[3].teacherCache!.largestError).toBeLessThan(0.01);
  });

  it('shows teacher and student the same views, asks for each once, and goes on to the bit', async () => {
    const own = path.join(folder, 'views');
    const training = {
      ...{ epochs: 4, batchSize: 8, optimizer: { learningRate: 0.05 } },
      augmentation: { crop: 2, flip: true, brightness: 0.1 },
    };
    const fields = { views: 2, training };
    const [unbroken, other] = [recording(own), recording(own)];
    const report = await run(unbroken, fields);
    expect(report.test.top1).toBeGreaterThan(0.6);
    expect(report.teacherCache).toMatchObject({ rows: 2 * 39, hits: 0 });
    const continued = recording(own, { continueFrom: unbroken.checkpoints[2] });
    await run(continued, fields);
    expect(weightsHash(continued)).toBe(weightsHash(unbroken));
    expect((await run(other, { ...fields, views: 3 })).teacherCache).toMatchObject({ rows: 3 * 39, hits: 2 * 39 });
    const refused = run(recording(own), { views: 1, training: { augmentation: { flip: false } } });
    await expect(refused).rejects.toMatchObject({ name: 'UserError', field: 'views' });
  });

  it('takes the model folder that the parent has found for a run', async () => {
    const context = recording(cache);
    const report = await runPipeline({
      engine,
      spec: spec({ teacher: { run: 'latest:toy' } }),
      seed: 1,
      context,
      teacherFolder: teacher,
    });
    expect(report.teacher!.name).toBe('small_cnn');
  });

  it('takes those that the parent has found for the members of an ensemble', async () => {
    const report = await runPipeline({
      engine,
      spec: spec({ teacher: [{ run: 'latest:toy' }, { path: teacher }] }),
      seed: 1,
      context: recording(cache),
      ensembleFolders: [teacher, undefined],
    });
    expect(report.teacher!.name).toBe('small_cnn + small_cnn');
  });

  it.each([
    ['a run without the platform', { run: 'latest:toy' }, /names a teacher of the platform/, 'teacher.run'],
    [
      'one that is to be trained first, without it',
      { pipeline: 'transfer', backbone: { model: 'small_cnn', weights: 'none' } },
      /is trained in a run of its own first/,
      'teacher',
    ],
    ['a folder that is missing', { path: './nowhere' }, /model.json is missing/, 'teacher.path'],
    ['random weights', { model: 'small_cnn', weights: 'none' }, /has nothing to teach/, 'teacher.weights'],
    ['a member that is missing', [{ run: 'latest:toy' }, { path: '.' }], /names a teacher/, 'teacher.0.run'],
  ])('refuses as teacher %s', async (_, bad, message, field) => {
    const failure = runUnparsed(bad);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ name: 'UserError', field });
  });

  it('refuses a member of an ensemble that knows the classes in another order', async () => {
    const turned = path.join(folder, 'turned');
    await cp(teacher, turned, { recursive: true });
    const description = JSON.parse(await readFile(path.join(turned, 'model.json'), 'utf8')) as { classes: string[] };
    description.classes.reverse();
    await writeFile(path.join(turned, 'model.json'), JSON.stringify(description));
    const failure = run(recording(cache), { teacher: [{ path: teacher }, { path: turned }] });
    await expect(failure).rejects.toMatchObject({ name: 'UserError', field: 'teacher.1' });
    await expect(failure).rejects.toThrow('class 1 is "slate" for the teacher and "copper" in the dataset');
  });

  it('refuses a teacher whose classes are others, or the same in another order', async () => {
    for (const [classes, message] of [
      [['copper', 'moss', 'teal'], 'class 3 is "slate" for the teacher and "teal" in the dataset'],
      [['slate', 'copper', 'amber'], 'class 1 is "copper" for the teacher and "amber" in the dataset'],
      [['copper', 'moss'], 'the teacher knows 3 classes, the dataset has 2'],
    ] as const) {
      const root = path.join(folder, classes.join('-'));
      await writeToyImages(root, 8, { classes });
      const failing = spec({ dataset: { path: root, ...counts } }, root);
      await expect(runPipeline({ engine, spec: failing, seed: 1, context: recording(cache) })).rejects.toThrow(message);
    }
  });
});
