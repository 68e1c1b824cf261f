import { describe, expect, it } from 'vitest';
import { UserError } from '#contracts';
import { torchWeights } from '../../../../test/golden/torch-models.js';
import { expectRefusedWithinBounds } from '../../../../test/weights/refused-within-bounds.js';
import { MODELS } from '../create-model.js';
import { declaredShapes } from '../declared-shapes.js';
import type { StateDict } from '../model.js';
import { architecturesOf, fitWeights } from './fit-weights.js';
import { toTorch } from './torch-layout.js';

const ours = (model: string, classes = 3) => torchWeights(declaredShapes(model, { classes }).shapes);
const inTorch = (state: StateDict) =>
  Object.fromEntries(Object.entries(state).map(([name, weight]) => [name, toTorch(weight)]));
const renamed = (state: StateDict, rename: (name: string) => string) =>
  Object.fromEntries(Object.entries(state).map(([name, weight]) => [rename(name), weight]));

describe('fitWeights', () => {
  it.each(['torch', 'tensorflow'] as const)('finds out by itself that the layout is that of %s', (layout) => {
    const state = ours('small_cnn');
    const found = fitWeights('small_cnn', layout === 'torch' ? inTorch(state) : state, 'w');
    expect(found).toEqual({ state, classes: 3, layout, passedOver: [] });
  });

  it('takes off what DataParallel and torch.compile put before the names', () => {
    const state = ours('resnet8');
    const wrapped = renamed(inTorch(state), (name) => `module._orig_mod.${name}`);
    expect(fitWeights('resnet8', wrapped, 'w').state).toEqual(state);
  });

  it("passes over counters and InceptionV3's auxiliary classifier", () => {
    const one = { shape: [1], values: Float32Array.of(1) };
    const file = { ...ours('small_cnn'), 'bn1.num_batches_tracked': one, 'AuxLogits.fc.bias': one };
    expect(fitWeights('small_cnn', file, 'w').passedOver).toEqual(['bn1.num_batches_tracked', 'AuxLogits.fc.bias']);
  });

  it("says what differs in the file's own layout, and which model the weights are of", () => {
    const fit = () => fitWeights('resnet20', inTorch(ours('resnet8')), 'w.pth');
    expect(fit).toThrow(UserError);
    expect(fit).toThrow(
      /^w\.pth: the weights do not fit resnet20: the weights lack layer1\.1\.conv1\.weight \[16,16,3,3\]/,
    );
    try {
      fit();
    } catch (error) {
      expect((error as UserError).remedy).toBe('They fit resnet8: name that model.');
    }
  });

  it('refuses NaN, naming the tensors', async () => {
    const state = ours('small_cnn');
    state['bn1.bias'].values[2] = NaN;
    state['fc.weight'].values[7] = Infinity;
    await expectRefusedWithinBounds(
      () => fitWeights('small_cnn', state, 'w'),
      /^the weights hold NaN in bn1\.bias at position 2; also in fc\.weight$/,
    );
  });

  it('refuses a network of NaN alone', async () => {
    const state = Object.fromEntries(
      Object.entries(declaredShapes('resnet18', { classes: 3 }).shapes).map(([name, shape]) => {
        const count = shape.reduce((product, size) => product * size, 1);
        return [name, { shape: [...shape], values: new Float32Array(count).fill(NaN) }];
      }),
    );
    await expectRefusedWithinBounds(
      () => fitWeights('resnet18', state, 'w'),
      /hold NaN in conv1\.weight at position 0; also in bn1\.weight, bn1\.bias \(and \d+ more\)$/,
    );
  });

  it('refuses a name that says without end that it is wrapped', async () => {
    const name = `${'module.'.repeat(100_000)}fc.bias`;
    const state = { [name]: { shape: [2], values: new Float32Array(2) } };
    await expectRefusedWithinBounds(() => fitWeights('resnet8', state, 'w'), /the weights do not fit resnet8/);
  });
});

describe('architecturesOf', () => {
  it.each(Object.keys(MODELS))('knows the weights of %s', (model) => {
    const shapes = Object.entries(declaredShapes(model, { classes: 4 }).shapes);
    const empty = Object.fromEntries(
      shapes.map(([name, shape]) => [name, { shape: [...shape], values: { length: shape[0] } as Float32Array }]),
    );
    expect(architecturesOf(empty)).toEqual([model]);
  });

  it('knows none for something else', () => {
    expect(architecturesOf({ 'fc.bias': { shape: [2], values: new Float32Array(2) } })).toEqual([]);
    expect(architecturesOf({})).toEqual([]);
  });
});
