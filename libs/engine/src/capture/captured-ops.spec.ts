import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import type { Engine, Tensor, Tf } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import { createProgram } from './create-program.js';
import { exampleOperands, gradientExamples, type Operands, opExamples } from './op-examples.js';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as Tf;
const tensorflow = await testTensorflow();
let engine: Engine;
beforeAll(async () => {
  if (tensorflow !== undefined) engine = await loadEngine({ backend: 'tensorflow' });
});

function expectCapturedLikeEager(run: (operands: Operands) => Tensor): void {
  const operands = exampleOperands(tf);
  const program = createProgram(engine, {
    state: {},
    functions: {
      op: {
        inputs: { image: { shape: [2, 6, 6, 4] }, matrix: { shape: [4, 4] }, row: { shape: [4] } },
        run: (inputs) => ({ result: run(inputs as unknown as Operands) }),
      },
    },
  });
  const { result } = program.call('op', operands as unknown as Record<string, Tensor>);
  const expected = run(operands);
  expect(result!.shape).toEqual(expected.shape);
  expect(result!.dtype).toBe(expected.dtype);
  const values = expected.dataSync();
  result!.dataSync().forEach((value, i) => expect(value).toBeCloseTo(values[i]!, 5));
  program.dispose();
}

const { differentiable, others } = opExamples(tf);
const ops = { ...differentiable, ...others };
const gradients = gradientExamples(tf);

describe.skipIf(tensorflow === undefined)('a captured op gives what the eager one gives', () => {
  it.each(Object.keys(ops))('%s', (name) => expectCapturedLikeEager(ops[name]!));
});

describe.skipIf(tensorflow === undefined)('a captured gradient gives what the eager one gives', () => {
  it.each(Object.keys(gradients))('%s', (name) => expectCapturedLikeEager(gradients[name]!));
});
