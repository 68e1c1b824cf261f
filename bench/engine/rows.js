/** What is measured: networks of different kinds, at the sizes at which they are published. */

/**
 * Multiply-adds of one image's forward pass, and of the first convolution alone, which has no gradient with respect to
 * its input. Counted by PyTorch 2.14's `torch.utils.flop_counter.FlopCounterMode`, and by hand for the first layers.
 */
const NETWORKS = {
  lenet: { size: 28, channels: 1, classes: 10, multiplyAdds: 416_520, firstLayer: 28 * 28 * 6 * 25 },
  resnet8: { size: 32, channels: 3, classes: 10, multiplyAdds: 12_501_632, firstLayer: 32 * 32 * 16 * 27 },
  resnet20: { size: 32, channels: 3, classes: 10, multiplyAdds: 40_813_184, firstLayer: 32 * 32 * 16 * 27 },
  mobilenet_v2: { size: 224, channels: 3, classes: 1000, multiplyAdds: 300_774_272, firstLayer: 112 * 112 * 32 * 27 },
  shufflenet_v2: { size: 224, channels: 3, classes: 1000, multiplyAdds: 144_907_992, firstLayer: 112 * 112 * 24 * 27 },
  // Nearly all of their work is convolutions of many channels: what they can reach is a matrix product's rate.
  resnet18: {
    size: 224,
    channels: 3,
    classes: 1000,
    multiplyAdds: 1_814_073_344,
    firstLayer: 112 * 112 * 64 * 147,
    convolutionBound: true,
  },
  resnet50: {
    size: 224,
    channels: 3,
    classes: 1000,
    multiplyAdds: 4_089_184_256,
    firstLayer: 112 * 112 * 64 * 147,
    convolutionBound: true,
  },
  inception_v3: {
    size: 299,
    channels: 3,
    classes: 1000,
    multiplyAdds: 5_713_216_096,
    firstLayer: 149 * 149 * 32 * 27,
    convolutionBound: true,
  },
};

const TRAIN = [
  ['lenet', 64],
  ['resnet20', 64],
  ['mobilenet_v2', 16],
  ['resnet18', 16],
  ['shufflenet_v2', 16],
];
const FORWARD = [
  ['mobilenet_v2', 8],
  ['resnet50', 8],
  ['inception_v3', 8],
];
/** Small enough that one core per trainer is the better use of a machine. */
const MANY_TRAINERS = [
  ['resnet8', 64],
  ['resnet20', 64],
];

/**
 * @param precisions of the training rows: `float32`, and `bfloat16` where asked for
 * @param trainers how many one-thread trainers share the machine in the last rows; none with fewer than two
 */
export function benchRows({ precisions, trainers }) {
  return [
    ...precisions.flatMap((precision) => TRAIN.map((row) => benchRow('train', row, { precision }))),
    ...FORWARD.map((row) => benchRow('forward', row, {})),
    ...(trainers > 1 ? MANY_TRAINERS.map((row) => benchRow('train', row, { trainers })) : []),
  ];
}

function benchRow(mode, [model, batch], { precision = 'float32', trainers = 1 }) {
  const { size, channels, classes, multiplyAdds, firstLayer, convolutionBound = false } = NETWORKS[model];
  const row = { model, mode, precision, batch, size, channels, classes, trainers, convolutionBound };
  // Backward, each layer multiplies as much for its weights, and again for its input.
  const multiplyAddsPerImage = mode === 'train' ? 3 * multiplyAdds - firstLayer : multiplyAdds;
  return { ...row, multiplyAddsPerImage, name: rowName(row) };
}

/** Such as `resnet18@224 train b16 float32`; what `--rows` is matched against. */
export function rowName({ model, size, mode, batch, precision, trainers }) {
  return `${model}@${size} ${mode} b${batch} ${precision}${trainers > 1 ? ` ${trainers} trainers` : ''}`;
}
