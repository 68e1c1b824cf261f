import { describe, expect, it } from 'vitest';
import { expandRuns } from './matrix.js';
import { parseSpec, parseSpecText } from './parse-spec.js';
import { drawPoints } from './random.js';

const rate = 'training.optimizer.learningRate';

describe('drawPoints', () => {
  const drawn = (distribution: object, runs = 4000) =>
    drawPoints({ runs, seed: 1, fields: { x: distribution as { uniform: [number, number] } } }).map(
      ({ x }) => x as number,
    );
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it('draws the same for the same seed, and adds to it with more runs or fields', () => {
    const few = drawPoints({ runs: 3, seed: 7, fields: { a: { uniform: [0, 1] } } });
    const more = drawPoints({ runs: 5, seed: 7, fields: { b: { integer: [1, 9] }, a: { uniform: [0, 1] } } });
    expect(more.slice(0, 3).map(({ a }) => a)).toEqual(few.map(({ a }) => a));
    expect(drawPoints({ runs: 3, seed: 8, fields: { a: { uniform: [0, 1] } } })).not.toEqual(few);
  });

  it('draws uniformly, by the logarithm, whole numbers and from a list', () => {
    // Standard errors of the means of 4,000 draws: (high − low) / √12 / √4000 = 0.0046 × (high − low).
    const flat = drawn({ uniform: [2, 4] });
    expect(Math.min(...flat)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...flat)).toBeLessThanOrEqual(4);
    expect(Math.abs(mean(flat) - 3)).toBeLessThan(4 * 0.0092);
    const logarithms = drawn({ logUniform: [1e-4, 1] }).map(Math.log10);
    expect(Math.abs(mean(logarithms) + 2)).toBeLessThan(4 * 0.0184);
    const dice = drawn({ integer: [1, 6] });
    for (let face = 1; face <= 6; face++) {
      // Binomial: 4000 / 6 ± √(4000 · 1/6 · 5/6) = 667 ± 24.
      expect(Math.abs(dice.filter((value) => value === face).length - 667)).toBeLessThan(4 * 24);
    }
    expect(new Set(drawn({ choice: ['a', 'b', 'c'] }, 50))).toEqual(new Set(['a', 'b', 'c']));
  });

  it('draws the fields of a point independently of one another', () => {
    const points = drawPoints({ runs: 4000, seed: 0, fields: { a: { uniform: [-1, 1] }, b: { uniform: [-1, 1] } } });
    // E[ab] = 0 with a standard error of 1/3 / √4000.
    expect(Math.abs(mean(points.map(({ a, b }) => (a as number) * (b as number))))).toBeLessThan(4 * 0.0053);
  });
});

describe('random in a spec', () => {
  const written = (random: unknown, matrix: object = {}) => ({
    ...{ name: 'search', pipeline: 'transfer', dataset: { name: 'cifar10' }, backbone: { model: 'mobilenet_v2' } },
    ...{ seeds: [0, 1], random, matrix },
  });
  const issuesOf = (random: unknown, matrix?: object) => {
    const parsed = parseSpec(written(random, matrix));
    return parsed.ok ? [] : parsed.issues.map(({ path, message }) => `${path}: ${message}`);
  };

  it('is expanded at every point of the matrix and for every seed, always to the same runs', () => {
    const parsed = parseSpec(
      written({ runs: 3, fields: { [rate]: { logUniform: [1e-3, 0.1] } } }, { 'training.epochs': [1, 2] }),
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    const { plans } = expandRuns(parsed.spec);
    expect(plans).toHaveLength(12);
    expect(new Set(plans.map(({ point }) => point[rate])).size).toBe(3);
    for (const { point, spec } of plans) {
      expect(spec.training.optimizer.learningRate).toBe(point[rate]);
      expect(spec).not.toHaveProperty('random');
    }
    // As a server does that is sent what a client has parsed.
    const again = parseSpec(JSON.parse(JSON.stringify(parsed.spec)));
    if (!again.ok) throw new Error(JSON.stringify(again.issues));
    expect(expandRuns(again.spec).plans).toEqual(plans);
  });

  it('names the entry that leads to no legal spec', () => {
    expect(issuesOf({ runs: 2, fields: { 'training.epoch': { integer: [1, 5] } } })).toEqual([
      'random.fields.training.epoch: training.epoch: unknown key; did you mean "epochs"?',
    ]);
    expect(issuesOf({ runs: 2, fields: { [rate]: { uniform: [-2, -1] } } })[0]).toMatch(/^random\.fields\.training/);
    expect(issuesOf({ runs: 2, fields: { [rate]: { uniform: [2, 1] } } })[0]).toMatch(/the lower end first/);
    expect(issuesOf({ runs: 2, fields: {} })[0]).toMatch(/must name a field/);
    expect(issuesOf({ runs: 2, fields: { [rate]: { uniform: [1, 2] } } }, { [rate]: [0.1] })[0]).toMatch(
      /is in the matrix too/,
    );
    expect(issuesOf({ runs: 2, fields: { seeds: { choice: [[1]] } } })[0]).toMatch(/no field of a run/);
    expect(issuesOf({ runs: 600, fields: { [rate]: { uniform: [1, 2] } } })[0]).toMatch(/1200 runs/);
  });

  it('is placed at its line', () => {
    const parsed = parseSpecText(
      'name: s\npipeline: logistic\ndataset: { name: mnist }\nteacher: { path: /m }\nrandom:\n  runs: 2\n  fields:\n    training.epoch: { integer: [1, 2] }',
    );
    expect(parsed).toMatchObject({ ok: false, issues: [{ line: 8 }] });
  });
});
