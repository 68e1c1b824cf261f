import { createOptimizer, createProgram } from '#engine';

/**
 * The captured training step of a network: softmax cross-entropy, its gradient, one update by SGD.
 * @param sgd learning rate, momentum and so on, in PyTorch's words
 * @returns a program whose function `train` takes `images`, `labels` (int32) and `learningRate`
 */
export function captureTraining(engine, network, { batch, size, channels, classes, precision, optimizer: sgd }) {
  const { tf, kernels } = engine;
  const optimizer = createOptimizer(engine, network.parameters, {
    kind: 'sgd',
    momentum: sgd.momentum,
    nesterov: sgd.nesterov,
    weightDecay: sgd.weight_decay,
    decayed: () => true,
  });
  return createProgram(engine, {
    precision,
    state: { ...network.parameters, ...network.statistics, ...optimizer.slots },
    functions: {
      train: {
        inputs: {
          images: { shape: [batch, size, size, channels] },
          labels: { shape: [batch], dtype: 'int32' },
          learningRate: { shape: [] },
        },
        run: ({ images, labels, learningRate }) => {
          const targets = tf.oneHot(labels, classes).toFloat();
          const { value: loss, grads } = tf.variableGrads(
            () => kernels.softmaxCrossEntropy(network.forward(images, 'train'), targets).mean(),
            Object.values(network.parameters),
          );
          const gradients = Object.entries(network.parameters).map(([name, variable]) => [name, grads[variable.name]]);
          optimizer.apply(Object.fromEntries(gradients), learningRate);
          return { loss };
        },
      },
    },
  });
}

/** Labels 0, 1, 2, … in turn, from the given one on. */
export function labelsFrom(tf, first, { batch, classes }) {
  return tf.tensor1d(
    Array.from({ length: batch }, (_, index) => (first + index) % classes),
    'int32',
  );
}
