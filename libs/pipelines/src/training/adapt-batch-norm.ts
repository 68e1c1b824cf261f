import { createProgram, type Engine, type Tensor } from '#engine';
import { MODELS, type Model } from '#models';

/**
 * Measures a network's running statistics anew: each becomes its mean over the images, every layer seeing what those
 * before it give with the batch's own statistics. It is AdaBN (Li et al., "Revisiting Batch Normalization for Practical
 * Domain Adaptation", 2016), and `torch.optim.swa_utils.update_bn`; weights, scales and shifts stay.
 * @param images prepared training images `[batch, height, width, 3]`; each is disposed of
 * @throws Error where there are no images
 */
export async function adaptBatchNorm(engine: Engine, model: Model, images: AsyncIterable<Tensor>): Promise<void> {
  const { tf } = engine;
  const statistics = Object.values(model.statistics);
  if (statistics.length === 0) return;
  const momentum = momentumOf(model);
  const sums = statistics.map(({ shape }) => tf.tidy(() => tf.variable(tf.zeros(shape), false)));
  const program = createProgram(engine, {
    state: {
      ...model.parameters,
      ...model.statistics,
      ...Object.fromEntries(Object.keys(model.statistics).map((name, index) => [`sum/${name}`, sums[index]])),
    },
    functions: {
      add: {
        inputs: { images: { shape: [null, null, null, 3] } },
        run: ({ images: x }) => {
          // running ← (1 − m) · running + m · batch: from zero, m times the batch's own.
          for (const running of statistics) running.assign(tf.zeros(running.shape));
          model.forward(x, 'train');
          statistics.forEach((running, index) =>
            sums[index].assign(tf.add(sums[index], tf.mul(running, x.shape[0] / momentum))),
          );
          return {};
        },
      },
    },
  });
  try {
    let seen = 0;
    for await (const batch of images) {
      program.call('add', { images: batch });
      seen += batch.shape[0];
      batch.dispose();
    }
    if (seen === 0) throw new Error('batch normalisation cannot be adapted without images');
    program.pull();
    statistics.forEach((running, index) => tf.tidy(() => running.assign(tf.div(sums[index], seen))));
  } finally {
    program.dispose();
    tf.dispose(sums);
  }
}

function momentumOf({ name, variant }: Model): number {
  const architecture = MODELS[name as keyof typeof MODELS];
  return (variant === undefined ? architecture : architecture.variants[variant]).batchNorm.momentum;
}
