import type { Engine, Tensor, Variable } from '#engine';

/**
 * How batch normalisation behaves. `train`: the batch's statistics, and the running ones are updated; `frozen`: running
 * statistics, but differentiable; `inference`: running statistics.
 */
export type ForwardMode = 'train' | 'frozen' | 'inference';

/**
 * A network. Parameter names and shapes' meaning are torchvision's (`layer1.0.conv1.weight`, `bn1.running_mean`), the
 * layout is TensorFlow's (convolutions HWIO, linear `[in, out]`).
 */
export interface Model {
  /** Where its variables live. */
  readonly engine: Engine;
  readonly name: string;
  /** What distinguishes it from the architecture's usual form, such as `coco`; absent in the usual form. */
  readonly variant?: string;
  readonly classes: number;
  /** Trainable parameters, by name. */
  readonly parameters: Readonly<Record<string, Variable>>;
  /** Running statistics of batch normalisation, by name; not trained by gradient. */
  readonly statistics: Readonly<Record<string, Variable>>;
  /** Names of the parameters of the classification head, which a new task replaces. */
  readonly head: readonly string[];
  /** Width of the penultimate layer. */
  readonly featureSize: number;
  /** Where blocks are numbered on (`features.4`), those with which a row of the paper's table begins; else none. */
  readonly rows: readonly string[];
  /**
   * @param images `[batch, height, width, 3]`, normalised
   * @param watched a convolution or batch normalisation by its name (`layer2.0.conv1`), or `GLOBAL_POOL`
   * @returns logits `[batch, classes]`, features `[batch, featureSize]` (the penultimate layer, pooled), and the `input`
   *   of the watched layer, `[batch, height, width, channels]`
   */
  forward(images: Tensor, mode: ForwardMode, watched?: string): { logits: Tensor; features: Tensor; input?: Tensor };
  /**
   * Multiply-adds of the convolutions and linear layers for one square image, as torchvision and the papers count them
   * (their "FLOPs"; normalisation, activations and pooling are left out). Runs the network once, on zeros.
   * @param imageSize height and width, pixels
   */
  multiplyAdds(imageSize: number): number;
  dispose(): void;
}

export interface ModelOptions {
  classes: number;
  /** Seed of the initial weights: the same seed gives the same bits on every machine and backend. */
  seed: number;
  /** One of the architecture's variants. */
  variant?: string;
}

/** Values of every parameter and statistic by name: what a checkpoint and a weight file hold. Float32, TF layout. */
export type StateDict = Record<string, { shape: number[]; values: Float32Array }>;
