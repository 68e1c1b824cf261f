import { describe, expect, it } from 'vitest';
import { expectClose } from '../../../../test/golden/pipelines.js';
import type { ClassifierParts, SigmoidLayer } from '../classifier/classifier.js';
import { applyLinearMap } from './logistic-regression.js';
import { mapOnTop } from './map-on-top.js';

const HEAD = ['fc.weight', 'fc.bias'];
const meaning = { classNames: ['cat', 'dog'], outputs: 'sigmoid' as const };
/** Two images of three penultimate features. */
const features = Float32Array.of(0.5, -1, 2, 3, 0.25, -0.75);

function layer(inputs: number, outputs: number, seed: number): SigmoidLayer {
  const value = (_: unknown, i: number) => Math.sin(seed + i);
  return {
    weight: { shape: [inputs, outputs], values: Float32Array.from({ length: inputs * outputs }, value) },
    bias: { shape: [outputs], values: Float32Array.from({ length: outputs }, value) },
  };
}

function teacher(sigmoidLayers: SigmoidLayer[] = []): ClassifierParts {
  const head = layer(3, 4, 1);
  return {
    architecture: 'resnet20',
    networkOutputs: 4,
    state: { 'fc.weight': head.weight, 'fc.bias': head.bias, 'conv.weight': layer(1, 1, 9).weight },
    sigmoidLayers,
    classNames: ['a', 'b', 'c', 'd'],
    image: {} as ClassifierParts['image'],
    outputs: 'softmax',
  };
}

function apply(input: Float32Array, { weight, bias }: SigmoidLayer): Float32Array {
  return applyLinearMap(input, { weight: weight.values, bias: bias.values });
}

const sigmoid = (input: Float32Array) => input.map((z) => 1 / (1 + Math.exp(-z)));

/** What the network says of the penultimate features, layer after layer. */
function outputs({ state, sigmoidLayers }: ClassifierParts): Float32Array {
  const head = { weight: state['fc.weight'], bias: state['fc.bias'] };
  return sigmoidLayers.reduce(
    (z, next) => {
      const none = { shape: next.bias.shape, values: new Float32Array(next.bias.values.length) };
      const terms = [
        apply(sigmoid(z), next),
        ...(next.logits === undefined ? [] : [apply(z, { weight: next.logits, bias: none })]),
        ...(next.features === undefined ? [] : [apply(features, { weight: next.features, bias: none })]),
      ];
      return terms.reduce((sum, term) => sum.map((value, i) => value + term[i]));
    },
    apply(features, head),
  );
}

const WIDTHS = { sigmoid: 4, logits: 4, penultimate: 3 };
type Kind = keyof typeof WIDTHS;

function on(base: ClassifierParts, of: Kind | Kind[], map: SigmoidLayer) {
  const parts = [of].flat().map((kind) => ({ kind, width: WIDTHS[kind] }));
  return mapOnTop(base, HEAD, parts, { weight: map.weight.values, bias: map.bias.values }, meaning);
}

describe('mapOnTop', () => {
  const map = layer(4, 2, 5);

  it('replaces the head where the features are the penultimate layer', () => {
    const own = layer(3, 2, 6);
    const result = on(teacher(), 'penultimate', own);
    expect(result).toMatchObject({ networkOutputs: 2, sigmoidLayers: [], ...meaning });
    expectClose(outputs(result), apply(features, own));
  });

  it('is multiplied into the head where the features are its logits', () => {
    const result = on(teacher(), 'logits', map);
    expect(result).toMatchObject({ networkOutputs: 2, sigmoidLayers: [], ...meaning });
    expectClose(outputs(result), apply(outputs(teacher()), map));
  });

  it('becomes a layer of its own where the features are the sigmoid of the logits', () => {
    const result = on(teacher(), 'sigmoid', map);
    expect(result).toMatchObject({ networkOutputs: 4, ...meaning });
    expectClose(outputs(result), apply(sigmoid(outputs(teacher())), map));
  });

  it('stands on a teacher that is such a model itself', () => {
    const base = teacher([layer(4, 4, 2)]);
    expectClose(outputs(on(base, 'logits', map)), apply(outputs(base), map));
    expectClose(outputs(on(base, 'sigmoid', map)), apply(sigmoid(outputs(base)), map));
    expect(on(base, 'penultimate', layer(3, 2, 6)).sigmoidLayers).toEqual([]);
  });

  describe.each([
    ['a network', teacher()],
    ['a logistic model', teacher([layer(4, 4, 2)])],
    [
      'a logistic model of several features',
      teacher([{ ...layer(4, 4, 2), logits: layer(4, 4, 7).weight, features: layer(3, 4, 8).weight }]),
    ],
  ])('on %s', (_, base) => {
    it.each<[Kind[]]>([
      [['logits', 'penultimate']],
      [['penultimate', 'logits']],
      [['sigmoid', 'penultimate']],
      [['logits', 'sigmoid']],
      [['penultimate', 'sigmoid', 'logits']],
    ])('takes %o side by side', (kinds) => {
      const width = kinds.reduce((sum, kind) => sum + WIDTHS[kind], 0);
      const wide = layer(width, 2, 4);
      const z = outputs(base);
      const columns = { sigmoid: sigmoid(z), logits: z, penultimate: features };
      const input = [0, 1].flatMap((image) =>
        kinds.flatMap((kind) => [...columns[kind].subarray(image * WIDTHS[kind], (image + 1) * WIDTHS[kind])]),
      );
      const result = on(base, kinds, wide);
      expect(result).toMatchObject(meaning);
      expectClose(outputs(result), apply(Float32Array.from(input), wide));
    });
  });

  it('leaves the teacher as it was', () => {
    const base = teacher([layer(4, 4, 2)]);
    const before = structuredClone(base);
    for (const kind of ['sigmoid', 'logits'] as const) on(base, kind, map);
    expect(base).toEqual(before);
  });
});
