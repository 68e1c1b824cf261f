import type { Tensor } from '#engine';

/** What decides all random draws of a training step. */
export interface Draw {
  /** Of the run. */
  seed: number;
  /** int32 scalar, an input of the captured function. */
  step: Tensor;
}
