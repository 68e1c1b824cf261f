import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSpec, parseSpecText } from './parse-spec.js';

function parse(training: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const parsed = parseSpec({
    name: 'a',
    pipeline: 'transfer',
    dataset: { name: 'cifar10' },
    backbone: { model: 'mobilenet_v2' },
    training,
    ...more,
  });
  if (parsed.ok && parsed.spec.pipeline !== 'transfer') throw new Error('parsed as another pipeline');
  return parsed.ok
    ? { training: (parsed.spec as { training: unknown }).training, issues: [] }
    : { issues: parsed.issues.map(({ path, message }) => `${path} ${message}`) };
}
const issuesOf = (training: Record<string, unknown>, more?: Record<string, unknown>) => parse(training, more).issues;

describe('training in a spec', () => {
  it('is SGD with momentum along a cosine, and nothing else, where the spec says nothing', () => {
    expect(parse({}).training).toEqual({
      epochs: 10,
      batchSize: 64,
      optimizer: { kind: 'sgd', learningRate: 0.001, momentum: 0.9, nesterov: false, weightDecay: 0 },
      schedule: { kind: 'cosine', warmupEpochs: 0 },
      precision: 'auto',
      dropout: 0,
      keep: 'last',
      sampling: 'shuffled',
      augmentation: {
        ...{ flip: true, crop: 0, brightness: 0, contrast: 0, saturation: 0, hue: 0 },
        ...{ mixup: 0, cutmix: 0 },
      },
    });
  });

  it('is SGD where an optimizer names no kind, as in specs older than the choice', () => {
    expect(parse({ optimizer: { learningRate: 0.05, nesterov: true } }).training).toMatchObject({
      optimizer: { kind: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: true },
    });
    expect(parse({ schedule: { warmupEpochs: 2 } }).training).toMatchObject({
      schedule: { kind: 'cosine', warmupEpochs: 2 },
    });
  });

  it("has PyTorch's defaults for AdamW, and those of the paper for LARS", () => {
    expect(parse({ optimizer: { kind: 'adamw' } }).training).toMatchObject({
      optimizer: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
    });
    expect(parse({ optimizer: { kind: 'lars' } }).training).toMatchObject({
      optimizer: { learningRate: 0.1, momentum: 0.9, trustCoefficient: 0.001, weightDecay: 1e-4 },
    });
  });

  it("names the nearest legal key of the optimizer's own kind", () => {
    expect(issuesOf({ optimizer: { kind: 'adamw', beta: 0.9, momentum: 0.9 } })).toEqual([
      'training.optimizer.beta unknown key; did you mean "beta1"?',
      expect.stringMatching(/^training\.optimizer\.momentum unknown key; legal here: kind, learningRate, beta1/),
    ]);
    expect(issuesOf({ optimizer: { nestrov: true } })).toEqual([
      'training.optimizer.nestrov unknown key; did you mean "nesterov"?',
    ]);
    expect(issuesOf({ schedule: { kind: 'step', milestone: [1] } })).toContain(
      'training.schedule.milestone unknown key; did you mean "milestones"?',
    );
    expect(issuesOf({ augmentation: { mixUp: 1 } })).toEqual([
      'training.augmentation.mixUp unknown key; did you mean "mixup"?',
    ]);
  });

  it('needs rising milestones for a schedule of steps', () => {
    expect(issuesOf({ schedule: { kind: 'step' } })).toEqual([
      'training.schedule.milestones is missing: expected array',
    ]);
    expect(issuesOf({ schedule: { kind: 'step', milestones: [30, 10] } })).toEqual([
      'training.schedule.milestones must rise',
    ]);
    expect(parse({ schedule: { kind: 'step', milestones: [1.5, 3] } }).training).toMatchObject({
      schedule: { gamma: 0.1, warmupEpochs: 0 },
    });
  });

  it.each([
    ['a hue of more than half the circle', { augmentation: { hue: 0.6 } }, 'training.augmentation.hue'],
    ['a dropout of everything', { dropout: 1 }, 'training.dropout'],
    ['an average that never moves', { averageDecay: 1 }, 'training.averageDecay'],
    ['a clip of nothing', { optimizer: { clipNorm: 0 } }, 'training.optimizer.clipNorm'],
    ['another precision', { precision: 'float16' }, 'training.precision'],
  ])('refuses %s', (_, training, path) => {
    expect(issuesOf(training)).toEqual([expect.stringMatching(new RegExp(`^${path} `))]);
  });

  it('is what docs/pipelines.md shows', () => {
    const page = readFileSync(path.join(import.meta.dirname, '../../../docs/pipelines.md'), 'utf8');
    const [, yaml] = /```yaml\n(training:[^`]*)```/.exec(page)!;
    const spec = `name: a\npipeline: transfer\ndataset: { name: mnist }\nbackbone: { model: small_cnn }\n${yaml}`;
    expect(parseSpecText(spec)).toMatchObject({ ok: true, spec: { training: { averageDecay: 0.999 } } });
  });

  it('varies in a matrix, whole optimizers too, and says how where their kinds alone are given', () => {
    const optimizers = { 'training.optimizer': [{ kind: 'sgd' }, { kind: 'adamw', weightDecay: 0.1 }] };
    expect(issuesOf({}, { matrix: optimizers })).toEqual([]);
    expect(issuesOf({}, { matrix: { 'training.augmentation.mixup': [0, 0.2], 'training.dropout': [0, 0.2] } })).toEqual(
      [],
    );
    const matrix = { 'training.epochs': [1], 'training.optimizer.kind': ['sgd', 'adamw'] };
    expect(issuesOf({}, { matrix })).toContain(
      'matrix.training.optimizer.kind training.optimizer.momentum is no field of every kind; ' +
        'give each one as a whole: "training.optimizer": [{ kind: … }, { kind: … }]',
    );
  });
});
