import { describe, expect, it } from 'vitest';
import { expectClose } from '../../../../test/golden/pipelines.js';
import { golden } from '../../../../test/golden/report.js';
import { probabilitiesOf, type OutputKind } from '../classifier/probabilities.js';
import { evaluate } from './evaluation.js';
import { fitTemperature } from './fit-temperature.js';

const { classes, validationLabels: labels, temperature } = golden.calibration;
const logits = Float32Array.from(golden.calibration.validation);
const names = Array.from({ length: classes }, (_, label) => `class ${label}`);
const times = (factor: number) => logits.map((z) => factor * z);
const lossAt = (outputs: OutputKind, t: number) =>
  evaluate(probabilitiesOf(times(1 / t), classes, outputs), labels, names).loss;

describe('fitTemperature', () => {
  it("finds PyTorch's", () => {
    expectClose([fitTemperature({ logits, labels }, classes, 'softmax')], [temperature]);
  });

  it.each(['softmax', 'sigmoid'] as const)(
    'finds that with the lowest loss of a %s, and takes back a factor',
    (outputs) => {
      const found = fitTemperature({ logits, labels }, classes, outputs);
      const every = Array.from({ length: 61 }, (_, at) => 20 ** ((at - 30) / 30));
      expect(lossAt(outputs, found)).toBeLessThanOrEqual(Math.min(...every.map((t) => lossAt(outputs, t))) + 1e-6);
      expect(fitTemperature({ logits: times(2), labels }, classes, outputs) / found).toBeCloseTo(2, 5);
    },
  );

  it('ends at the largest or smallest temperature where no other is best', () => {
    const right = Float32Array.of(2, 0, 0, 2);
    expect(fitTemperature({ logits: right, labels: [0, 1] }, 2, 'softmax')).toBeCloseTo(0.05, 4);
    expect(fitTemperature({ logits: right, labels: [1, 0] }, 2, 'softmax')).toBeCloseTo(20, 3);
  });
});
