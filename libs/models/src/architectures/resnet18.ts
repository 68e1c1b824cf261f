import { sequence } from '../layers.js';
import type { Architecture } from './architecture.js';
import { basicStage } from './basic-block.js';

/** ResNet-18 (He et al., 2015, table 1) as torchvision builds it: 11,689,512 parameters with 1,000 classes. */
export const resnet18: Architecture = {
  name: 'resnet18',
  summary: 'ResNet-18 for images of about 224×224 (He et al., 2015), as torchvision builds it',
  variants: {},
  batchNorm: { epsilon: 1e-5, momentum: 0.1 },
  build(layers, classes) {
    const convolutions = sequence(
      layers.convolution('conv1', 3, 64, { kernel: 7, stride: 2 }),
      layers.batchNorm('bn1', 64),
      layers.relu,
      layers.maxPool(3, 2, 1),
      basicStage(layers, 'layer1', 64, 64, 1, 2),
      basicStage(layers, 'layer2', 64, 128, 2, 2),
      basicStage(layers, 'layer3', 128, 256, 2, 2),
      basicStage(layers, 'layer4', 256, 512, 2, 2),
    );
    return {
      features: (images, mode) => layers.globalAveragePool(convolutions(images, mode)),
      featureSize: 512,
      classifier: layers.linear('fc', 512, classes),
      classifierName: 'fc',
    };
  },
};
