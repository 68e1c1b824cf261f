import { sequence, type ConvolutionOptions, type Layer, type Layers } from '../layers.js';
import type { Architecture } from './architecture.js';

/**
 * InceptionV3 (Szegedy et al., 2015) as torchvision builds it with `aux_logits=False`, less the dropout before the
 * classifier: 23,834,568 parameters with 1,000 classes. The auxiliary classifier, which only serves training from
 * scratch, is no part of it. Takes images of 75×75 and more.
 *
 * torchvision's pretrained weights come with `transform_input=True`: what was normalised with ImageNet's mean and
 * deviation is brought to [−1, 1] first. That is the same as preparing images with a mean and a deviation of 0.5.
 */
export const inceptionV3: Architecture = {
  name: 'inception_v3',
  summary: 'InceptionV3 for images of about 299×299 (Szegedy et al., 2015), as torchvision builds it',
  variants: {},
  batchNorm: { epsilon: 1e-3, momentum: 0.1 },
  build(layers, classes) {
    const convolutions = sequence(
      convolution(layers, 'Conv2d_1a_3x3', 3, 32, { kernel: 3, stride: 2, padding: 'none' }),
      convolution(layers, 'Conv2d_2a_3x3', 32, 32, { kernel: 3, padding: 'none' }),
      convolution(layers, 'Conv2d_2b_3x3', 32, 64, { kernel: 3 }),
      layers.maxPool(3, 2, 0),
      convolution(layers, 'Conv2d_3b_1x1', 64, 80, { kernel: 1 }),
      convolution(layers, 'Conv2d_4a_3x3', 80, 192, { kernel: 3, padding: 'none' }),
      layers.maxPool(3, 2, 0),
      blockA(layers, 'Mixed_5b', 192, 32),
      blockA(layers, 'Mixed_5c', 256, 64),
      blockA(layers, 'Mixed_5d', 288, 64),
      blockB(layers, 'Mixed_6a', 288),
      blockC(layers, 'Mixed_6b', 128),
      blockC(layers, 'Mixed_6c', 160),
      blockC(layers, 'Mixed_6d', 160),
      blockC(layers, 'Mixed_6e', 192),
      blockD(layers, 'Mixed_7a'),
      blockE(layers, 'Mixed_7b', 1280),
      blockE(layers, 'Mixed_7c', 2048),
    );
    return {
      features: (images, mode) => layers.globalAveragePool(convolutions(images, mode)),
      featureSize: 2048,
      classifier: layers.linear('fc', 2048, classes),
      classifierName: 'fc',
    };
  },
};

/** Figure 5 of the paper: 1×1; 5×5; two 3×3 one after the other; pooled. */
function blockA(layers: Layers, name: string, inputs: number, pooled: number): Layer {
  return branches(
    layers,
    convolution(layers, `${name}.branch1x1`, inputs, 64, { kernel: 1 }),
    chain(layers, `${name}.branch5x5`, inputs, [
      [48, { kernel: 1 }],
      [64, { kernel: 5 }],
    ]),
    chain(layers, `${name}.branch3x3dbl`, inputs, [
      [64, { kernel: 1 }],
      [96, { kernel: 3 }],
      [96, { kernel: 3 }],
    ]),
    pooledBranch(layers, name, inputs, pooled),
  );
}

/** Halves the resolution of 35×35 (figure 10). */
function blockB(layers: Layers, name: string, inputs: number): Layer {
  return branches(
    layers,
    convolution(layers, `${name}.branch3x3`, inputs, 384, { kernel: 3, stride: 2, padding: 'none' }),
    chain(layers, `${name}.branch3x3dbl`, inputs, [
      [64, { kernel: 1 }],
      [96, { kernel: 3 }],
      [96, { kernel: 3, stride: 2, padding: 'none' }],
    ]),
    layers.maxPool(3, 2, 0),
  );
}

