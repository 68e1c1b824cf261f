import type { Tensor } from '#engine';
import type { BatchNormOptions, Layers, LinearLayer } from '../layers.js';
import type { ForwardMode } from '../model.js';

/** A family of networks: one file each, one entry of `MODELS` each. */
export interface Architecture {
  readonly name: string;
  /** One line for listings: what it is and where it was published. */
  readonly summary: string;
  /** Its other forms, by name, with one line on each. */
  readonly variants: Readonly<Record<string, { summary: string; batchNorm: BatchNormOptions }>>;
  readonly batchNorm: BatchNormOptions;
  /** Declares the layers in the order of the network and says how they are joined. */
  build(layers: Layers, classes: number, variant?: string): Network;
}

export interface Network {
  /** `[batch, height, width, 3]` → `[batch, featureSize]`. */
  features(images: Parameters<Layers['globalAveragePool']>[0], mode: ForwardMode): Tensor;
  featureSize: number;
  classifier: LinearLayer;
  /** Name of the classifier, such as `fc`. */
  classifierName: string;
  /** Where blocks are numbered on (`features.4`), those with which a row of the paper's table begins. */
  rows?: readonly string[];
}
