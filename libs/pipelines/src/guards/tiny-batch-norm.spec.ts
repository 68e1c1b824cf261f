import { expect, it } from 'vitest';
import { toySpec } from '../../../../test/pipelines/toy.js';
import { tinyBatchNorm } from './tiny-batch-norm.js';

const transfer = (batchSize: number, backbone: object) =>
  tinyBatchNorm(toySpec('transfer', '.', { training: { batchSize }, backbone: { model: 'small_cnn', ...backbone } }));

it('warns where batch normalisation is trained on a handful of images', () => {
  expect(transfer(8, { weights: 'none' })).toContain('training.batchSize 8 is small for batch normalisation');
  const teacher = { path: './teacher' };
  const distilled = { teacher, student: { model: 'small_cnn' }, training: { batchSize: 4 } };
  expect(tinyBatchNorm(toySpec('distillation', '.', distilled))).toContain('training.batchSize 4');
});

it('says nothing where the batch is large enough, or no statistics are taken from it', () => {
  expect(transfer(16, { weights: 'none' })).toBeUndefined();
  expect(transfer(8, { weights: './model' })).toBeUndefined();
  expect(transfer(8, { weights: 'none', freeze: true })).toBeUndefined();
  const logistic = toySpec('logistic', '.', { teacher: { path: './teacher' }, training: { batchSize: 2 } });
  expect(tinyBatchNorm(logistic)).toBeUndefined();
});
