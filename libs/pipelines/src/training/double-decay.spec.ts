import { expect, it } from 'vitest';
import { toySpec } from '../../../../test/pipelines/toy.js';
import { doubleDecay } from './double-decay.js';

const warning = (lambda: number, optimizer: object, kind = 'l2') =>
  doubleDecay(
    toySpec('transfer', '.', {
      backbone: { model: 'small_cnn', weights: 'none' },
      regularization: { kind, lambda },
      training: { optimizer },
    }),
  );

it('warns where l2 and weight decay both shrink the weights, and nowhere else', () => {
  expect(warning(1e-4, {})).toBeUndefined();
  expect(warning(0, { kind: 'adamw' })).toBeUndefined();
  expect(warning(1e-4, { kind: 'adamw' }, 'l1')).toBeUndefined();
  expect(warning(1e-4, { kind: 'adamw', weightDecay: 0 })).toBeUndefined();
  expect(warning(1e-4, { weightDecay: 5e-4 })).toBe(
    'regularization l2 (lambda 0.0001) and training.optimizer.weightDecay (0.0005) both shrink the weights: ' +
      'set one of them to 0',
  );
  expect(warning(1e-4, { kind: 'adamw' })).toContain('(with adamw, lambda)');
});
