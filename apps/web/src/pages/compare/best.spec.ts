import { expect, it } from 'vitest';
import { bestOf } from './best.js';

it.each([
  [[0.7, 0.9, undefined], 'higher', 1],
  [[0.7, 0.9, undefined], 'lower', 0],
  [[0.7, 0.9], undefined, undefined],
  [[0.9, 0.9, 0.7], 'higher', undefined],
  [[undefined, 0.9], 'higher', undefined],
] as const)('of %j, where %s is better, is %s', (values, better, best) => expect(bestOf(values, better)).toBe(best));
