import { describe, expect, it } from 'vitest';
import { expandRuns } from '../matrix.js';
import { parseSpec } from '../parse-spec.js';
import type { Spec } from '../spec.js';
import { StudySchema, summariseStudy, type StudyRun } from './study.js';
import type { StudyReport } from './study-metrics.js';

const id = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const written = {
  name: 'temperatures',
  pipeline: 'distillation',
  dataset: { name: 'cifar10' },
  teacher: { path: './teacher' },
  student: { model: 'resnet20' },
  seeds: [0, 1, 2],
  matrix: { 'loss.temperature': [1, 4], 'training.epochs': [5, 10] },
};
const claim = (better: unknown, than: unknown, more: object = {}) => ({ better, than, ...more });
const warm = { 'loss.temperature': 4, 'training.epochs': 10 };
const cold = { 'training.epochs': 10, 'loss.temperature': 1 };

function specOf(claims: unknown[]): Spec {
  const parsed = parseSpec({ ...written, claims });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.spec;
}

/** Bits as a report has them, of at most eight images. */
function report(right: number[], fields: Partial<StudyReport> = {}, imagesHash = 'a'.repeat(64)): StudyReport {
  const byte = right.reduce((bits, one, index) => bits | (one << index), 0);
  const top1 = right.reduce((sum, one) => sum + one, 0) / right.length;
  const testAnswers = { images: right.length, imagesHash, right: btoa(String.fromCharCode(byte)) };
  return { test: { top1, loss: 1 - top1 }, testAnswers, ...fields };
}

function study(claims: unknown[], reportOf: (point: Record<string, unknown>, seed: number) => StudyReport | null) {
  const spec = specOf(claims);
  const runs = expandRuns(spec).plans.map(({ point, seed }, index): StudyRun => {
    const found = reportOf(point, seed);
    return { id: id(index), seed, point, state: found === null ? 'queued' : 'completed', report: found };
  });
  return StudySchema.parse(summariseStudy({ id: id(0), name: spec.name, spec }, runs));
}

describe('a claim in a spec', () => {
  const issuesOf = (claims: unknown[]) => {
    const parsed = parseSpec({ ...written, claims });
    return parsed.ok ? [] : parsed.issues.map(({ path, message }) => `${path}: ${message}`);
  };

  it('must name one arm on each side, and two different ones', () => {
    expect(issuesOf([claim(warm, cold)])).toEqual([]);
    expect(issuesOf([claim({ 'loss.temperature': 4 }, cold)])).toEqual([
      'claims.0.better: names 2 kinds of runs: give the value of every field that varies',
    ]);
    expect(issuesOf([claim({ 'loss.temperature': 3 }, cold)])[0]).toMatch(
      /^claims\.0\.better: names no runs of this experiment; it has loss\.temperature = 1, training\.epochs = 5;/,
    );
    expect(issuesOf([claim(warm, { ...warm })])).toEqual(['claims.0.than: names the same runs as "better"']);
  });

  it('has a metric of the reports, and is no part of a run', () => {
    expect(issuesOf([claim(warm, cold, { metric: 'test.top2' })])[0]).toMatch(/did you mean "test.top1"/);
    const { plans } = expandRuns(specOf([claim(warm, cold)]));
    expect(plans[0].spec).not.toHaveProperty('claims');
  });
});

describe('a study', () => {
  it('has the mean of every arm, its interval over seeds and images, and its runs', () => {
    // The rows of the calculation by hand in the intervals' own test, for two of the three seeds.
    const rows = [[1, 0, 1], [0, 0, 1]]; // prettier-ignore
    const { arms } = study([], (point, seed) =>
      point['training.epochs'] === 10 && seed < 2 ? report(rows[seed]) : null,
    );
    expect(arms.map(({ label }) => label)).toEqual([
      'loss.temperature = 1, training.epochs = 5',
      'loss.temperature = 1, training.epochs = 10',
      'loss.temperature = 4, training.epochs = 5',
      'loss.temperature = 4, training.epochs = 10',
    ]);
    expect(arms[0]).toMatchObject({ results: [], runs: [{ seed: 0, state: 'queued' }, { seed: 1 }, { seed: 2 }] });
    const [top1, loss] = arms[1].results;
    expect(top1).toMatchObject({ metric: 'test.top1', mean: 0.5, seeds: 2, images: 3 });
    expect(top1.interval![1]).toBeCloseTo(0.5 + 2.348009, 5);
    expect(loss).toMatchObject({ metric: 'test.loss', seeds: 2, images: 0 });
  });

  it('judges its claims in percentage points, over the seeds that both arms have', () => {
    const right = (point: Record<string, unknown>, seed: number) => {
      if (point['loss.temperature'] === 1 && seed === 2) return null;
      // Better on one image of four, for every seed: 25 points, and images that differ.
      return report(point['loss.temperature'] === 4 ? [1, 1, 0, 1] : [1, 0, 0, 1]);
    };
    const { claims } = study([claim(warm, cold, { by: 0.5 }), claim(cold, warm, { by: 60 })], right);
    expect(claims[0]).toMatchObject({ unit: 'percentage points', by: 0.5, difference: 25, seeds: 2, images: 4 });
    // One of four images differs: variance 1/4 · 100², half width t(0.975; 3) · √(2500 / 4) = 79.6.
    expect(claims[0].interval![0]).toBeCloseTo(25 - 79.56, 1);
    expect(claims[0].verdict).toBe('undecided');
    expect(claims[1]).toMatchObject({ difference: -25, verdict: 'does not hold' });
  });

  it('pairs seeds alone where the test images differ, and turns round what is better when lower', () => {
    const losses = { 1: [0.9, 0.8, 0.85], 4: [0.7, 0.6, 0.65] };
    const { claims } = study([claim(warm, cold, { metric: 'test.loss', by: 0.15 }), claim(warm, cold)], (point, seed) =>
      report(
        [1, 0],
        { test: { top1: 0.5, loss: losses[point['loss.temperature'] as 1 | 4][seed] } },
        String(seed).repeat(64),
      ),
    );
    expect(claims[0]).toMatchObject({ unit: 'own', images: 0, seeds: 3, verdict: 'holds' });
    expect(claims[0].difference).toBeCloseTo(0.2, 12);
    expect(claims[1]).toMatchObject({ images: 0, difference: 0, interval: [0, 0], verdict: 'holds' });
  });

  it('is undecided before anything has completed', () => {
    const { claims } = study([claim(warm, cold)], () => null);
    expect(claims[0]).toMatchObject({ difference: null, interval: null, seeds: 0, verdict: 'undecided' });
  });
});
