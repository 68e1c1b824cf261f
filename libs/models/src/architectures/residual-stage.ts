import { sequence, type Layer, type Layers } from '../layers.js';

/** A residual block under torchvision's names; a block that changes the shape has a 1×1 convolution as its shortcut. */
export interface ResidualBlock {
  /** Its output is so many times as wide as its inner convolutions. */
  readonly expansion: number;
  /** @param outputs width of the block's output */
  build(layers: Layers, name: string, inputs: number, outputs: number, stride: number): Layer;
}

/** `blocks` blocks named `NAME.0`, `NAME.1`, …; the first one changes width and resolution. */
export function residualStage(
  layers: Layers,
  block: ResidualBlock,
  name: string,
  inputs: number,
  outputs: number,
  stride: number,
  blocks: number,
): Layer {
  return sequence(
    ...Array.from({ length: blocks }, (_, index) =>
      block.build(layers, `${name}.${index}`, index === 0 ? inputs : outputs, outputs, index === 0 ? stride : 1),
    ),
  );
}

/**
 * relu(residual(x) + shortcut(x)). Where the shape changes, the shortcut is a 1×1 convolution with batch normalisation
 * (option B of He et al., 2015), which is declared here, after the residual's layers.
 */
export function withShortcut(
  layers: Layers,
  name: string,
  inputs: number,
  outputs: number,
  stride: number,
  residual: Layer,
): Layer {
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
