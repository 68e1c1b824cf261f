import { createRequire } from 'node:module';
import type { GraphModel, LayersModel, Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import type { Engine, Tensor, Tf, Variable } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import { CaptureError } from './capture-error.js';
import { createProgram } from './create-program.js';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as Tf;
const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('networks that were not written for capture', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ backend: 'tensorflow' });
  });

  const images = () => tf.randomUniform([4, 8, 8, 3], 0, 1, 'float32', 5) as Tensor4D;
  const expectSame = (actual: Tensor, expected: Tensor, digits = 6) => {
    const values = expected.dataSync();
    actual.dataSync().forEach((value, i) => expect(value).toBeCloseTo(values[i]!, digits));
  };

  /** Everything of a layers model, by the names that the layers have. */
  const stateOf = (model: LayersModel): Record<string, Variable> =>
    Object.fromEntries(model.weights.map((weight) => [weight.name, (weight as unknown as { val: Variable }).val]));

  function layersModel(...extra: ReturnType<Tf['layers']['dropout']>[]): LayersModel {
    const model = tf.sequential();
    model.add(
      tf.layers.conv2d({
        inputShape: [8, 8, 3],
        filters: 4,
        kernelSize: 3,
        kernelInitializer: tf.initializers.heNormal({ seed: 1 }),
      }),
    );
    model.add(tf.layers.batchNormalization());
    model.add(tf.layers.activation({ activation: 'relu' }));
    for (const layer of extra) model.add(layer);
    model.add(tf.layers.globalAveragePooling2d({}));
    model.add(tf.layers.dense({ units: 2, kernelInitializer: tf.initializers.heNormal({ seed: 2 }) }));
    return model;
  }

  it('gives the outputs of a tf.layers model', () => {
    const model = layersModel();
    const program = createProgram(engine, {
      state: {},
      constants: stateOf(model),
      functions: {
        predict: { inputs: { x: { shape: [null, 8, 8, 3] } }, run: ({ x }) => ({ y: model.apply(x!) as Tensor }) },
      },
    });
    const x = images();
    expectSame(program.call('predict', { x }).y!, model.predict(x) as Tensor, 5);
    program.dispose();
  });

  it('trains a tf.layers model as its own steps do, running statistics included', () => {
    const [eager, captured] = [layersModel(), layersModel()];
    const targets = tf.oneHot(tf.tensor1d([0, 1, 0, 1], 'int32'), 2).toFloat();
    const step = (model: LayersModel, x: Tensor) => {
      const weights = model.trainableWeights.map((weight) => (weight as unknown as { val: Variable }).val);
      const { value, grads } = tf.variableGrads(
        () => tf.losses.softmaxCrossEntropy(targets, model.apply(x, { training: true }) as Tensor).asScalar(),
        weights,
      );
      for (const weight of weights) weight.assign(weight.sub(grads[weight.name]!.mul(0.1)) as never);
      return value;
    };
    const program = createProgram(engine, {
      state: stateOf(captured),
      functions: {
        train: { inputs: { x: { shape: [4, 8, 8, 3] } }, run: ({ x }) => ({ loss: step(captured, x!) }) },
      },
    });
    const x = images();
    for (let i = 0; i < 5; i++) {
      const expected = tf.tidy(() => step(eager, x).dataSync()[0]!);
      expect(program.call('train', { x }).loss!.dataSync()[0]).toBeCloseTo(expected, 5);
    }
    program.pull();
    const expected = Object.values(stateOf(eager));
    Object.values(stateOf(captured)).forEach((variable, i) => expectSame(variable, expected[i]!, 5));
    program.dispose();
  });

  it('names a weight of a tf.layers model that was left out of the state', () => {
    const model = layersModel();
    const [first] = Object.entries(stateOf(model));
    const state = Object.fromEntries(Object.entries(stateOf(model)).slice(1));
    const create = () =>
      createProgram(engine, {
        state,
        functions: {
          predict: { inputs: { x: { shape: [4, 8, 8, 3] } }, run: ({ x }) => ({ y: model.apply(x!) as Tensor }) },
        },
      });
    expect(create).toThrow(CaptureError);
    expect(create).toThrow(`reads the variable "${first![1].name}"`);
  });

  it('refuses a dropout layer in training and says what to use', () => {
    const model = layersModel(tf.layers.dropout({ rate: 0.5 }));
    const create = () =>
      createProgram(engine, {
        state: stateOf(model),
        functions: {
          train: {
            inputs: { x: { shape: [4, 8, 8, 3] } },
            run: ({ x }) => ({ y: model.apply(x!, { training: true }) as Tensor }),
          },
        },
      });
    expect(create).toThrow('calls tf.dropout');
    expect(create).toThrow('engine.kernels.dropout(x, rate, seed, step, stream)');
  });

  /** What a converter writes: a convolution, a mean whose axes are a constant of the graph, a reshape to a constant. */
  function convertedModel(): Promise<GraphModel> {
    const filter = Float32Array.from({ length: 3 * 3 * 3 * 4 }, (_, i) => Math.sin(i));
    const weights = [
      { name: 'filter', shape: [3, 3, 3, 4], dtype: 'float32' as const, values: filter },
      { name: 'axes', shape: [2], dtype: 'int32' as const, values: Int32Array.of(1, 2) },
      { name: 'sizes', shape: [2], dtype: 'int32' as const, values: Int32Array.of(-1, 2) },
    ];
    const type = (value: string) => ({ type: value });
    const constant = ({ name, dtype }: (typeof weights)[number]) => ({
      name,
      op: 'Const',
      attr: { dtype: type(dtype === 'float32' ? 'DT_FLOAT' : 'DT_INT32') },
    });
    const node = [
      { name: 'image', op: 'Placeholder', attr: { dtype: type('DT_FLOAT') } },
      ...weights.map(constant),
      {
        name: 'conv',
        op: 'Conv2D',
        input: ['image', 'filter'],
        attr: {
          strides: { list: { i: ['1', '1', '1', '1'] } },
          dilations: { list: { i: ['1', '1', '1', '1'] } },
          padding: { s: 'U0FNRQ==' },
          T: type('DT_FLOAT'),
        },
      },
      { name: 'relu', op: 'Relu', input: ['conv'], attr: { T: type('DT_FLOAT') } },
      { name: 'mean', op: 'Mean', input: ['relu', 'axes'], attr: { keep_dims: { b: false } } },
      { name: 'pairs', op: 'Reshape', input: ['mean', 'sizes'], attr: {} },
    ];
    const bytes = Buffer.concat(weights.map(({ values }) => Buffer.from(values.buffer)));
    return tf.loadGraphModel(
      tf.io.fromMemory({
        format: 'graph-model',
        modelTopology: { node, versions: { producer: 987 } },
        weightSpecs: weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
        weightData: new Uint8Array(bytes).buffer,
      }),
    );
  }

  it('gives the outputs of a converted graph model, which looks up its own axes and shapes', async () => {
    const model = await convertedModel();
    const program = createProgram(engine, {
      state: {},
      functions: {
        predict: {
          inputs: { x: { shape: [null, 8, 8, 3] } },
          run: ({ x }) => ({ y: model.execute(x!) as Tensor }),
        },
      },
    });
    const x = images();
    const { y } = program.call('predict', { x });
    expect(y!.shape).toEqual([8, 2]);
    expectSame(y!, model.execute(x) as Tensor);
    program.dispose();
    model.dispose();
  });
});
