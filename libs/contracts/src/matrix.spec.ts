import { describe, expect, it } from 'vitest';
import { expandRuns } from './matrix.js';
import { parseSpec } from './parse-spec.js';
import type { Spec } from './spec.js';

function spec(extra: object): Spec {
  const parsed = parseSpec({
    name: 'd',
    pipeline: 'distillation',
    dataset: { name: 'cifar10' },
    teacher: { run: 'latest:t' },
    student: { model: 'resnet20' },
    ...extra,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.spec;
}

describe('expandRuns', () => {
  it('is one run for one seed and no matrix', () => {
    const { plans } = expandRuns(spec({ seeds: [7] }));
    expect(plans).toMatchObject([{ seed: 7, point: {}, spec: { seeds: [7], matrix: {} } }]);
  });

  it('is the cartesian product of seeds and matrix', () => {
    const { plans } = expandRuns(
      spec({ seeds: [0, 1], matrix: { 'loss.temperature': [2, 4, 8], 'training.epochs': [1, 2] } }),
    );
    expect(plans).toHaveLength(12);
    expect(plans[0]).toMatchObject({
      seed: 0,
      point: { 'loss.temperature': 2, 'training.epochs': 1 },
      spec: { loss: { temperature: 2 } },
    });
  });

  it('refuses a grid of more than a thousand runs', () => {
    const values = Array.from({ length: 40 }, (_, index) => index + 1);
    const base = spec({});
    const { issues } = expandRuns({ ...base, matrix: { 'loss.temperature': values, 'training.epochs': values } });
    expect(issues[0].message).toMatch(/1600 runs/);
  });
});
