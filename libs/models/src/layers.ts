import type { Engine, Tensor, Variable } from '#engine';
import type { ForwardMode } from './model.js';
import { positions, reorder, type ChannelOrder } from './reorder.js';
import { seededNormal } from './seeded-normal.js';

type Tensor4D = Parameters<Engine['kernels']['batchNormTraining']>[0];
type Tensor2D = Parameters<Engine['kernels']['softmaxCrossEntropy']>[0];

export type Layer = (x: Tensor4D, mode: ForwardMode) => Tensor4D;
export type LinearLayer = (x: Tensor) => Tensor;

export interface BatchNormOptions {
  /** Added to the variance before its root. */
  epsilon: number;
  /** Weight of a batch in the running statistics, PyTorch's convention: running ← (1 − m)·running + m·batch. */
  momentum: number;
}

export interface ConvolutionOptions {
  /** Height and width, where they differ. */
  kernel: number | readonly [height: number, width: number];
  stride?: number;
  /** One filter per channel: `outputs` must equal `inputs`. */
  depthwise?: boolean;
  /**
   * `centred` (default): (kernel − 1) / 2 zeros on each side, as PyTorch's networks have it. `none`: no zeros, the image
   * shrinks. `tensorflow`: TF's `SAME`, which with a stride of 2 and an even size pads below and to the right only; for
   * weights that were trained with it.
   */
  padding?: 'centred' | 'none' | 'tensorflow';
  /** Adds one number per output channel; default `false`: its batch normalisation, which must be asked for next, has one. */
  bias?: boolean;
  /** How the channels of x lie; default: as the filters have them. Those of a depthwise convolution leave as they came. */
  order?: ChannelOrder;
  /** How the output's channels are to lie; default: as the filters have them. */
  outputOrder?: ChannelOrder;
}

/** What a network's one global average pool is called where its input is watched. */
export const GLOBAL_POOL = 'globalAveragePool';

/** Larger than any activation. */
const NO_LIMIT = 1e30;

/**
 * Makes a network's layers and the variables that they own, under torchvision's names and in the order in which they
 * are asked for. Convolutions start He-normal over their fan-out (He et al., 2015; torchvision's choice), batch
 * normalisation as identity, linear layers at N(0, 0.01²) with zero bias, so that a new head starts with nearly equal
 * probabilities and disturbs a pretrained backbone little.
 */
export class Layers {
  readonly parameters: Record<string, Variable> = {};
  readonly statistics: Record<string, Variable> = {};
  /** The convolution whose output each batch normalisation takes, by name. */
  readonly convolutionBefore: Record<string, string> = {};
  /** Where set, sees the input of every batch normalisation (`[batch, height, width, channels]`). */
  onBatchNormInput?: (name: string, x: Tensor4D) => void;
  /** Where set, sees the input of every convolution and batch normalisation, by name, and of the global average pool. */
  onLayerInput?: (name: string, x: Tensor4D) => void;
  /** Where set, hears how many multiply-adds each convolution and linear layer needs for one image. */
  onMultiplyAdds?: (count: number) => void;

  private lastConvolution = '';

  constructor(
    private readonly engine: Engine,
    private readonly seed: number,
    readonly batchNormOptions: BatchNormOptions,
  ) {}

