import { sequence, type ConvolutionOptions, type Layer, type Layers } from '../layers.js';
import type { Architecture } from './architecture.js';

/** Expansion t, channels c, repeats n, stride of the first s (Sandler et al., 2018, table 2). */
const INVERTED_RESIDUALS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** The block inside which the `coco` variant ends, after its expansion. */
const COCO_LAST_BLOCK = 14;

/**
 * MobileNetV2 (Sandler et al., 2018) as torchvision builds it, less the dropout before the classifier: 3,504,872
 * parameters with 1,000 classes.
 *
 * The `coco` variant is the backbone of an object detector (SSD) whose weights are published: TensorFlow's padding, an
 * epsilon of 1e-3, and cut off after the expansion of block 14 (`expanded_conv_13/expand`: 576 channels at 1/16 of the
 * resolution), where the detector's first head sits. What comes after serves large objects' boxes and is worth less as
 * a feature for classification.
 */
export const mobilenetV2: Architecture = {
  name: 'mobilenet_v2',
  summary: 'MobileNetV2 for images of about 96×96 to 224×224 (Sandler et al., 2018), as torchvision builds it',
  variants: {
    coco: {
      summary: "an object detector's backbone: TensorFlow's padding, cut off after the expansion of block 14",
      batchNorm: { epsilon: 1e-3, momentum: 0.1 },
    },
  },
  batchNorm: { epsilon: 1e-5, momentum: 0.1 },
  build(layers, classes, variant) {
    const coco = variant === 'coco';
    const padding = coco ? 'tensorflow' : 'centred';
    const blocks: Layer[] = [convolutionBlock(layers, 'features.0', 3, 32, { kernel: 3, stride: 2, padding })];
    let inputs = 32;
    for (const [expansion, outputs, repeats, firstStride] of INVERTED_RESIDUALS) {
      for (let repeat = 0; repeat < repeats; repeat++) {
        const name = `features.${blocks.length}`;
        if (coco && blocks.length === COCO_LAST_BLOCK) {
          const width = inputs * expansion;
          blocks.push(convolutionBlock(layers, `${name}.conv.0`, inputs, width, { kernel: 1 }));
          return finish(layers, blocks, width, classes);
        }
        const stride = repeat === 0 ? firstStride : 1;
        blocks.push(invertedResidual(layers, name, inputs, outputs, { expansion, stride, padding }));
        inputs = outputs;
      }
    }
    blocks.push(convolutionBlock(layers, `features.${blocks.length}`, inputs, 1280, { kernel: 1 }));
    return finish(layers, blocks, 1280, classes);
  },
};

function finish(layers: Layers, blocks: Layer[], featureSize: number, classes: number) {
  const convolutions = sequence(...blocks);
  return {
    features: (images: Parameters<Layer>[0], mode: Parameters<Layer>[1]) =>
      layers.globalAveragePool(convolutions(images, mode)),
    featureSize,
    classifier: layers.linear('classifier.1', featureSize, classes),
    classifierName: 'classifier.1',
  };
}

/** Convolution (`NAME.0`), batch normalisation (`NAME.1`), ReLU6. */
function convolutionBlock(
  layers: Layers,
  name: string,
  inputs: number,
  outputs: number,
  options: ConvolutionOptions,
): Layer {
  return layers.block(
    sequence(
      layers.convolution(`${name}.0`, inputs, outputs, options),
      layers.batchNorm(`${name}.1`, outputs),
      layers.relu6,
    ),
  );
}

/** Expand 1×1, filter 3×3 depthwise, project 1×1 without activation; added to its input where the shape allows. */
function invertedResidual(
  layers: Layers,
  name: string,
  inputs: number,
  outputs: number,
  options: { expansion: number; stride: number; padding: ConvolutionOptions['padding'] },
): Layer {
  const { expansion, stride, padding } = options;
  const width = inputs * expansion;
  const expand = expansion === 1 ? [] : [convolutionBlock(layers, `${name}.conv.0`, inputs, width, { kernel: 1 })];
  const filter = convolutionBlock(layers, `${name}.conv.${expand.length}`, width, width, {
    kernel: 3,
    stride,
    padding,
    depthwise: true,
  });
  const project = expand.length + 1;
  const residual = sequence(
    ...expand,
    filter,
    layers.convolution(`${name}.conv.${project}`, width, outputs, { kernel: 1 }),
    layers.batchNorm(`${name}.conv.${project + 1}`, outputs),
  );
  if (stride !== 1 || inputs !== outputs) return layers.block(residual);
  return layers.block((x, mode) => layers.add(x, residual(x, mode)));
}
