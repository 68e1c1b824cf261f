import { expect, it } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import { loadEngine } from './load-engine.js';

const tensorflow = await testTensorflow();

it.skipIf(tensorflow === undefined)('loads TensorFlow with the threads that were asked for, and says so', async () => {
  const engine = await loadEngine({ backend: 'tensorflow', threads: 1 });
  expect(engine.threads).toBe(1);
  expect(engine.version).toBe('2.21.0');
  const oneDnn = process.arch === 'x64' ? 'oneDNN, ' : '';
  expect(engine.reason).toBe(`TensorFlow 2.21.0 on 1 thread, with ${oneDnn}fused kernels and captured steps`);
  expect(engine.tf.getBackend()).toBe('tensorflow');
  expect(process.env.TF_NUM_INTRAOP_THREADS).toBe('1');
});
