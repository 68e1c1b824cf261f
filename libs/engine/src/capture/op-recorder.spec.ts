import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import type { Engine, Tensor, Tf } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import type { TensorflowBackend } from '../load/tensorflow-backend.js';
import { CaptureError } from './capture-error.js';
import { createProgram } from './create-program.js';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as Tf;
const tensorflow = await testTensorflow();
const backendOf = (engine: Engine) => engine.tf.backend() as unknown as TensorflowBackend;

/** By what the function does, which tfjs's own ops never do: x is `[2]`. */
const refused: Record<string, [run: (x: Tensor, engine: Engine) => Tensor, did: string, remedy: string]> = {
  'the value of what no kernel of tfjs computed': [
    (x, engine) => {
      const { binding } = backendOf(engine);
      const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
      return x.mul(backendOf(engine).executeSingleOutput('Abs', [type], [x]).dataSync()[0]!);
    },
    'reads the value of a tensor',
    'return the tensor as an output, or compute with tensors (tf.where)',
  ],
  'a shape that is computed': [
    (x, engine) => {
      const { binding } = backendOf(engine);
      const types = ['T', 'Tshape'].map((name, i) => {
        return { name, type: binding.TF_ATTR_TYPE, value: [binding.TF_FLOAT, binding.TF_INT32][i]! };
      });
      return backendOf(engine).executeSingleOutput('Reshape', types, [x, x.toInt()]);
    },
    'has a shape that depends on a computed value',
    'take the size from the shape of an input',
  ],
  "a tensor of TensorFlow's that tfjs does not know": [
    (x, engine) => {
      const backend = backendOf(engine);
      const { binding } = backend;
      const unwatched = Object.getPrototypeOf(binding) as typeof binding;
      const id = unwatched.createTensor([1], binding.TF_FLOAT, new Float32Array(1));
      const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
      const ids = [...backend.getInputTensorIds([x]), id];
      return backend.createOutputTensor(binding.executeOp('AddV2', [type], ids, 1)[0]!);
    },
    'uses a tensor of unknown origin',
    'pass it as an input',
  ],
  'text as a constant': [
    () => tf.tensor1d(['a']),
    'uses a constant of neither numbers nor booleans',
    'keep it, and what works on it, outside',
  ],
};

describe.skipIf(tensorflow === undefined)('a recorded function', () => {
  it.each(Object.keys(refused))('is refused %s', async (what) => {
    const engine = await loadEngine({ backend: 'tensorflow' });
    const [run, did, remedy] = refused[what]!;
    const create = () =>
      createProgram(engine, {
        state: {},
        functions: { bad: { inputs: { x: { shape: [2] } }, run: ({ x }) => ({ y: run(x!, engine) }) } },
      });
    const before = tf.memory().numTensors;
    expect(create).toThrow(CaptureError);
    expect(create).toThrow(`The captured function "bad" ${did}`);
    expect(create).toThrow(remedy);
    expect(tf.memory().numTensors).toBe(before);
  });
});
