import { sequence } from '../layers.js';
import type { Architecture } from './architecture.js';
import { basicBlock } from './basic-block.js';
import { bottleneck } from './bottleneck.js';
import { residualStage, type ResidualBlock } from './residual-stage.js';

/** ResNet-18: 11,689,512 parameters with 1,000 classes. */
export const resnet18 = resnet('resnet18', 18, basicBlock, [2, 2, 2, 2]);

/** ResNet-34: 21,797,672 parameters with 1,000 classes. */
export const resnet34 = resnet('resnet34', 34, basicBlock, [3, 4, 6, 3]);

/** ResNet-50, with the stride on the 3×3 convolution ("v1.5"): 25,557,032 parameters with 1,000 classes. */
export const resnet50 = resnet('resnet50', 50, bottleneck, [3, 4, 6, 3]);

/** The ResNets for ImageNet (He et al., 2015, table 1) as torchvision builds them. */
function resnet(
  name: string,
  depth: number,
  block: ResidualBlock,
  blocks: readonly [number, number, number, number],
): Architecture {
  return {
    name,
    summary: `ResNet-${depth} for images of about 224×224 (He et al., 2015), as torchvision builds it`,
    variants: {},
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    build(layers, classes) {
      const widths = [64, 128, 256, 512].map((width) => width * block.expansion);
      const convolutions = sequence(
        layers.convolution('conv1', 3, 64, { kernel: 7, stride: 2 }),
        layers.batchNorm('bn1', 64),
        layers.relu,
        layers.maxPool(3, 2, 1),
        residualStage(layers, block, 'layer1', 64, widths[0], 1, blocks[0]),
        residualStage(layers, block, 'layer2', widths[0], widths[1], 2, blocks[1]),
        residualStage(layers, block, 'layer3', widths[1], widths[2], 2, blocks[2]),
        residualStage(layers, block, 'layer4', widths[2], widths[3], 2, blocks[3]),
      );
      return {
        features: (images, mode) => layers.globalAveragePool(convolutions(images, mode)),
        featureSize: widths[3],
        classifier: layers.linear('fc', widths[3], classes),
        classifierName: 'fc',
      };
    },
  };
}
