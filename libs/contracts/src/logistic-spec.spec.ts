import { describe, expect, it } from 'vitest';
import { parseSpec } from './parse-spec.js';

function parse(fields: Record<string, unknown>) {
  const teacher = { path: './teacher' };
  const parsed = parseSpec({ name: 'a', pipeline: 'logistic', dataset: { name: 'cifar10' }, teacher, ...fields });
  return parsed.ok
    ? { spec: parsed.spec, issues: [] }
    : { issues: parsed.issues.map(({ path, message }) => `${path} ${message}`) };
}

describe('a logistic regression in a spec', () => {
  it('is fitted to sigmoid outputs as they are, with five λ, and not calibrated, where the spec says nothing', () => {
    const { spec } = parse({});
    expect(spec).toMatchObject({
      features: 'sigmoid',
      loss: { kind: 'bce' },
      regularization: { kind: 'l2', lambda: [1, 0.1, 0.01, 0.001, 0.0001] },
      calibration: 'none',
    });
    expect(spec).not.toHaveProperty('outOfFold');
  });

  it.each([
    [{ features: ['logits', 'penultimate'], outOfFold: 5, calibration: 'temperature' }],
    [{ regularization: { lambda: 'dinov2' } }],
    [{ regularization: { lambda: 0.5 } }],
    [{ matrix: { features: ['logits', ['logits', 'sigmoid']], 'regularization.lambda': ['dinov2', 0.1] } }],
  ])('may be %o', (fields) => {
    expect(parse(fields).issues).toEqual([]);
  });

  it.each([
    [{ features: 'logit' }, 'features must be one of sigmoid, logits, penultimate, or a list of them'],
    [{ outOfFold: 1 }, 'outOfFold '],
    [{ regularization: { lambda: 'dino' } }, 'regularization.lambda must be a number'],
    [{ regularization: { kind: 'l2-sp' } }, 'regularization.kind must be one of l1, l2'],
    [{ calibration: 'platt' }, 'calibration must be one of none, temperature'],
  ])('may not be %o', (fields, issue) => {
    expect(parse(fields).issues).toEqual([expect.stringContaining(issue)]);
  });

  it('names no features twice', () => {
    expect(parse({ features: ['logits', 'logits'] }).issues).toHaveLength(1);
  });
});
