import { sequence } from '../layers.js';
import type { Architecture } from './architecture.js';
import { basicStage } from './basic-block.js';

/**
 * The ResNet for CIFAR's 32×32 images (He et al., 2015, section 4.2): a 3×3 stem and three stages of three basic blocks,
 * 16, 32 and 64 wide. The two shortcuts that change shape are 1×1 projections (option B; the paper's table 6 has the
 * parameter-free option A): 272,474 parameters with ten classes.
 */
export const resnet20: Architecture = {
  name: 'resnet20',
  summary: 'ResNet-20 for images of about 32×32 (He et al., 2015), 1×1 projection shortcuts',
  variants: {},
  batchNorm: { epsilon: 1e-5, momentum: 0.1 },
  build(layers, classes) {
    const convolutions = sequence(
      layers.convolution('conv1', 3, 16, { kernel: 3 }),
      layers.batchNorm('bn1', 16),
      layers.relu,
      basicStage(layers, 'layer1', 16, 16, 1, 3),
      basicStage(layers, 'layer2', 16, 32, 2, 3),
      basicStage(layers, 'layer3', 32, 64, 2, 3),
    );
    return {
      features: (images, mode) => layers.globalAveragePool(convolutions(images, mode)),
      featureSize: 64,
      classifier: layers.linear('fc', 64, classes),
      classifierName: 'fc',
    };
  },
};
