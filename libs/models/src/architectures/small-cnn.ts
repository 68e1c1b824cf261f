import { sequence, type Layers } from '../layers.js';
import type { Architecture } from './architecture.js';

/**
 * A plain convolutional network for small images and for tests of students: four 3×3 convolutions with batch
 * normalisation, two of them followed by max-pooling, then a global average. 89,674 parameters with ten classes, 96,964
 * with a hundred; 9 million multiply-adds for an image of 32×32. Takes images of 4×4 and more.
 */
export const smallCnn: Architecture = {
  name: 'small_cnn',
  summary: 'four 3×3 convolutions, fewer than 100,000 parameters, for images of about 32×32',
  variants: {},
  batchNorm: { epsilon: 1e-5, momentum: 0.1 },
  build(layers, classes) {
    const pool = layers.maxPool(2, 2, 0);
    const convolutions = sequence(
      stage(layers, 1, 3, 32),
      pool,
      stage(layers, 2, 32, 48),
      pool,
      stage(layers, 3, 48, 64),
      stage(layers, 4, 64, 80),
    );
    return {
      features: (images, mode) => layers.globalAveragePool(convolutions(images, mode)),
      featureSize: 80,
      classifier: layers.linear('fc', 80, classes),
      classifierName: 'fc',
    };
  },
};

function stage(layers: Layers, index: number, inputs: number, outputs: number) {
  return layers.block(
    sequence(
      layers.convolution(`conv${index}`, inputs, outputs, { kernel: 3 }),
      layers.batchNorm(`bn${index}`, outputs),
      layers.relu,
    ),
  );
}
