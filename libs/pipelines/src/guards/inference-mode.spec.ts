import { beforeAll, expect, it } from 'vitest';
import { normalise } from '#datasets';
import { loadEngine, type Engine, type Tensor } from '#engine';
import { createModel, type ForwardMode } from '#models';
import { classifierOf, partsOf } from '../classifier/build-classifier.js';
import { checkInferenceMode } from './inference-mode.js';

const image = {
  size: 16,
  resize: 'squash',
  mean: [0.5, 0.5, 0.5] as [number, number, number],
  std: [0.5, 0.5, 0.5] as [number, number, number],
} as const;

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});

function teacher(mode: ForwardMode) {
  const model = createModel(engine, 'small_cnn', { classes: 3, seed: 1 });
  const classifier = classifierOf(model, { ...partsOf(model), classNames: ['a', 'b', 'c'], image, outputs: 'softmax' });
  const forward = (images: Tensor) => engine.tf.tidy(() => model.forward(normalise(engine, images, image), mode));
  return { classifier, wrong: { ...classifier, forward } };
}

it('passes a classifier, which uses its running statistics, and leaves nothing behind', () => {
  const { classifier } = teacher('inference');
  const before = engine.tf.memory().numTensors;
  expect(() => checkInferenceMode(engine, classifier)).not.toThrow();
  expect(engine.tf.memory().numTensors).toBe(before);
  classifier.dispose();
});

it("stops a teacher that normalises by the batch's own statistics", () => {
  const { classifier, wrong } = teacher('train');
  expect(() => checkInferenceMode(engine, wrong)).toThrow(/works in training mode/);
  classifier.dispose();
});

it('stops a teacher whose dropout is left on', () => {
  const { classifier } = teacher('inference');
  let draw = 0;
  const forward = (images: Tensor) => {
    const { logits, features } = classifier.forward(images);
    const step = engine.tf.scalar(draw++, 'int32');
    return { logits: engine.kernels.dropout(logits, 0.5, 1, step, 0), features };
  };
  expect(() => checkInferenceMode(engine, { ...classifier, forward })).toThrow(/from one time to the next/);
  classifier.dispose();
});