  convolution(name: string, inputs: number, outputs: number, options: ConvolutionOptions): Layer {
    const { tf, kernels } = this.engine;
    const { kernel, stride = 1, depthwise = false, padding = 'centred', bias = false, order, outputOrder } = options;
    this.lastConvolution = name;
    const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const shape = depthwise ? [height, width, inputs, 1] : [height, width, inputs, outputs];
    const fanOut = height * width * (depthwise ? 1 : outputs);
    const weight = this.normal(`${name}.weight`, shape, Math.sqrt(2 / fanOut));
    const offset = bias ? this.parameter(`${name}.bias`, [outputs], () => tf.zeros([outputs])) : undefined;
    // Centred padding and TF's SAME are the same thing at stride 1, and the backend has no other explicit padding.
    const padded = padding === 'centred' && stride > 1;
    const [above, left] = padded ? [(height - 1) / 2, (width - 1) / 2] : [0, 0];
    const mode = padding === 'none' || above > 0 || left > 0 ? 'valid' : 'same';
    return (x) => {
      this.onLayerInput?.(name, x);
      const image = zeroPad(tf, x, above, left);
      const arranged = order ? reorder(tf, weight, 2, order) : weight;
      const filters = (outputOrder ? reorder(tf, arranged, 3, outputOrder) : arranged) as Tensor4D;
      const y = depthwise ? tf.depthwiseConv2d(image, filters, stride, mode) : tf.conv2d(image, filters, stride, mode);
      this.onMultiplyAdds?.(y.shape[1] * y.shape[2] * height * width * outputs * (depthwise ? 1 : inputs));
      return offset ? kernels.biasAdd(y, offset) : y;
    };
  }

  /** @param order how the channels of x lie; default: as gamma, beta and the statistics have them */
  batchNorm(name: string, channels: number, order?: ChannelOrder): Layer {
    const { tf, kernels } = this.engine;
    const { epsilon, momentum } = this.batchNormOptions;
    this.convolutionBefore[name] = this.lastConvolution;
    const gamma = this.parameter(`${name}.weight`, [channels], () => tf.ones([channels]));
    const beta = this.parameter(`${name}.bias`, [channels], () => tf.zeros([channels]));
    const mean = this.statistic(`${name}.running_mean`, [channels], () => tf.zeros([channels]));
    const variance = this.statistic(`${name}.running_var`, [channels], () => tf.ones([channels]));
    const arriving = (values: Tensor) => (order ? reorder(tf, values, 0, order) : values);
    const own = (values: Tensor) => (order ? reorder(tf, values, 0, positions(order)) : values);
    return (x, mode) => {
      this.onLayerInput?.(name, x);
      this.onBatchNormInput?.(name, x);
      if (mode !== 'train') {
        const [scale, offset, average, spread] = [gamma, beta, mean, variance].map(arriving);
        return kernels.batchNormFrozen(x, scale, offset, average, spread, epsilon);
      }
      const batch = kernels.batchNormTraining(x, arriving(gamma), arriving(beta), epsilon);
      for (const [running, current] of [
        [mean, batch.mean],
        [variance, batch.variance],
      ] as const) {
        running.assign(tf.add(tf.mul(running, 1 - momentum), tf.mul(own(current), momentum)));
        current.dispose();
      }
      return batch.y;
    };
  }

  /** `[batch, inputs]` → `[batch, outputs]`. */
  linear(name: string, inputs: number, outputs: number): LinearLayer {
    const weight = this.normal(`${name}.weight`, [inputs, outputs], 0.01);
    const bias = this.parameter(`${name}.bias`, [outputs], () => this.engine.tf.zeros([outputs]));
    return (x) => {
      this.onMultiplyAdds?.(inputs * outputs);
      return this.engine.kernels.biasAdd(this.engine.tf.matMul(x as Tensor2D, weight as never), bias);
    };
  }

  /** The same layer, which frees what it computed on the way: called eagerly, a network would hold all of it at once. */
  block(layer: Layer): Layer {
    return (x, mode) => this.engine.tf.tidy(() => layer(x, mode));
  }

  relu: Layer = (x) => this.engine.tf.relu(x);
  relu6: Layer = (x) => this.engine.tf.relu6(x);
  /** relu6(x + 3) / 6 (Howard et al., 2019). */
  hardSigmoid = <T extends Tensor>(x: T): T => this.engine.tf.div(this.engine.tf.relu6(this.engine.tf.add(x, 3)), 6);
  /** x · hardSigmoid(x). */
  hardSwish = <T extends Tensor>(x: T): T => this.engine.tf.mul(x, this.hardSigmoid(x));
  add = (a: Tensor4D, b: Tensor4D): Tensor4D => this.engine.tf.add(a, b);
  multiply = (a: Tensor4D, b: Tensor4D): Tensor4D => this.engine.tf.mul(a, b);

