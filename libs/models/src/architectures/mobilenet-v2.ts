import { sequence, type ConvolutionOptions, type Layer, type Layers } from '../layers.js';
import type { Architecture } from './architecture.js';
import { divisibleByEight } from './divisible-by-eight.js';

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
 * MobileNetV2, 1×: 3,504,872 parameters with 1,000 classes.
 *
 * The `coco` variant is the backbone of an object detector (SSD) whose weights are published: TensorFlow's padding, an
 * epsilon of 1e-3, and cut off after the expansion of block 14 (`expanded_conv_13/expand`: 576 channels at 1/16 of the
 * resolution), where the detector's first head sits. What comes after serves large objects' boxes and is worth less as
 * a feature for classification.
 */
export const mobilenetV2 = mobilenet('mobilenet_v2', 1, {
  coco: {
    summary: "an object detector's backbone: TensorFlow's padding, cut off after the expansion of block 14",
    batchNorm: { epsilon: 1e-3, momentum: 0.1 },
  },
});

/** MobileNetV2, 0.35×: 1,677,128 parameters with 1,000 classes. */
export const mobilenetV2x35 = mobilenet('mobilenet_v2_x0_35', 0.35);

/** MobileNetV2, 0.5×: 1,968,680 parameters with 1,000 classes. */
export const mobilenetV2x50 = mobilenet('mobilenet_v2_x0_5', 0.5);

/** MobileNetV2, 0.75×: 2,636,424 parameters with 1,000 classes. */
export const mobilenetV2x75 = mobilenet('mobilenet_v2_x0_75', 0.75);

/** MobileNetV2, 1.4×: 6,108,776 parameters with 1,000 classes. */
export const mobilenetV2x140 = mobilenet('mobilenet_v2_x1_4', 1.4);

/**
 * MobileNetV2 (Sandler et al., 2018) as torchvision builds it, less the dropout before the classifier.
 * @param multiplier of the number of channels of every layer; below 1 the last one's 1,280 stay
 */
function mobilenet(name: string, multiplier: number, variants: Architecture['variants'] = {}): Architecture {
  return {
    name,
    summary: `MobileNetV2 ${multiplier}× for images of about 96×96 to 224×224 (Sandler et al., 2018), as torchvision builds it`,
    variants,
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    build(layers, classes, variant) {
      const coco = variant === 'coco';
      const padding = coco ? 'tensorflow' : 'centred';
      let inputs = divisibleByEight(32 * multiplier);
      const blocks: Layer[] = [convolutionBlock(layers, 'features.0', 3, inputs, { kernel: 3, stride: 2, padding })];
      const rows = ['features.0'];
      for (const [expansion, channels, repeats, firstStride] of INVERTED_RESIDUALS) {
        const outputs = divisibleByEight(channels * multiplier);
        rows.push(`features.${blocks.length}`);
        for (let repeat = 0; repeat < repeats; repeat++) {
          const block = `features.${blocks.length}`;
          if (coco && blocks.length === COCO_LAST_BLOCK) {
            const width = inputs * expansion;
            blocks.push(convolutionBlock(layers, `${block}.conv.0`, inputs, width, { kernel: 1 }));
            return finish(layers, blocks, rows, width, classes);
          }
          const stride = repeat === 0 ? firstStride : 1;
          blocks.push(invertedResidual(layers, block, inputs, outputs, { expansion, stride, padding }));
          inputs = outputs;
        }
      }
      const last = `features.${blocks.length}`;
      const featureSize = divisibleByEight(1280 * Math.max(1, multiplier));
      blocks.push(convolutionBlock(layers, last, inputs, featureSize, { kernel: 1 }));
      return finish(layers, blocks, [...rows, last], featureSize, classes);
    },
  };
}

function finish(layers: Layers, blocks: Layer[], rows: readonly string[], featureSize: number, classes: number) {
  const convolutions = sequence(...blocks);
  return {
    features: (images: Parameters<Layer>[0], mode: Parameters<Layer>[1]) =>
      layers.globalAveragePool(convolutions(images, mode)),
    featureSize,
    classifier: layers.linear('classifier.1', featureSize, classes),
    classifierName: 'classifier.1',
    rows,
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
