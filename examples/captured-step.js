import { createOptimizer, createProgram, loadEngine } from '#engine';

const engine = await loadEngine({ log: console.log }); // TensorFlow 2.21.0 on 2 threads, …
const { tf, kernels } = engine;

const weight = tf.variable(tf.zeros([4, 2]));
const optimizer = createOptimizer(engine, { weight }, { kind: 'sgd', momentum: 0.9, nesterov: true });

const program = createProgram(engine, {
  state: { weight, ...optimizer.slots },
  functions: {
    train: {
      inputs: { x: { shape: [8, 4] }, y: { shape: [8, 2] }, learningRate: { shape: [] } },
      run: ({ x, y, learningRate }) => {
        const { value, grads } = tf.variableGrads(
          () => kernels.softmaxCrossEntropy(tf.matMul(x, weight), y).mean(),
          [weight],
        );
        optimizer.apply({ weight: grads[weight.name] }, learningRate);
        return { loss: value };
      },
    },
    predict: {
      inputs: { x: { shape: [1, 4] } },
      run: ({ x }) => ({ probabilities: tf.softmax(tf.matMul(x, weight)) }),
    },
  },
});

const x = tf.randomUniform([8, 4], 0, 1, 'float32', 1);
const y = tf
  .oneHot(
    tf
      .greater(x.slice([0, 0], [8, 1]), 0.5)
      .squeeze()
      .toInt(),
    2,
  )
  .toFloat();
for (let step = 0; step < 100; step++) {
  const { loss } = tf.tidy(() => program.call('train', { x, y, learningRate: tf.scalar(0.5) }));
  if (step % 50 === 0) console.log(step, loss.dataSync()[0]);
  loss.dispose();
}
program.pull(); // the session's weights into `weight`
console.log(weight.arraySync());
program.dispose();
