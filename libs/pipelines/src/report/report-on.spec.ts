import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReportSchema, rightImages, type Report } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import {
  recording,
  saveArtifacts,
  temporaryFolder,
  TOY_CLASSES,
  toySpec,
  writeToyImages,
  type Recording,
} from '../../../../test/pipelines/toy.js';
import { runPipeline } from '../run-pipeline.js';

const BACKBONE = { model: 'small_cnn', weights: 'none' };

describe('the report of a run', () => {
  let engine: Engine;
  let folder: string;
  let images: string;
  let cache: string;
  let teacher: string;
  let remove: () => Promise<void>;
  let context: Recording;
  let report: Report;
  beforeAll(async () => {
    engine = await loadEngine();
    ({ folder, remove } = await temporaryFolder());
    images = path.join(folder, 'images');
    cache = path.join(folder, 'cache');
    await writeToyImages(images, 32);
    context = recording(cache);
    report = await run(context, { report: {} });
    teacher = await saveArtifacts(context, path.join(folder, 'teacher'));
  });
  afterAll(() => remove());

  const run = (into: Recording, fields: Record<string, unknown>, pipeline: 'transfer' | 'distillation' = 'transfer') =>
    runPipeline({
      engine,
      spec: toySpec(pipeline, images, pipeline === 'transfer' ? { backbone: BACKBONE, ...fields } : fields),
      seed: 1,
      context: into,
    });

  it('has every part of the schema, and counts that the test split was read once', () => {
    expect(ReportSchema.parse(report)).toEqual(report);
    expect(report.skipped).toEqual([]);
    expect(report.testReads).toBe(1);
    expect(report.testReaders).toEqual([{ reader: 'model', reads: 1, early: 0 }]);
    expect(rightImages(report.testAnswers!).reduce((sum, one) => sum + one, 0)).toBe(Math.round(report.test.top1 * 24));
    // 96 images: 24 for the test, of the rest a fifth for validation.
    expect(report.calibration!.scaling).toMatchObject({ validationImages: 14, beforeFinalFit: false });
    expect(report.calibration!.before.nll).toBeCloseTo(report.test.loss, 6);
    expect(report.gap).toMatchObject({ train: { images: 58 }, test: { images: 24, top1: report.test.top1 } });
    expect(report.cost).toMatchObject({ parameters: 89_107, flops: 2 * report.cost!.multiplyAdds! });
    expect(report.cost!.latency.map(({ batch }) => batch)).toEqual([1, 32]);
    expect(report.corruptions!.found.map(({ kind }) => kind)).toEqual([
      'gaussian-noise',
      'gaussian-blur',
      'contrast',
      'jpeg',
    ]);
    expect(report.corruptions!.found.every(({ top1 }) => top1.length === 5)).toBe(true);
    expect(report.attacks!.found.map(({ attack, epsilon, steps }) => [attack, epsilon, steps])).toEqual([
      ['fgsm', 2, 1],
      ['fgsm', 8, 1],
      ['pgd', 2, 10],
      ['pgd', 8, 10],
    ]);
    expect(report.warnings!.join()).toContain('training.batchSize 8 is small for batch normalisation');
  });

  it('finds that an attack does harm, and more with a larger ε', async () => {
    const strong = await run(recording(cache), { report: { attacks: { epsilons: [1, 120] } } });
    const [, fgsm, weak, pgd] = strong.attacks!.found.map(({ top1 }) => top1);
    expect(strong.attacks!.clean).toBe(1);
    expect(weak).toBeGreaterThan(pgd);
    expect(Math.min(fgsm, pgd)).toBeLessThan(0.5);
  });

  it('gives the same report for the same seed, times excepted', async () => {
    const timeless = ({ cost: _cost, durationMs: _ms, imagesPerSecond: _speed, ...rest }: Report) => rest;
    expect(timeless(await run(recording(cache), { report: {} }))).toEqual(timeless(report));
  });

  it('says what was left out where there is no time, and tests all the same', async () => {
    const short = await run(recording(cache), { report: { maxSeconds: 0 } });
    expect(short.test.top1).toBe(report.test.top1);
    expect(short.skipped).toContain('attacks: the 0 seconds of report.maxSeconds were used up');
    expect(short.skipped).toHaveLength(5);
    // Whether the test can be trusted has a time of its own.
    expect(short.lookAlikes).toEqual(report.lookAlikes);
    expect(report.lookAlikes).toMatchObject({ train: 58, validation: 14, unlabelled: 0, test: 24 });
    expect(short).not.toHaveProperty('attacks');
    expect(short.calibration!.scaling).toBeUndefined();
  });

  it('leaves out, without a word, what is switched off', async () => {
    const off = { trainImages: 0, latencyRuns: 0, attacks: { images: 0 }, corruptions: { kinds: [] }, mistakes: 0 };
    const plain = await run(recording(cache), { report: off });
    expect(plain.skipped).toEqual([]);
    expect(plain).toMatchObject({ mistakes: [], cost: { latency: [] } });
    for (const part of ['gap', 'attacks', 'corruptions']) expect(plain).not.toHaveProperty(part);
  });

  it('shows the surest mistakes with their images', async () => {
    const untrained = recording(cache);
    const { mistakes } = await run(untrained, {
      training: { epochs: 1, batchSize: 58, optimizer: { learningRate: 1e-9 } },
      report: { maxSeconds: 0, mistakes: 3 },
    });
    expect(mistakes).toHaveLength(3);
    expect(mistakes!.map(({ confidence }) => confidence)).toEqual(
      mistakes!.map(({ confidence }) => confidence).sort((a, b) => b - a),
    );
    for (const { label, prediction } of mistakes!) {
      expect(TOY_CLASSES).toContain(label);
      expect(prediction).not.toBe(label);
    }
    const page = Buffer.from(untrained.artifacts.get('report.html')!).toString();
    expect(page.match(/<img src="data:image\/png;base64,/g)).toHaveLength(3);
  });

  it('compares a student with its teacher', async () => {
    const distilled = await run(
      recording(cache),
      { teacher: { path: teacher }, student: { model: 'small_cnn' } },
      'distillation',
    );
    expect(distilled.testReads).toBe(1);
    expect(distilled.agreement).toMatchObject({ images: 24, lost: [], bothRight: distilled.test.top1 });
    expect(distilled.agreement!.kl).toBeGreaterThanOrEqual(0);
  });

  it('writes a page that needs nothing else: no script, no address but data:', () => {
    const page = Buffer.from(context.artifacts.get('report.html')!).toString();
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<iframe|javascript:|https?:\/\/|url\(|@import|\son[a-z]+=/i);
    expect(page).toContain("default-src 'none'");
    for (const id of ['overview', 'training', 'calibration', 'classes', 'robustness', 'cost']) {
      expect(page).toContain(`<section id="${id}"`);
    }
  });
});