/** Figure 6: 7×7 as 1×7 and 7×1, on 768 channels. */
function blockC(layers: Layers, name: string, width: number): Layer {
  return branches(
    layers,
    convolution(layers, `${name}.branch1x1`, 768, 192, { kernel: 1 }),
    chain(layers, `${name}.branch7x7`, 768, [
      [width, { kernel: 1 }],
      [width, { kernel: [1, 7] }],
      [192, { kernel: [7, 1] }],
    ]),
    chain(layers, `${name}.branch7x7dbl`, 768, [
      [width, { kernel: 1 }],
      [width, { kernel: [7, 1] }],
      [width, { kernel: [1, 7] }],
      [width, { kernel: [7, 1] }],
      [192, { kernel: [1, 7] }],
    ]),
    pooledBranch(layers, name, 768, 192),
  );
}

/** Halves the resolution of 17×17. */
function blockD(layers: Layers, name: string): Layer {
  return branches(
    layers,
    chain(layers, `${name}.branch3x3`, 768, [
      [192, { kernel: 1 }],
      [320, { kernel: 3, stride: 2, padding: 'none' }],
    ]),
    chain(layers, `${name}.branch7x7x3`, 768, [
      [192, { kernel: 1 }],
      [192, { kernel: [1, 7] }],
      [192, { kernel: [7, 1] }],
      [192, { kernel: 3, stride: 2, padding: 'none' }],
    ]),
    layers.maxPool(3, 2, 0),
  );
}

/** Figure 7: 3×3 as 1×3 beside 3×1. */
function blockE(layers: Layers, name: string, inputs: number): Layer {
  const beside = (prefix: string) =>
    branches(
      layers,
      convolution(layers, `${prefix}a`, 384, 384, { kernel: [1, 3] }),
      convolution(layers, `${prefix}b`, 384, 384, { kernel: [3, 1] }),
    );
  return branches(
    layers,
    convolution(layers, `${name}.branch1x1`, inputs, 320, { kernel: 1 }),
    sequence(convolution(layers, `${name}.branch3x3_1`, inputs, 384, { kernel: 1 }), beside(`${name}.branch3x3_2`)),
    sequence(
      chain(layers, `${name}.branch3x3dbl`, inputs, [
        [448, { kernel: 1 }],
        [384, { kernel: 3 }],
      ]),
      beside(`${name}.branch3x3dbl_3`),
    ),
    pooledBranch(layers, name, inputs, 192),
  );
}

/**
 * torchvision pools 3×3 and then convolves 1×1. Both are linear and the convolution has no bias, so that they may change
 * places: pooling is cheaper on the convolution's few channels than on its many.
 */
function pooledBranch(layers: Layers, name: string, inputs: number, outputs: number): Layer {
  return layers.block(
    sequence(
      layers.convolution(`${name}.branch_pool.conv`, inputs, outputs, { kernel: 1 }),
      layers.averagePool(3),
      layers.batchNorm(`${name}.branch_pool.bn`, outputs),
      layers.relu,
    ),
  );
}

/** Convolutions `NAME_1`, `NAME_2`, … one after the other: width and form of each. */
function chain(
  layers: Layers,
  name: string,
  inputs: number,
  steps: readonly (readonly [outputs: number, options: ConvolutionOptions])[],
): Layer {
  return sequence(
    ...steps.map(([outputs, options], index) =>
      convolution(layers, `${name}_${index + 1}`, index === 0 ? inputs : steps[index - 1][0], outputs, options),
    ),
  );
}

/** Several layers on the same input, their channels one after the other. */
function branches(layers: Layers, ...parts: Layer[]): Layer {
  return layers.block((x, mode) => layers.concat(...parts.map((part) => part(x, mode))));
}

/** Convolution (`NAME.conv`), batch normalisation (`NAME.bn`), ReLU. */
function convolution(
  layers: Layers,
  name: string,
  inputs: number,
  outputs: number,
  options: ConvolutionOptions,
): Layer {
  return layers.block(
    sequence(
      layers.convolution(`${name}.conv`, inputs, outputs, options),
      layers.batchNorm(`${name}.bn`, outputs),
      layers.relu,
    ),
  );
}
