import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Engine } from '#engine';
import { createModel, type Model } from '#models';
import { continuedHead, solveHead, standardisedHead } from './standardised-head.js';

const IMAGES = 60;
const WIDTH = 80;
const CLASSES = 3;
/** Features of three classes; columns differ a thousandfold in size, and one never changes. */
const features = Float32Array.from({ length: IMAGES * WIDTH }, (_, at) => {
  const [image, column] = [Math.floor(at / WIDTH), at % WIDTH];
  if (column === 7) return 4;
  const signal = image % CLASSES === column % CLASSES ? 1 : 0;
  return 10 ** (column % 4) * 0.01 * (signal + 0.3 * Math.sin(at * 12.9898)) + column;
});
const labels = Int32Array.from({ length: IMAGES }, (_, image) => image % CLASSES);

describe('a standardised head', () => {
  let engine: Engine;
  let model: Model;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'cpu' });
    model = createModel(engine, 'small_cnn', { classes: CLASSES, seed: 0 });
  });
  afterAll(() => model.dispose());

  const x = () => engine.tf.tensor2d(features, [IMAGES, WIDTH]);
  const plainLogits = () =>
    engine.tf.tidy(() => [
      ...engine.tf
        .add(engine.tf.matMul(x(), model.parameters['fc.weight'] as never), model.parameters['fc.bias'])
        .dataSync(),
    ]);

  it("starts as the logistic regression's solution, and the folded head computes what it computed", async () => {
    const head = standardisedHead(model, features);
    await solveHead(model, head, features, labels, new AbortController());
    const logits = engine.tf.tidy(() => [...head.logits(x()).dataSync()]);
    labels.forEach((label, image) => {
      const row = logits.slice(image * CLASSES, (image + 1) * CLASSES);
      expect(row.indexOf(Math.max(...row))).toBe(label);
    });
    head.fold();
    plainLogits().forEach((logit, at) => expect(logit).toBeCloseTo(logits[at], 3));
    head.dispose();
  });

  it('divides a nearly dead feature by no less than a tenth of the average deviation', () => {
    const head = standardisedHead(model, features);
    const { deviation } = head.standardisation;
    const average = deviation.reduce((sum, value) => sum + value, 0) / WIDTH;
    expect(Math.min(...deviation)).toBeGreaterThan(0.05 * average);
    expect(deviation[7]).toBe(Math.min(...deviation));
    head.dispose();
  });

  it('is continued from a checkpoint with the same standardisation to the bit', () => {
    const head = standardisedHead(model, features);
    const continued = continuedHead(model, { state: head.kept, position: {} })!;
    expect(continued.standardisation).toEqual(head.standardisation);
    expect(continuedHead(model, undefined)).toBeUndefined();
    expect(continuedHead(model, { state: {}, position: {} })).toBeUndefined();
    head.dispose();
    continued.dispose();
  });
});
