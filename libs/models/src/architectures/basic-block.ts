import { sequence } from '../layers.js';
import { withShortcut, type ResidualBlock } from './residual-stage.js';

/** The block of two 3×3 convolutions (He et al., 2015, figure 5 left). */
export const basicBlock: ResidualBlock = {
  expansion: 1,
  build(layers, name, inputs, outputs, stride) {
    const residual = sequence(
      layers.convolution(`${name}.conv1`, inputs, outputs, { kernel: 3, stride }),
      layers.batchNorm(`${name}.bn1`, outputs),
      layers.relu,
      layers.convolution(`${name}.conv2`, outputs, outputs, { kernel: 3 }),
      layers.batchNorm(`${name}.bn2`, outputs),
    );
    return withShortcut(layers, name, inputs, outputs, stride, residual);
  },
};
