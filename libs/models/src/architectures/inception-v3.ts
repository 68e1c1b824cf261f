import { sequence, type ConvolutionOptions, type Layer, type Layers } from '../layers.js';
import type { Architecture } from './architecture.js';

/** The layers to build with, and whether in the form that was quantised. */
interface Builder {
  layers: Layers;
  quantised: boolean;
}

/**
 * InceptionV3 (Szegedy et al., 2015) as torchvision builds it with `aux_logits=False`, less the dropout before the
 * classifier: 23,834,568 parameters with 1,000 classes. The auxiliary classifier, which only serves training from
 * scratch, is no part of it. Takes images of 75×75 and more.
 *
 * torchvision's pretrained weights come with `transform_input=True`: what was normalised with ImageNet's mean and
 * deviation is brought to [−1, 1] first. That is the same as preparing images with a mean and a deviation of 0.5.
 *
 * The `quantised` variant is the network of TensorFlow's authors as it was published with weights of eight bits: its
 * average pools don't count the zeros around the image, and every activation is clipped to the range that its eight
 * bits had.
 */
export const inceptionV3: Architecture = {
  name: 'inception_v3',
  summary: 'InceptionV3 for images of about 299×299 (Szegedy et al., 2015), as torchvision builds it',
  variants: {
    quantised: {
      summary: "TensorFlow's average pools, and activations clipped to the range of their eight bits",
      batchNorm: { epsilon: 1e-3, momentum: 0.1 },
    },
  },
  batchNorm: { epsilon: 1e-3, momentum: 0.1 },
  build(layers, classes, variant) {
    const builder = { layers, quantised: variant === 'quantised' };
    const convolutions = sequence(
      convolution(builder, 'Conv2d_1a_3x3', 3, 32, { kernel: 3, stride: 2, padding: 'none' }),
      convolution(builder, 'Conv2d_2a_3x3', 32, 32, { kernel: 3, padding: 'none' }),
      convolution(builder, 'Conv2d_2b_3x3', 32, 64, { kernel: 3 }),
      layers.maxPool(3, 2, 0),
      convolution(builder, 'Conv2d_3b_1x1', 64, 80, { kernel: 1 }),
      convolution(builder, 'Conv2d_4a_3x3', 80, 192, { kernel: 3, padding: 'none' }),
      layers.maxPool(3, 2, 0),
      blockA(builder, 'Mixed_5b', 192, 32),
      blockA(builder, 'Mixed_5c', 256, 64),
      blockA(builder, 'Mixed_5d', 288, 64),
      blockB(builder, 'Mixed_6a', 288),
      blockC(builder, 'Mixed_6b', 128),
      blockC(builder, 'Mixed_6c', 160),
      blockC(builder, 'Mixed_6d', 160),
      blockC(builder, 'Mixed_6e', 192),
      blockD(builder, 'Mixed_7a'),
      blockE(builder, 'Mixed_7b', 1280),
      blockE(builder, 'Mixed_7c', 2048),
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
function blockA(builder: Builder, name: string, inputs: number, pooled: number): Layer {
  return branches(
    builder,
    convolution(builder, `${name}.branch1x1`, inputs, 64, { kernel: 1 }),
    chain(builder, `${name}.branch5x5`, inputs, [
      [48, { kernel: 1 }],
      [64, { kernel: 5 }],
    ]),
    chain(builder, `${name}.branch3x3dbl`, inputs, [
      [64, { kernel: 1 }],
      [96, { kernel: 3 }],
      [96, { kernel: 3 }],
    ]),
    pooledBranch(builder, name, inputs, pooled),
  );
}

/** Halves the resolution of 35×35 (figure 10). */
function blockB(builder: Builder, name: string, inputs: number): Layer {
  return branches(
    builder,
    convolution(builder, `${name}.branch3x3`, inputs, 384, { kernel: 3, stride: 2, padding: 'none' }),
    chain(builder, `${name}.branch3x3dbl`, inputs, [
      [64, { kernel: 1 }],
      [96, { kernel: 3 }],
      [96, { kernel: 3, stride: 2, padding: 'none' }],
    ]),
    builder.layers.maxPool(3, 2, 0),
  );
}

/** Figure 6: 7×7 as 1×7 and 7×1, on 768 channels. */
function blockC(builder: Builder, name: string, width: number): Layer {
  return branches(
    builder,
    convolution(builder, `${name}.branch1x1`, 768, 192, { kernel: 1 }),
    chain(builder, `${name}.branch7x7`, 768, [
      [width, { kernel: 1 }],
      [width, { kernel: [1, 7] }],
      [192, { kernel: [7, 1] }],
    ]),
    chain(builder, `${name}.branch7x7dbl`, 768, [
      [width, { kernel: 1 }],
      [width, { kernel: [7, 1] }],
      [width, { kernel: [1, 7] }],
      [width, { kernel: [7, 1] }],
      [192, { kernel: [1, 7] }],
    ]),
    pooledBranch(builder, name, 768, 192),
  );
}

/** Halves the resolution of 17×17. */
function blockD(builder: Builder, name: string): Layer {
  return branches(
    builder,
    chain(builder, `${name}.branch3x3`, 768, [
      [192, { kernel: 1 }],
      [320, { kernel: 3, stride: 2, padding: 'none' }],
    ]),
    chain(builder, `${name}.branch7x7x3`, 768, [
      [192, { kernel: 1 }],
      [192, { kernel: [1, 7] }],
      [192, { kernel: [7, 1] }],
      [192, { kernel: 3, stride: 2, padding: 'none' }],
    ]),
    builder.layers.maxPool(3, 2, 0),
  );
}

/** Figure 7: 3×3 as 1×3 beside 3×1. */
function blockE(builder: Builder, name: string, inputs: number): Layer {
  const beside = (prefix: string) =>
    branches(
      builder,
      convolution(builder, `${prefix}a`, 384, 384, { kernel: [1, 3] }),
      convolution(builder, `${prefix}b`, 384, 384, { kernel: [3, 1] }),
    );
  return branches(
    builder,
    convolution(builder, `${name}.branch1x1`, inputs, 320, { kernel: 1 }),
    sequence(convolution(builder, `${name}.branch3x3_1`, inputs, 384, { kernel: 1 }), beside(`${name}.branch3x3_2`)),
    sequence(
      chain(builder, `${name}.branch3x3dbl`, inputs, [
        [448, { kernel: 1 }],
        [384, { kernel: 3 }],
      ]),
      beside(`${name}.branch3x3dbl_3`),
    ),
    pooledBranch(builder, name, inputs, 192),
  );
}

/**
 * torchvision pools 3×3 and then convolves 1×1. Both are linear and the convolution has no bias, so that they may change
 * places: pooling is cheaper on the convolution's few channels than on its many.
 */
function pooledBranch(builder: Builder, name: string, inputs: number, outputs: number): Layer {
  const { layers, quantised } = builder;
  return layers.block(
    sequence(
      layers.convolution(`${name}.branch_pool.conv`, inputs, outputs, { kernel: 1 }),
      layers.averagePool(3, { countZeros: !quantised }),
      layers.batchNorm(`${name}.branch_pool.bn`, outputs),
      activation(builder, `${name}.branch_pool`),
    ),
  );
}

/** Convolutions `NAME_1`, `NAME_2`, … one after the other: width and form of each. */
function chain(
  builder: Builder,
  name: string,
  inputs: number,
  steps: readonly (readonly [outputs: number, options: ConvolutionOptions])[],
): Layer {
  return sequence(
    ...steps.map(([outputs, options], index) =>
      convolution(builder, `${name}_${index + 1}`, index === 0 ? inputs : steps[index - 1][0], outputs, options),
    ),
  );
}

/** Several layers on the same input, their channels one after the other. */
function branches({ layers }: Builder, ...parts: Layer[]): Layer {
  return layers.block((x, mode) => layers.concat(...parts.map((part) => part(x, mode))));
}

/** Convolution (`NAME.conv`), batch normalisation (`NAME.bn`), ReLU. */
function convolution(
  builder: Builder,
  name: string,
  inputs: number,
  outputs: number,
  options: ConvolutionOptions,
): Layer {
  const { layers } = builder;
  return layers.block(
    sequence(
      layers.convolution(`${name}.conv`, inputs, outputs, options),
      layers.batchNorm(`${name}.bn`, outputs),
      activation(builder, name),
    ),
  );
}

function activation({ layers, quantised }: Builder, name: string): Layer {
  return quantised ? layers.clippedRelu(name) : layers.relu;
}
