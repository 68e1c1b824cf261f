import { sequence, type Layer, type Layers } from '../layers.js';

/**
 * The two-convolution residual block of He et al. (2015, figure 5 left), under torchvision's names. Where the shape
 * changes, the shortcut is a 1×1 convolution with batch normalisation (option B of the paper).
 */
export function basicBlock(layers: Layers, name: string, inputs: number, outputs: number, stride: number): Layer {
  const residual = sequence(
    layers.convolution(`${name}.conv1`, inputs, outputs, { kernel: 3, stride }),
    layers.batchNorm(`${name}.bn1`, outputs),
    layers.relu,
    layers.convolution(`${name}.conv2`, outputs, outputs, { kernel: 3 }),
    layers.batchNorm(`${name}.bn2`, outputs),
  );
  const shortcut =
    stride !== 1 || inputs !== outputs
      ? sequence(
          layers.convolution(`${name}.downsample.0`, inputs, outputs, { kernel: 1, stride }),
          layers.batchNorm(`${name}.downsample.1`, outputs),
        )
      : undefined;
  return layers.block((x, mode) => {
    const y = residual(x, mode);
    return layers.relu(layers.add(y, shortcut?.(x, mode) ?? x), mode);
  });
}

/** `blocks` basic blocks named `NAME.0`, `NAME.1`, …; the first one changes width and resolution. */
export function basicStage(
  layers: Layers,
  name: string,
  inputs: number,
  outputs: number,
  stride: number,
  blocks: number,
): Layer {
  return sequence(
    ...Array.from({ length: blocks }, (_, index) =>
      basicBlock(layers, `${name}.${index}`, index === 0 ? inputs : outputs, outputs, index === 0 ? stride : 1),
    ),
  );
}