  /** Channels of one after those of the other. */
  concat = (...parts: Tensor4D[]): Tensor4D => (parts.length === 1 ? parts[0] : this.engine.tf.concat(parts, 3));

  /** Parts of so many channels each; the gradient is one concatenation. */
  split = (x: Tensor4D, sizes: readonly number[]): Tensor4D[] =>
    sizes.length === 1 ? [x] : this.engine.tf.split(x, [...sizes], 3);

  firstChannels = (x: Tensor4D, count: number): Tensor4D =>
    x.shape[3] === count ? x : this.engine.tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, count]);

  /**
   * Max-pooling. Zeros are padded, which equals PyTorch's padding with −∞ only where x ≥ 0: after a ReLU.
   */
  maxPool(kernel: number, stride: number, padding: number): Layer {
    const { tf } = this.engine;
    return (x) => tf.maxPool(zeroPad(tf, x, padding, padding), kernel, stride, 'valid');
  }

  /**
   * Average over kernel × kernel at stride 1. Zeros around the image count, as PyTorch's default has it, or do not, as
   * TensorFlow's `SAME` has it.
   */
  averagePool(kernel: number, { countZeros = true } = {}): Layer {
    const { tf } = this.engine;
    const padding = (kernel - 1) / 2;
    return countZeros
      ? (x) => tf.avgPool(zeroPad(tf, x, padding, padding), kernel, 1, 'valid')
      : (x) => tf.avgPool(x, kernel, 1, 'same');
  }

  /**
   * min(relu(x), limit), where the limit is a statistic `NAME.limit`: weights that were quantised are right only with
   * activations that end where the quantised ones did.
   */
  clippedRelu(name: string): Layer {
    const limit = this.statistic(`${name}.limit`, [1], () => this.engine.tf.fill([1], NO_LIMIT));
    return (x) => this.engine.tf.minimum(this.engine.tf.relu(x), limit);
  }

  /** `[batch, height, width, channels]` → `[batch, 1, 1, channels]`. */
  channelMeans = (x: Tensor4D): Tensor4D => this.engine.tf.mean(x, [1, 2], true);

  /** `[batch, height, width, channels]` → `[batch, channels]`. */
  globalAveragePool = (x: Tensor4D): Tensor => {
    this.onLayerInput?.(GLOBAL_POOL, x);
    return this.engine.tf.mean(x, [1, 2]);
  };

  dispose(): void {
    for (const variable of [...Object.values(this.parameters), ...Object.values(this.statistics)]) variable.dispose();
  }

  private normal(name: string, shape: number[], standardDeviation: number): Variable {
    return this.parameter(name, shape, () => {
      const count = shape.reduce((product, size) => product * size, 1);
      return this.engine.tf.tensor(seededNormal(this.seed, name, count, standardDeviation), shape);
    });
  }

  private parameter(name: string, shape: number[], initial: () => Tensor): Variable {
    return this.declareOnce(this.parameters, name, shape, initial);
  }

  private statistic(name: string, shape: number[], initial: () => Tensor): Variable {
    return this.declareOnce(this.statistics, name, shape, initial);
  }

  private declareOnce(table: Record<string, Variable>, name: string, shape: number[], initial: () => Tensor): Variable {
    if (name in this.parameters || name in this.statistics) throw new Error(`two layers are called ${name}`);
    return (table[name] = this.declare(shape, initial, table === this.parameters));
  }

  /** Makes a variable; whoever wants to know nothing but names and shapes makes none. */
  protected declare(_shape: number[], initial: () => Tensor, trainable: boolean): Variable {
    const value = initial();
    const variable = this.engine.tf.variable(value, trainable);
    value.dispose();
    return variable;
  }
}

/** Runs layers one after the other. */
export function sequence(...layers: Layer[]): Layer {
  return (x, mode) => layers.reduce((y, layer) => layer(y, mode), x);
}

function zeroPad(tf: Engine['tf'], x: Tensor4D, height: number, width: number): Tensor4D {
  return height === 0 && width === 0
    ? x
    : tf.pad(x, [
        [0, 0],
        [height, height],
        [width, width],
        [0, 0],
      ]);
}
