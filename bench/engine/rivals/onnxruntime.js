// One measurement of onnxruntime-node: the forward pass of a network that PyTorch exported.
import { createRequire } from 'node:module';
import { measure, peakBytes, residentBytes, say } from '../meter.js';

const cell = JSON.parse(process.argv[2]);
const { size, channels, batch, threads, onnxruntime, onnxFile } = cell;
const { InferenceSession, Tensor } = createRequire(import.meta.url)(onnxruntime);
const baseBytes = residentBytes();
const began = performance.now();
const session = await InferenceSession.create(onnxFile, {
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
});
const values = Float32Array.from({ length: batch * channels * size * size }, () => Math.random() * 2 - 1);
const images = new Tensor('float32', values, [batch, channels, size, size]);
const step = () => session.run({ images });
const result = await measure(step, { ...cell, began });
const { logits } = await step();
const lastValue = logits.data.reduce((sum, value) => sum + value) / logits.data.length;
say({ ...result, baseBytes, peakBytes: peakBytes(), lastValue });
