import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { betaQuantiles } from './symmetric-beta.js';

// Written by golden/make_augmentation_golden.py with SciPy 1.16.2.
const { beta } = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/augmentation.json'), 'utf8')) as {
  beta: { probabilities: number[]; quantiles: Record<string, number[]> };
};

describe('betaQuantiles', () => {
  it.each(Object.keys(beta.quantiles))("are SciPy's beta.ppf, α %s", (alpha) => {
    const cells = 10_240;
    const table = betaQuantiles(Number(alpha), cells);
    expect(table).toHaveLength(cells + 1);
    beta.probabilities.forEach((probability, i) => {
      expect(Math.abs(table[Math.round(probability * cells)] - beta.quantiles[alpha][i])).toBeLessThan(1e-11);
    });
  });
});
