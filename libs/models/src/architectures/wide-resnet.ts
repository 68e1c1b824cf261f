import { sequence, type Layer, type Layers } from '../layers.js';
import type { Architecture } from './architecture.js';

/** WRN-16-2: 691,674 parameters with ten classes. */
export const wrn16x2 = wideResnet(16, 2);

/** WRN-40-2: 2,243,546 parameters with ten classes. */
export const wrn40x2 = wideResnet(40, 2);

/**
 * Wide ResNets for CIFAR's 32×32 images (Zagoruyko & Komodakis, 2016): batch normalisation and ReLU come before each
 * convolution. torchvision has none of them; parameter names are those of the implementation that distillation papers
 * share (Tian et al., 2020, "CRD"), less its dropout.
 * @param depth 6n + 4
 * @param widening of the three stages of 16, 32 and 64 channels
 */
function wideResnet(depth: number, widening: number): Architecture {
  const blocks = (depth - 4) / 6;
  const [first, second, third] = [16, 32, 64].map((width) => width * widening);
  return {
    name: `wrn_${depth}_${widening}`,
    summary: `WRN-${depth}-${widening} for images of about 32×32 (Zagoruyko & Komodakis, 2016)`,
    variants: {},
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    build(layers, classes) {
      const convolutions = sequence(
        layers.convolution('conv1', 3, 16, { kernel: 3 }),
        stage(layers, 'block1', 16, first, 1, blocks),
        stage(layers, 'block2', first, second, 2, blocks),
        stage(layers, 'block3', second, third, 2, blocks),
        layers.batchNorm('bn1', third),
        layers.relu,
      );
      return {
        features: (images, mode) => layers.globalAveragePool(convolutions(images, mode)),
        featureSize: third,
        classifier: layers.linear('fc', third, classes),
        classifierName: 'fc',
      };
    },
  };
}

function stage(layers: Layers, name: string, inputs: number, outputs: number, stride: number, blocks: number): Layer {
  return sequence(
    ...Array.from({ length: blocks }, (_, index) =>
      preActivationBlock(
        layers,
        `${name}.layer.${index}`,
        index === 0 ? inputs : outputs,
        outputs,
        index === 0 ? stride : 1,
      ),
    ),
  );
}

/** Normalise, ReLU, 3×3, twice. Where the width changes, a 1×1 convolution of the first activation is the shortcut. */
function preActivationBlock(layers: Layers, name: string, inputs: number, outputs: number, stride: number): Layer {
  const activate = sequence(layers.batchNorm(`${name}.bn1`, inputs), layers.relu);
  const residual = sequence(
    layers.convolution(`${name}.conv1`, inputs, outputs, { kernel: 3, stride }),
    layers.batchNorm(`${name}.bn2`, outputs),
    layers.relu,
    layers.convolution(`${name}.conv2`, outputs, outputs, { kernel: 3 }),
  );
  const shortcut =
    inputs === outputs ? undefined : layers.convolution(`${name}.convShortcut`, inputs, outputs, { kernel: 1, stride });
  return layers.block((x, mode) => {
    const activated = activate(x, mode);
    return layers.add(residual(activated, mode), shortcut?.(activated, mode) ?? x);
  });
}
