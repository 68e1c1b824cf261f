// Captured training steps in a process of their own, from a checkpoint or from initial weights, to checkpoints. Prints
// the SHA-256 of each checkpoint: weights, statistics and the optimizer's slots.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createOptimizer, createProgram, loadEngine } from '#engine';
import { assignVariables, createModel, readSafetensors, readVariables, writeSafetensors } from '#models';

const { model: name, variant, size, batch, optimizer: kind = 'sgd', from, to } = JSON.parse(process.argv[2]);
const OPTIMIZERS = {
  sgd: { kind: 'sgd', momentum: 0.9, nesterov: true },
  adamw: { kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  lars: { kind: 'lars', momentum: 0.9, trustCoefficient: 0.001, clipNorm: 1 },
};
const CLASSES = 5;
const SEED = 11;

const engine = await loadEngine({ backend: 'tensorflow', threads: 2 });
const { tf, kernels } = engine;
const model = createModel(engine, name, { classes: CLASSES, seed: 1, variant });
const optimizer = createOptimizer(engine, model.parameters, OPTIMIZERS[kind]);
const state = { ...model.parameters, ...model.statistics, ...optimizer.slots };
const scalar = { shape: [] };
const program = createProgram(engine, {
  state,
  functions: {
    train: {
      inputs: { learningRate: scalar, seed: { ...scalar, dtype: 'int32' }, step: { ...scalar, dtype: 'int32' } },
      run: ({ learningRate, seed, step }) => {
        const images = kernels.randomUniform([batch, size, size, 3], seed, step, 0);
        const targets = tf.softmax(kernels.randomUniform([batch, CLASSES], seed, step, 1).mul(5));
        const { value, grads } = tf.variableGrads(
          () => kernels.softmaxCrossEntropy(model.forward(images, 'train').logits, targets).mean(),
          Object.values(model.parameters),
        );
        const named = Object.entries(model.parameters).map(([key, variable]) => [key, grads[variable.name]]);
        optimizer.apply(Object.fromEntries(named), learningRate);
        return { loss: value };
      },
    },
  },
});

let start = 0;
if (from) {
  assignVariables(engine, state, (await readSafetensors(from.file)).tensors, { owner: name });
  program.push();
  start = from.step;
}
const hashes = {};
for (let step = start; step < to.at(-1).step;) {
  const { loss } = tf.tidy(() =>
    program.call('train', {
      learningRate: tf.scalar(0.01 / (1 + step)),
      seed: tf.scalar(SEED, 'int32'),
      step: tf.scalar(step, 'int32'),
    }),
  );
  if (!Number.isFinite(loss.dataSync()[0])) throw new Error(`the loss of step ${step} is not finite`);
  loss.dispose();
  step++;
  const checkpoint = to.find((each) => each.step === step);
  if (!checkpoint) continue;
  program.pull();
  const bytes = writeSafetensors(readVariables(state), {});
  writeFileSync(checkpoint.file, bytes);
  hashes[step] = createHash('sha256').update(bytes).digest('hex');
}
program.dispose();
process.stdout.write(JSON.stringify(hashes));
