import { expect, it } from 'vitest';
import { leftOut } from './left-out.js';

it('says a reason once for all the parts that it is of', () => {
  const time = 'the 30 seconds of report.maxSeconds were used up';
  const skipped = [`corruption by jpeg: ${time}`, 'temperature scaling: no validation images', `attacks: ${time}`, 'a'];
  expect(leftOut(skipped)).toEqual([
    `corruption by jpeg, attacks: ${time}`,
    'temperature scaling: no validation images',
    'a',
  ]);
  expect(leftOut([])).toEqual([]);
});
