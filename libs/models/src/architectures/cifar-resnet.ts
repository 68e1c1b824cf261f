import { sequence } from '../layers.js';
import type { Architecture } from './architecture.js';
import { basicBlock } from './basic-block.js';
import { residualStage } from './residual-stage.js';

/** ResNet-8: 78,042 parameters with ten classes. */
export const resnet8 = cifarResnet(8);

/** ResNet-20: 272,474 parameters with ten classes. */
export const resnet20 = cifarResnet(20);

/** ResNet-56: 855,770 parameters with ten classes. */
export const resnet56 = cifarResnet(56);

/**
 * The ResNets for CIFAR's 32×32 images (He et al., 2015, section 4.2): a 3×3 stem and three stages of n basic blocks,
 * 16, 32 and 64 wide. The two shortcuts that change shape are 1×1 projections (option B; the paper's table 6 has the
 * parameter-free option A).
 * @param depth 6n + 2
 */
function cifarResnet(depth: number): Architecture {
  const blocks = (depth - 2) / 6;
  return {
    name: `resnet${depth}`,
    summary: `ResNet-${depth} for images of about 32×32 (He et al., 2015), 1×1 projection shortcuts`,
    variants: {},
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    build(layers, classes) {
      const convolutions = sequence(
        layers.convolution('conv1', 3, 16, { kernel: 3 }),
        layers.batchNorm('bn1', 16),
        layers.relu,
        residualStage(layers, basicBlock, 'layer1', 16, 16, 1, blocks),
        residualStage(layers, basicBlock, 'layer2', 16, 32, 2, blocks),
        residualStage(layers, basicBlock, 'layer3', 32, 64, 2, blocks),
      );
      return {
        features: (images, mode) => layers.globalAveragePool(convolutions(images, mode)),
        featureSize: 64,
        classifier: layers.linear('fc', 64, classes),
        classifierName: 'fc',
      };
    },
  };
}
