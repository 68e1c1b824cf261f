import type { InputSignature, Tensor } from '#engine';

/** What is done to an image before a classifier looks at it; without a view it sees the image as it is. */
export interface OutputView {
  /** All that decides it but the image. */
  readonly key: string;
  /** In words, for listings. */
  readonly description: string;
  /** What a captured function must know of each image of a batch. */
  inputs(batchSize: number): Record<string, InputSignature>;
  /** The same, of the images at these places of the split, `[batchSize, …]`; rows behind the last place hold anything. */
  rows(places: Int32Array, batchSize: number): Record<string, Tensor>;
  /** @param images `[batch, size, size, 3]`, 0 to 255 */
  apply(images: Tensor, inputs: Record<string, Tensor>): Tensor;
}
