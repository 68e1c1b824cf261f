import { describe, expect, it } from 'vitest';
import { parseSpec } from './parse-spec.js';

const base = { name: 'a', pipeline: 'transfer', dataset: { name: 'cifar10' } };
function parse(fields: Record<string, unknown>) {
  const backbone = { model: 'mobilenet_v2', ...(fields.backbone as object) };
  const parsed = parseSpec({ ...base, ...fields, backbone });
  return parsed.ok ? { spec: parsed.spec, issues: [] } : { issues: parsed.issues.map((issue) => issue.path) };
}

describe('a transfer in a spec', () => {
  it('thaws everything at once, at one rate, by cross-entropy, drawing each image once, where the spec says nothing', () => {
    expect(parse({}).spec).toMatchObject({
      backbone: { freeze: false, batchNorm: 'auto', stageDecay: 1 },
      loss: { kind: 'ce', labelSmoothing: 0 },
      training: { sampling: 'shuffled', keep: 'last' },
    });
    expect(parse({}).spec).not.toHaveProperty('backbone.unfreezeEvery');
    expect(parse({}).spec).not.toHaveProperty('loss.classWeights');
    expect(parse({}).spec).not.toHaveProperty('training.augmentation.randAugment');
  });

  it.each([
    [{ backbone: { batchNorm: 'adapt', unfreezeEvery: 0.5, stageDecay: 0.38 } }],
    [{ loss: { kind: 'bce', labelSmoothing: 0.1, classWeights: 'balanced' } }],
    [{ loss: { classWeights: { cat: 2, dog: 0 } } }],
    [{ training: { sampling: 'balanced', keep: 'best', patience: 5 } }],
    [{ training: { augmentation: { randAugment: {} } } }],
    [{ training: { augmentation: { randAugment: { operations: 1, magnitude: 30 } } } }],
    [{ matrix: { 'backbone.batchNorm': ['frozen', 'train'], 'loss.labelSmoothing': [0, 0.1] } }],
  ])('may be %o', (fields) => {
    expect(parse(fields).issues).toEqual([]);
  });

  it.each([
    [{ backbone: { batchNorm: 'freeze' } }, 'backbone.batchNorm'],
    [{ backbone: { unfreezeEvery: 0 } }, 'backbone.unfreezeEvery'],
    [{ backbone: { stageDecay: 1.1 } }, 'backbone.stageDecay'],
    [{ loss: { kind: 'mse' } }, 'loss.kind'],
    [{ loss: { labelSmoothing: 1 } }, 'loss.labelSmoothing'],
    [{ loss: { classWeights: 'equal' } }, 'loss.classWeights'],
    [{ training: { sampling: 'random' } }, 'training.sampling'],
    [{ training: { keep: 'first' } }, 'training.keep'],
    [{ training: { patience: 0 } }, 'training.patience'],
    [{ training: { augmentation: { randAugment: { magnitude: 31 } } } }, 'training.augmentation.randAugment.magnitude'],
  ])('may not be %o', (fields, path) => {
    expect(parse(fields).issues).toEqual([path]);
  });

  it('gives RandAugment two operations of strength nine, as torchvision does', () => {
    expect(parse({ training: { augmentation: { randAugment: {} } } }).spec).toMatchObject({
      training: { augmentation: { randAugment: { operations: 2, magnitude: 9 } } },
    });
  });
});
