import { createModel } from '#models';

/** The network of a row on an engine, ours or a stock one: `{ parameters, statistics, forward(images, mode) → logits }`. */
export function createNetwork(engine, { model: name, classes, channels }) {
  if (name === 'lenet') return createLeNet(engine, classes, channels);
  const { parameters, statistics, forward } = createModel(engine, name, { classes, seed: 1 });
  return { parameters, statistics, forward: (images, mode) => forward(images, mode).logits };
}

export function parameterCount({ parameters }) {
  return Object.values(parameters).reduce((total, variable) => total + variable.size, 0);
}

/** LeNet (LeCun et al., 1998) with ReLU and max-pooling, for images of 28×28. */
function createLeNet({ tf, kernels }, classes, channels) {
  const shapes = {
    conv1: [5, 5, channels, 6],
    conv2: [5, 5, 6, 16],
    fc1: [400, 120],
    fc2: [120, 84],
    fc3: [84, classes],
  };
  const parameters = {};
  for (const [index, [name, shape]] of Object.entries(shapes).entries()) {
    const inputs = shape.slice(0, -1).reduce((product, size) => product * size);
    const weight = tf.randomNormal(shape, 0, Math.sqrt(2 / inputs), 'float32', index);
    parameters[`${name}.weight`] = tf.variable(weight);
    parameters[`${name}.bias`] = tf.variable(tf.zeros([shape.at(-1)]));
  }
  const convolution = (x, name, padding) =>
    kernels.biasAdd(tf.conv2d(x, parameters[`${name}.weight`], 1, padding), parameters[`${name}.bias`]);
  const linear = (x, name) => kernels.biasAdd(tf.matMul(x, parameters[`${name}.weight`]), parameters[`${name}.bias`]);
  const forward = (images) => {
    let x = tf.maxPool(tf.relu(convolution(images, 'conv1', 'same')), 2, 2, 'valid');
    x = tf.maxPool(tf.relu(convolution(x, 'conv2', 'valid')), 2, 2, 'valid');
    x = tf.relu(linear(x.reshape([-1, 400]), 'fc1'));
    return linear(tf.relu(linear(x, 'fc2')), 'fc3');
  };
  return { parameters, statistics: {}, forward };
}
