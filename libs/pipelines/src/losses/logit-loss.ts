/**
 * A loss of logits and labels in float64, with its gradient: what a deterministic solver minimises to many digits.
 * @param logits `[images, classes]`
 * @param labels class index of each image
 * @param gradient `[images, classes]`, overwritten with ∂loss/∂logits
 * @returns the loss, nats, averaged over the images
 */
export type LogitLoss = (
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  gradient: Float32Array | Float64Array,
) => number;
