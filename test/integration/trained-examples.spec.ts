import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ReportSchema } from '#contracts';
import type { LocalStudy } from '../../apps/cli/src/training/local-study.js';
import { startCommand } from '../command.js';
import { buildPrograms } from '../services/test-services.js';

// The real images and weights: fetched once into the user's cache.
const MINUTES = 60_000;
const examples = path.resolve(import.meta.dirname, '../../examples');
/** As the README tells to train them: the transfer is the distillation's teacher. */
const ORDER = ['transfer', 'logistic', 'distillation', 'ladder'];
/** What an example has of these, and of these alone, is less here than in its file. */
const SMALL = { 'dataset.train': 120, 'dataset.unlabelled': 100, 'image.size': 32, 'training.epochs': 1 };

let folder: string;
beforeAll(async () => {
  await buildPrograms();
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-examples-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('an example, as it is but for its size, is trained by "distillery train":', () => {
  it('all of them', async () => {
    const files = (await readdir(examples)).filter((name) => /\.ya?ml$/.test(name));
    expect(files.sort()).toEqual(ORDER.map((name) => `${name}.yaml`).sort());
  });

  it('distillation, which says in words that its teacher is missing', async () => {
    const { code, stderr } = await train('distillation');
    expect(code).toBe(2);
    expect(stderr).toMatch(/no completed run "transfer-cifar10" in \.\/runs[^]*train it first/);
  });

  it('transfer', { timeout: 10 * MINUTES }, async () => {
    expect(await train('transfer')).toMatchObject({ code: 0 });
    expect(await reportIn('transfer-cifar10')).toMatchObject({
      pipeline: 'transfer',
      model: { name: 'mobilenet_v2 (coco)' },
    });
  });

  it('logistic', { timeout: 10 * MINUTES }, async () => {
    expect(await train('logistic')).toMatchObject({ code: 0 });
    expect(await reportIn('logistic-cifar10')).toMatchObject({
      pipeline: 'logistic',
      model: { name: 'mobilenet_v2 (coco)' },
    });
  });

  it('distillation, from the transfer that is there by now', { timeout: 10 * MINUTES }, async () => {
    expect(await train('distillation')).toMatchObject({ code: 0 });
    const teacher = await reportIn('transfer-cifar10');
    const student = await reportIn('distillation-cifar10');
    expect(student).toMatchObject({
      pipeline: 'distillation',
      dataset: { unlabelled: SMALL['dataset.unlabelled'] },
      model: { name: 'small_cnn' },
      teacher: { name: 'mobilenet_v2 (coco)', testTop1: teacher.test.top1 },
    });
  });

  it('ladder, to its study with a verdict of every claim', { timeout: 10 * MINUTES }, async () => {
    const { ladder, claims } = await fieldsOf('ladder');
    const ended = await train('ladder');
    expect(ended).toMatchObject({ code: 0 });
    const top1: Record<string, number> = {};
    for (const arm of Object.keys(ladder!)) top1[arm] = (await reportIn(`ladder-cifar10/arm-${arm}`)).test.top1;

    for (const { better, than } of claims!) {
      expect(ended.stdout).toMatch(new RegExp(`^undecided: ${better} better than ${than}`, 'm'));
    }
    const summed = await startCommand(['study', '--from', 'runs/ladder-cifar10', '--json'], folder).ended;
    const study = JSON.parse(summed.stdout) as LocalStudy;
    const found = study.arms.map(({ label, results }) => [label, results.find(({ metric }) => metric === 'test.top1')]);
    expect(Object.fromEntries(found)).toMatchObject(
      Object.fromEntries(Object.entries(top1).map(([arm, mean]) => [arm, { mean, seeds: 1 }])),
    );
    expect(study.claims).toHaveLength(claims!.length);
    for (const [index, { better, than }] of claims!.entries()) {
      const claim = study.claims[index];
      expect(claim).toMatchObject({ better, than, seeds: 1, images: 100, verdict: 'undecided' });
      expect(claim.difference).toBeCloseTo(100 * (top1[better] - top1[than]), 6);
    }
  });
});

interface Fields extends Record<string, unknown> {
  ladder?: Record<string, Record<string, unknown>>;
  claims?: { better: string; than: string }[];
}

async function fieldsOf(example: string): Promise<Fields> {
  return parse(await readFile(path.join(examples, `${example}.yaml`), 'utf8')) as Fields;
}

/** As a person trains it: into ./runs, smaller by `--set`. */
async function train(example: string) {
  const fields = await fieldsOf(example);
  const parts = [['', fields], ...Object.entries(fields.ladder ?? {}).map(([arm, own]) => [`ladder.${arm}.`, own])];
  const settings = parts.flatMap(([prefix, own]) =>
    Object.entries(SMALL).flatMap(([field, value]) =>
      has(own, field) ? [`${prefix as string}${field}=${value}`] : [],
    ),
  );
  settings.push('dataset.test=100', 'report.maxSeconds=0', 'seeds=[0]');
  const args = ['train', path.join(examples, `${example}.yaml`), ...settings.flatMap((each) => ['--set', each])];
  return startCommand(args, folder).ended;
}

function has(fields: unknown, field: string): boolean {
  const found = field.split('.').reduce((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], fields);
  return found !== undefined;
}

/** The report of a run that has left a model and finite numbers alone: JSON has null in place of any other. */
async function reportIn(run: string) {
  const read = (file: string) => readFile(path.join(folder, 'runs', run, file), 'utf8');
  const report = ReportSchema.parse(JSON.parse(await read('report.json')));
  expect(report.test).toMatchObject({ images: 100, loss: expect.any(Number) as number });
  expect(report).toMatchObject({ dataset: { train: 108, validation: 12 }, calibration: { before: {} }, testReads: 1 });
  const metrics = await read('metrics.jsonl');
  expect(metrics).toContain('"validation.loss":');
  expect(metrics).not.toContain('null');
  expect(await readdir(path.join(folder, 'runs', run, 'model'))).toEqual(
    expect.arrayContaining(['model.json', 'weights.safetensors']),
  );
  return report;
}
