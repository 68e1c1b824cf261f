import type { Preparation } from '#contracts';
import type { Tensor, Variable } from '#engine';
import type { StateDict } from '#models';
import type { OutputKind } from './probabilities.js';

/** Everything that a finished network is made of: enough to write it down, rebuild it, or build a model on top of it. */
export interface ClassifierParts {
  architecture: string;
  variant?: string;
  /** Width of the network's own head. */
  networkOutputs: number;
  /** The network's parameters and statistics. */
  state: StateDict;
  /** Applied to the head's output one after the other. Usually none. */
  sigmoidLayers: readonly SigmoidLayer[];
  /** What the outputs stand for; empty where there are only pretrained features and no classification head. */
  classNames: readonly string[];
  /** Its own preprocessing, which need not be that of the run that uses it. */
  image: Preparation;
  outputs: OutputKind;
  /** Content hash of the dataset whose training images it has seen, where that is known. */
  trainedOn?: string;
}

/** outputs = weightᵀ · sigmoid(previous outputs) + logitsᵀ · previous outputs + featuresᵀ · penultimate layer + bias. */
export interface SigmoidLayer {
  /** `[inputs, outputs]` */
  weight: { shape: number[]; values: Float32Array };
  /** `[outputs]` */
  bias: { shape: number[]; values: Float32Array };
  /** `[inputs, outputs]` */
  logits?: { shape: number[]; values: Float32Array };
  /** `[featureSize, outputs]` */
  features?: { shape: number[]; values: Float32Array };
}

/** A finished network, ready to look at images: a run's model, or pretrained weights. Never trained further. */
export interface Classifier {
  /** What it is, in words: "mobilenet_v2 (coco)". */
  readonly name: string;
  readonly classNames: readonly string[];
  readonly image: Preparation;
  readonly outputs: OutputKind;
  /** Trained numbers. */
  readonly parameters: number;
  /** Width of the penultimate layer. */
  readonly featureSize: number;
  /** Width of the logits; 0 where there is no classification head. */
  readonly logitSize: number;
  /** SHA-256 of weights, architecture and preprocessing: equal fingerprints give equal outputs for the same image. */
  readonly fingerprint: string;
  readonly parts: ClassifierParts;
  /** Names, in `parts.state`, of the weight and the bias of the network's head. */
  readonly head: readonly string[];
  /** What a captured function that calls `forward` needs in its program's state. */
  readonly variables: Readonly<Record<string, Variable>>;
  /**
   * Running statistics of batch normalisation, no dropout: a teacher never works in training mode.
   * @param images `[batch, height, width, 3]` of 0 to 255 as a dataset stores them; prepared here, as `image` says
   * @returns logits `[batch, logitSize]` and features `[batch, featureSize]`
   */
  forward(images: Tensor): { logits: Tensor; features: Tensor };
  /** Stages (`layer2`) whose outputs are maps, in their order; none of a TensorFlow.js model. */
  readonly stages: readonly string[];
  /**
   * As `forward`, what leaves one of the `stages`.
   * @returns `[batch, height, width, channels]`
   */
  map(images: Tensor, stage: string): Tensor;
  /** Multiply-adds for one image of its own size, layers on the sigmoid included. Runs the network once. */
  multiplyAdds(): number;
  dispose(): void;
}
