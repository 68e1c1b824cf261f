import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seededNormal } from './seeded-normal.js';

describe('seededNormal', () => {
  // Written down from Node 20 on x64; Node 24 gave the same.
  it('gives the same bits everywhere', () => {
    const values = seededNormal(42, 'conv1.weight', 10_001, 0.1);
    expect([...values.slice(0, 3)]).toEqual([0.015612458810210228, 0.0007604459533467889, -0.14402858912944794]);
    expect(createHash('sha256').update(Buffer.from(values.buffer)).digest('hex')).toBe(
      'b35501a646ecd00148ee6a1566a985988c78cac3972de4ddcd493171ff40e770',
    );
  });

  it('is normal: moments and tails', () => {
    const values = seededNormal(7, 'w', 200_000, 1);
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    // Standard errors of 200,000 draws: 0.0022, 0.0032, 0.0087, 0.022.
    expect(Math.abs(moment(1))).toBeLessThan(0.01);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.015);
    expect(Math.abs(moment(3))).toBeLessThan(0.04);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
    // P(|z| > 3) = 0.0027.
    const beyond = values.filter((value) => Math.abs(value) > 3).length / values.length;
    expect(Math.abs(beyond - 0.0027)).toBeLessThan(0.0006);
  });

  it('depends on the seed and on the name, in neighbouring seeds too', () => {
    const draws = [
      [0, 'a'],
      [1, 'a'],
      [0, 'b'],
      [2 ** 31 - 1, 'a'],
      [2 ** 32, 'a'],
    ].map(([seed, name]) => seededNormal(seed as number, name as string, 1000, 1));
    for (const a of draws) {
      for (const b of draws) {
        const correlation = a.reduce((sum, value, index) => sum + value * b[index], 0) / 1000;
        if (a !== b) expect(Math.abs(correlation)).toBeLessThan(0.15);
      }
    }
  });
});
