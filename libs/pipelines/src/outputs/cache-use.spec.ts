import { expect, it } from 'vitest';
import { CacheUse } from './cache-use.js';

const chunk = (rows: number, deviceMs: number, largestError: number) => ({
  ...{ width: 1, hashes: new Array<string>(rows).fill('a'), values: new Float32Array(rows) },
  ...{ deviceMs, largestError },
});

it('says what was found, what was computed, and the seconds of both', () => {
  const use = new CacheUse();
  expect(use.report()).toBeUndefined();
  // Of ten rows that took 2 seconds, three are of use here.
  use.count(3, chunk(10, 2000, 0.001), false);
  use.count(0, chunk(10, 2000, 0.5), false);
  use.count(1, chunk(1, 400, 0.002), true);
  expect(use.report()).toEqual({
    ...{ rows: 4, hits: 3, hitRate: 0.75 },
    deviceSecondsComputed: 0.4,
    deviceSecondsSaved: expect.closeTo(0.6, 9),
    largestError: 0.002,
  });
});
