import { expect, it } from 'vitest';
import { parseSpec } from './parse-spec.js';

const parsed = (report?: unknown) =>
  parseSpec({
    name: 'budgets',
    pipeline: 'transfer',
    dataset: { name: 'mnist' },
    backbone: { model: 'small_cnn', weights: 'none' },
    ...(report === undefined ? {} : { report }),
  });
const reportOf = (report?: unknown) => {
  const result = parsed(report);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.spec.report;
};

it('has defaults that look into everything, within half a minute', () => {
  expect(reportOf()).toEqual({
    maxSeconds: 30,
    trainImages: 1000,
    latencyRuns: 30,
    attacks: { images: 200, epsilons: [2, 8] },
    corruptions: { images: 200, kinds: ['gaussian-noise', 'gaussian-blur', 'contrast', 'jpeg'] },
    mistakes: 12,
  });
});

it('takes each part by itself, and none of it', () => {
  expect(reportOf({ attacks: { images: 0 } })).toMatchObject({ maxSeconds: 30, attacks: { images: 0 } });
  expect(reportOf({ corruptions: { kinds: [] }, mistakes: 0 })).toMatchObject({ corruptions: { kinds: [] } });
});

it('names what is not legal, and the nearest that is', () => {
  const messageOf = (report: unknown) => {
    const result = parsed(report);
    return result.ok ? '' : result.issues.map(({ path, message }) => `${path}: ${message}`).join('\n');
  };
  expect(messageOf({ attack: {} })).toContain('did you mean "attacks"?');
  expect(messageOf({ attacks: { epsilons: [0] } })).toContain('report.attacks.epsilons.0');
  expect(messageOf({ corruptions: { kinds: ['fog'] } })).toContain('report.corruptions.kinds.0');
});
