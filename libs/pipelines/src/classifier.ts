import type { ImageSpec } from '#contracts';
import type { Tensor } from '#engine';
import type { StateDict } from '#models';
import type { OutputKind } from './probabilities.js';

/** A finished network, ready to look at images: a run's model, or pretrained weights. Never trained further. */
export interface Classifier {
  /** What it is, in words: "mobilenet_v2 (coco)". */
  readonly name: string;
  /** What its outputs stand for; empty where there are only pretrained features and no classification head. */
  readonly classNames: readonly string[];
  /** Its own preprocessing, which need not be that of the run that uses it. */
  readonly image: ImageSpec;
  readonly outputs: OutputKind;
  /** Trained numbers. */
  readonly parameters: number;
  /** Width of the penultimate layer. */
  readonly featureSize: number;
  /** Width of the logits. */
  readonly logitSize: number;
  /** SHA-256 of weights, architecture and preprocessing: equal fingerprints give equal outputs for the same image. */
  readonly fingerprint: string;
  /** Architecture and weights of the network, for a model that is built on top of it. */
  readonly network: { architecture: string; variant?: string; outputs: number; state: StateDict };
  /**
   * Running statistics of batch normalisation, no dropout: a teacher never works in training mode.
   * @param images `[batch, size, size, 3]`, normalised
   */
  forward(images: Tensor): { logits: Tensor; features: Tensor };
  dispose(): void;
}
