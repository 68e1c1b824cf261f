import { beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '#contracts';
import { loadEngine, type Engine } from '#engine';
import { assignVariables, createModel, loadStateDict, readVariables, stateDict } from './index.js';

describe('stateDict and loadStateDict', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'cpu' });
  });
  const model = (name: string, classes: number, seed = 0) => createModel(engine, name, { classes, seed });

  it('move every parameter and statistic from one model to another', () => {
    const [from, to] = [model('small_cnn', 3, 1), model('small_cnn', 3, 2)];
    from.statistics['bn2.running_var'].assign(engine.tf.fill([48], 4));
    expect(stateDict(to)).not.toEqual(stateDict(from));
    loadStateDict(to, stateDict(from));
    expect(stateDict(to)).toEqual(stateDict(from));
    expect(Object.keys(stateDict(to))).toHaveLength(14 + 8);
  });

  it('give copies: later training does not change them', () => {
    const trained = model('small_cnn', 3);
    const before = stateDict(trained);
    trained.parameters['fc.bias'].assign(engine.tf.ones([3]));
    expect([...before['fc.bias'].values]).toEqual([0, 0, 0]);
  });

  it('name the first differences on both sides for weights of another architecture, and change nothing', () => {
    const target = model('resnet20', 10);
    const before = stateDict(target);
    const load = () => loadStateDict(target, stateDict(model('small_cnn', 10)));
    expect(load).toThrow(UserError);
    expect(load).toThrow(/the weights do not fit resnet20/);
    expect(load).toThrow(/conv1\.weight is \[3,3,3,32\] in the weights and \[3,3,3,16\] in the model/);
    expect(load).toThrow(
      /the weights lack layer1\.0\.conv1\.weight \[3,3,16,16\]; .*layer1\.0\.bn1\.weight \[16\] \(and \d+ more\)/,
    );
    expect(load).toThrow(/resnet20 has no conv2\.weight \[3,3,32,48\]/);
    expect(stateDict(target)).toEqual(before);
  });

  it('name the head where only the number of classes differs', () => {
    expect(() => loadStateDict(model('small_cnn', 10), stateDict(model('small_cnn', 3)))).toThrow(
      'the weights do not fit small_cnn: fc.weight is [80,3] in the weights and [80,10] in the model; ' +
        'fc.bias is [3] in the weights and [10] in the model',
    );
  });

  it('pass over names that one side lacks where not strict, but never over shapes', () => {
    const target = model('small_cnn', 10);
    const { 'fc.weight': weight, 'fc.bias': _bias, ...backbone } = stateDict(model('small_cnn', 3, 9));
    loadStateDict(target, { ...backbone, other: weight }, { strict: false });
    expect(stateDict(target)['conv1.weight']).toEqual(backbone['conv1.weight']);
    expect(() => loadStateDict(target, { 'fc.weight': weight }, { strict: false })).toThrow(/fc\.weight is \[80,3\]/);
  });

  it.each([NaN, Infinity, -Infinity])('refuse %s, and change nothing', (value) => {
    const target = model('small_cnn', 3);
    const dict = stateDict(model('small_cnn', 3, 1));
    dict['bn1.running_var'].values[5] = value;
    const before = stateDict(target);
    expect(() => loadStateDict(target, dict)).toThrow(`the weights hold ${value} in bn1.running_var at position 5`);
    expect(stateDict(target)).toEqual(before);
  });

  it('name the other tensors that hold no number', () => {
    const dict = stateDict(model('small_cnn', 3, 1));
    for (const name of ['bn1.bias', 'bn2.bias', 'bn3.bias', 'fc.bias']) dict[name].values[0] = NaN;
    expect(() => loadStateDict(model('small_cnn', 3), dict)).toThrow(
      'the weights hold NaN in bn1.bias at position 0; also in bn2.bias, bn3.bias (and 1 more)',
    );
  });

  it('refuse a shape that its numbers do not fill', () => {
    const dict = { ...stateDict(model('small_cnn', 3)), 'fc.bias': { shape: [3], values: Float32Array.of(1) } };
    expect(() => loadStateDict(model('small_cnn', 3), dict)).toThrow('fc.bias is [3] but has 1 numbers');
  });

  it('serve other variables too, such as optimizer slots', () => {
    const slots = { 'momentum/fc.bias': engine.tf.variable(engine.tf.tensor1d([1, 2])) };
    const saved = readVariables(slots);
    slots['momentum/fc.bias'].assign(engine.tf.zeros([2]));
    assignVariables(engine, slots, saved, { owner: 'the optimizer' });
    expect([...slots['momentum/fc.bias'].dataSync()]).toEqual([1, 2]);
    expect(() => assignVariables(engine, slots, {}, { owner: 'the optimizer' })).toThrow(
      'the weights do not fit the optimizer: the weights lack momentum/fc.bias [2]',
    );
  });
});
