import { sequence, type Layer, type Layers } from '../layers.js';
import { padded, type ChannelOrder } from '../reorder.js';
import type { Architecture } from './architecture.js';
import { planShuffles } from './channel-shuffle.js';

type Image = Parameters<Layer>[0];

const UNITS = [4, 8, 4] as const;

/**
 * oneDNN normalises a batch two to three times as fast where the channels are a multiple of eight, and 58 and 116 are
 * not. Branches are that much wider, with filters of zeros, and compute the same.
 */
const MULTIPLE = 8;

/** ShuffleNetV2 (Ma et al., 2018, table 5), 1×: 2,278,604 parameters with 1,000 classes. */
export const shufflenetV2 = shufflenet('shufflenet_v2', '1×', [24, 116, 232, 464, 1024]);

/** ShuffleNetV2, 0.5×: 1,366,792 parameters with 1,000 classes. */
export const shufflenetV2Half = shufflenet('shufflenet_v2_x0_5', '0.5×', [24, 48, 96, 192, 1024]);

/** @param widths of the stem, the three stages and the last convolution */
function shufflenet(name: string, size: string, widths: readonly [number, number, number, number, number]) {
  return {
    name,
    summary: `ShuffleNetV2 ${size} for images of about 224×224 (Ma et al., 2018), as torchvision builds it`,
    variants: {},
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    build(layers, classes) {
      const [stem, , , last, featureSize] = widths;
      const convolutions: Layer[] = [
        convolutionBlock(layers, 'conv1', 3, stem, { kernel: 3, stride: 2 }),
        layers.maxPool(3, 2, 1),
      ];
      let order: ChannelOrder | undefined;
      UNITS.forEach((units, index) => {
        const made = stage(layers, `stage${index + 2}`, widths[index], widths[index + 1], units, order);
        convolutions.push(made.layer);
        order = made.order;
      });
      convolutions.push(convolutionBlock(layers, 'conv5', last, featureSize, { kernel: 1, order }));
      const network = sequence(...convolutions);
      return {
        features: (images, mode) => layers.globalAveragePool(network(images, mode)),
        featureSize,
        classifier: layers.linear('fc', featureSize, classes),
        classifierName: 'fc',
      };
    },
  } satisfies Architecture;
}

/**
 * A unit that halves the resolution, then units that keep it.
 * @param order in which the input's channels arrive
 * @returns the stage, and the order in which its channels leave
 */
function stage(
  layers: Layers,
  name: string,
  inputs: number,
  outputs: number,
  units: number,
  order: ChannelOrder | undefined,
): { layer: Layer; order: ChannelOrder } {
  const half = outputs / 2;
  const width = Math.ceil(half / MULTIPLE) * MULTIPLE;
  const plan = planShuffles(outputs, units, width);
  const shortcut = shrinkingBranch(layers, `${name}.0.branch1`, inputs, half, width, order);
  const first = filteringBranch(layers, `${name}.0.branch2`, inputs, half, width, 2, order);
  const branches = Array.from({ length: units - 1 }, (_, index) =>
    filteringBranch(layers, `${name}.${index + 1}.branch2`, half, half, width, 1, plan.orders[index + 1]),
  );
  const layer = layers.block((x, mode) => {
    const parts: Image[][] = Array.from({ length: units + 1 }, () => []);
    const hand = (made: number, y: Image) => {
      const { sizes, takers } = plan.outputs[made];
      const kept = sizes.reduce((sum, size) => sum + size, 0);
      layers.split(layers.firstChannels(y, kept), sizes).forEach((part, index) => parts[takers[index]].push(part));
    };
    hand(0, shortcut(x, mode));
    hand(1, first(x, mode));
    branches.forEach((branch, index) => hand(index + 2, branch(layers.concat(...parts[index + 1]), mode)));
    return layers.concat(...parts[units]);
  });
  return { layer, order: plan.orders[units] };
}

/**
 * Depthwise 3×3 at stride 2, then 1×1: what stands for the passed-on half where the resolution changes.
 * @param width of what leaves: the outputs, and padding behind them
 */
function shrinkingBranch(
  layers: Layers,
  name: string,
  inputs: number,
  outputs: number,
  width: number,
  order?: ChannelOrder,
): Layer {
  const outputOrder = width === outputs ? undefined : padded(outputs, width);
  return layers.block(
    sequence(
      layers.convolution(`${name}.0`, inputs, inputs, { kernel: 3, stride: 2, depthwise: true, order }),
      layers.batchNorm(`${name}.1`, inputs, order),
      layers.convolution(`${name}.2`, inputs, outputs, { kernel: 1, order, outputOrder }),
      layers.batchNorm(`${name}.3`, outputs, outputOrder),
      layers.relu,
    ),
  );
}

/** 1×1, depthwise 3×3 without activation, 1×1. */
function filteringBranch(
  layers: Layers,
  name: string,
  inputs: number,
  outputs: number,
  width: number,
  stride: number,
  order?: ChannelOrder,
): Layer {
  const inner = width === outputs ? undefined : padded(outputs, width);
  return layers.block(
    sequence(
      layers.convolution(`${name}.0`, inputs, outputs, { kernel: 1, order, outputOrder: inner }),
      layers.batchNorm(`${name}.1`, outputs, inner),
      layers.relu,
      layers.convolution(`${name}.3`, outputs, outputs, { kernel: 3, stride, depthwise: true, order: inner }),
      layers.batchNorm(`${name}.4`, outputs, inner),
      layers.convolution(`${name}.5`, outputs, outputs, { kernel: 1, order: inner, outputOrder: inner }),
      layers.batchNorm(`${name}.6`, outputs, inner),
      layers.relu,
    ),
  );
}

/** Convolution (`NAME.0`), batch normalisation (`NAME.1`), ReLU. */
function convolutionBlock(
  layers: Layers,
  name: string,
  inputs: number,
  outputs: number,
  options: Parameters<Layers['convolution']>[3],
): Layer {
  return layers.block(
    sequence(
      layers.convolution(`${name}.0`, inputs, outputs, options),
      layers.batchNorm(`${name}.1`, outputs),
      layers.relu,
    ),
  );
}
