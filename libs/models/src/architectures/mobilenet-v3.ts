import { sequence, type ConvolutionOptions, type Layer, type Layers } from '../layers.js';
import type { Architecture } from './architecture.js';
import { divisibleByEight } from './divisible-by-eight.js';

interface Bottleneck {
  kernel: number;
  expanded: number;
  outputs: number;
  squeeze: boolean;
  activation: 'relu' | 'hardSwish';
  stride: number;
}

/** Kernel, expanded width, width, squeeze-and-excitation, activation, stride (Howard et al., 2019, table 2). */
const SMALL = (
  [
    [3, 16, 16, true, 'relu', 2],
    [3, 72, 24, false, 'relu', 2],
    [3, 88, 24, false, 'relu', 1],
    [5, 96, 40, true, 'hardSwish', 2],
    [5, 240, 40, true, 'hardSwish', 1],
    [5, 240, 40, true, 'hardSwish', 1],
    [5, 120, 48, true, 'hardSwish', 1],
    [5, 144, 48, true, 'hardSwish', 1],
    [5, 288, 96, true, 'hardSwish', 2],
    [5, 576, 96, true, 'hardSwish', 1],
    [5, 576, 96, true, 'hardSwish', 1],
  ] as const
).map(([kernel, expanded, outputs, squeeze, activation, stride]): Bottleneck => ({
  kernel,
  expanded,
  outputs,
  squeeze,
  activation,
  stride,
}));

/**
 * MobileNetV3-Small (Howard et al., 2019) as torchvision builds it, less the dropout before the classifier: 2,542,856
 * parameters with 1,000 classes. Its penultimate layer is a linear one with hard-swish on the pooled channels.
 */
export const mobilenetV3Small: Architecture = {
  name: 'mobilenet_v3_small',
  summary: 'MobileNetV3-Small for images of about 224×224 (Howard et al., 2019), as torchvision builds it',
  variants: {},
  batchNorm: { epsilon: 1e-3, momentum: 0.01 },
  build(layers, classes) {
    const convolutions: Layer[] = [
      convolution(layers, 'features.0', 3, 16, { kernel: 3, stride: 2 }, layers.hardSwish),
    ];
    const rows = ['features.0'];
    let inputs = 16;
    for (const block of SMALL) {
      const name = `features.${convolutions.length}`;
      if (block.outputs !== inputs) rows.push(name);
      convolutions.push(bottleneck(layers, name, inputs, block));
      inputs = block.outputs;
    }
    const name = `features.${convolutions.length}`;
    rows.push(name);
    convolutions.push(convolution(layers, name, inputs, 6 * inputs, { kernel: 1 }, layers.hardSwish));
    const network = sequence(...convolutions);
    const penultimate = layers.linear('classifier.0', 6 * inputs, 1024);
    return {
      features: (images, mode) => layers.hardSwish(penultimate(layers.globalAveragePool(network(images, mode)))),
      featureSize: 1024,
      classifier: layers.linear('classifier.3', 1024, classes),
      classifierName: 'classifier.3',
      rows,
    };
  },
};

/** Expand 1×1, filter depthwise, weigh the channels, project 1×1; added to its input where the shape allows. */
function bottleneck(layers: Layers, name: string, inputs: number, block: Bottleneck): Layer {
  const { kernel, expanded, outputs, squeeze, stride } = block;
  const activation = layers[block.activation];
  const steps: Layer[] = [];
  const next = () => `${name}.block.${steps.length}`;
  if (expanded !== inputs) steps.push(convolution(layers, next(), inputs, expanded, { kernel: 1 }, activation));
  steps.push(convolution(layers, next(), expanded, expanded, { kernel, stride, depthwise: true }, activation));
  if (squeeze) steps.push(squeezeExcitation(layers, next(), expanded));
  steps.push(convolution(layers, next(), expanded, outputs, { kernel: 1 }));
  const residual = sequence(...steps);
  if (stride !== 1 || inputs !== outputs) return layers.block(residual);
  return layers.block((x, mode) => layers.add(x, residual(x, mode)));
}

/** Scales each channel by a number in [0, 1] that depends on the means of all (Hu et al., 2018). */
function squeezeExcitation(layers: Layers, name: string, channels: number): Layer {
  const squeezed = divisibleByEight(channels / 4);
  const weights = sequence(
    layers.convolution(`${name}.fc1`, channels, squeezed, { kernel: 1, bias: true }),
    layers.relu,
    layers.convolution(`${name}.fc2`, squeezed, channels, { kernel: 1, bias: true }),
    layers.hardSigmoid,
  );
  return layers.block((x, mode) => layers.multiply(x, weights(layers.channelMeans(x), mode)));
}

/** Convolution (`NAME.0`), batch normalisation (`NAME.1`), activation. */
function convolution(
  layers: Layers,
  name: string,
  inputs: number,
  outputs: number,
  options: ConvolutionOptions,
  activation?: Layer,
): Layer {
  const parts = [layers.convolution(`${name}.0`, inputs, outputs, options), layers.batchNorm(`${name}.1`, outputs)];
  return layers.block(sequence(...parts, ...(activation ? [activation] : [])));
}
