import { sequence } from '../layers.js';
import { withShortcut, type ResidualBlock } from './residual-stage.js';

/**
 * The block of a 1×1, a 3×3 and a 1×1 convolution (He et al., 2015, figure 5 right). The stride sits on the 3×3, as in
 * torchvision; the paper has it on the first 1×1.
 */
export const bottleneck: ResidualBlock = {
  expansion: 4,
  build(layers, name, inputs, outputs, stride) {
    const width = outputs / this.expansion;
    const residual = sequence(
      layers.convolution(`${name}.conv1`, inputs, width, { kernel: 1 }),
      layers.batchNorm(`${name}.bn1`, width),
      layers.relu,
      layers.convolution(`${name}.conv2`, width, width, { kernel: 3, stride }),
      layers.batchNorm(`${name}.bn2`, width),
      layers.relu,
      layers.convolution(`${name}.conv3`, width, outputs, { kernel: 1 }),
      layers.batchNorm(`${name}.bn3`, outputs),
    );
    return withShortcut(layers, name, inputs, outputs, stride, residual);
  },
};
