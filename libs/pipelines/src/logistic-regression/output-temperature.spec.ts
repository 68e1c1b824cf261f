import { describe, expect, it } from 'vitest';
import { fitTemperature } from '../report/calibration.js';
import { outputTemperature } from './output-temperature.js';

describe('outputTemperature', () => {
  const labels = [0, 1, 2, 0, 1, 2, 0, 2];
  const logits = Float32Array.from(
    { length: labels.length * 3 },
    (_, at) => 3 * Math.sin(at * 1.7) + (at % 3 === labels[Math.floor(at / 3)] ? 1 : 0),
  );

  it('is that of a softmax where the outputs are one', () => {
    const expected = fitTemperature({ logits, labels }, 3);
    expect(expected).toBeGreaterThan(0.1);
    // Its probabilities are float32.
    expect(outputTemperature(logits, labels, 3, 'softmax') / expected).toBeCloseTo(1, 3);
  });

  it('takes back what was multiplied, of yes-or-no questions too', () => {
    for (const outputs of ['softmax', 'sigmoid'] as const) {
      const once = outputTemperature(logits, labels, 3, outputs);
      const twice = outputTemperature(
        logits.map((z) => 2 * z),
        labels,
        3,
        outputs,
      );
      expect(twice / once).toBeCloseTo(2, 3);
    }
  });
});
