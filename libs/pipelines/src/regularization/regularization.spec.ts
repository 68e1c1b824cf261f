import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { expectClose, golden } from '../../../../test/golden/pipelines.js';
import { regularization, regularizedNames } from './regularization.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

const { lambda, filters, head, start } = golden.regularization;
const FILTERS = [2, 2, 3, 4];

function parameters() {
  const { tf } = engine;
  return {
    'conv.weight': tf.variable(tf.tensor(filters, FILTERS)),
    'bn.weight': tf.variable(tf.tensor1d([3, 3, 3, 3])),
    'fc.weight': tf.variable(tf.tensor2d(head, [3, 5])),
    'fc.bias': tf.variable(tf.tensor1d([9, 9, 9, 9, 9])),
  };
}

describe('regularization', () => {
  it.each(['l1', 'l2', 'l2-sp'] as const)("by %s is PyTorch's, and so is its gradient", (kind) => {
    const { tf } = engine;
    const weights = parameters();
    // The new head has no pretrained values: l2-sp draws it to zero.
    const pretrained: Record<string, Tensor> = kind === 'l2-sp' ? { 'conv.weight': tf.tensor(start, FILTERS) } : {};
    const term = regularization(engine, { kind, lambda }, { parameters: weights }, pretrained)!;
    const { value, grads } = tf.variableGrads(term as never, [weights['conv.weight'], weights['fc.weight']]);
    const expected = golden.regularization[kind];
    expectClose(value.dataSync(), [expected.value]);
    expectClose(grads[weights['conv.weight'].name].dataSync(), expected.gradients[0]);
    expectClose(grads[weights['fc.weight'].name].dataSync(), expected.gradients[1]);
  });

  it('leaves out biases and the scales of batch normalisation', () => {
    expect(regularizedNames(parameters())).toEqual(['conv.weight', 'fc.weight']);
  });

  it('is absent where it would be zero', () => {
    expect(regularization(engine, { kind: 'l2', lambda: 0 }, { parameters: parameters() })).toBeUndefined();
    expect(regularization(engine, { kind: 'l2', lambda: 1 }, { parameters: {} })).toBeUndefined();
  });

  it('follows the weights as they change', () => {
    const { tf } = engine;
    const weight = tf.variable(tf.tensor2d([[1, -2]]));
    const term = regularization(engine, { kind: 'l1', lambda: 2 }, { parameters: { weight } })!;
    expectClose(term().dataSync(), [6]);
    weight.assign(tf.tensor2d([[0.5, 0]]));
    expectClose(term().dataSync(), [1]);
  });
});
