import { expect, it } from 'vitest';
import { groupMetrics } from './metric-groups.js';

it('puts the curves of one quantity into one chart, the known ones first', () => {
  const keys = ['imagesPerSecond', 'train.loss', 'gradientNorm', 'validation.top1', 'learningRate', 'validation.loss'];
  expect(groupMetrics(keys).map(({ title, keys: members }) => [title, members])).toEqual([
    ['Loss', ['train.loss', 'validation.loss']],
    ['Top-1 accuracy', ['validation.top1']],
    ['Learning rate', ['learningRate']],
    ['Images per second', ['imagesPerSecond']],
    ['Gradient norm', ['gradientNorm']],
  ]);
});
