/** What a person calls a dataset: named classes, and splits that share no image. */
export interface Dataset {
  readonly name: string;
  readonly classes: readonly string[];
  /** SHA-256 over the content of all images and labels and how they were split: the dataset's version. */
  readonly contentHash: string;
  readonly train: Split;
  readonly validation: Split;
  readonly test: Split;
  /** Images whose labels take no part. */
  readonly unlabelled: Split;
  /** Files that could not be read, by name. */
  readonly unreadable: readonly { file: string; reason: string }[];
  close(): Promise<void>;
}

/** An ordered set of decoded images, all of one size. */
export interface Split {
  readonly name: 'train' | 'validation' | 'test' | 'unlabelled';
  readonly length: number;
  /** Height = width of the stored images, pixels. At most the spec's `image.size`; smaller where the source is smaller. */
  readonly imageSize: number;
  /** Class index of each image; all -1 in `unlabelled`. */
  readonly labels: Int32Array;
  /** Content hash of each image (hex, of the decoded pixels), for caches and for checking alignment. */
  readonly hashes: readonly string[];
  /** Reads images into `out` (`indices.length × imageSize² × 3` bytes, RGB), in that order. */
  read(indices: ArrayLike<number>, out: Uint8Array): Promise<void>;
}

export interface Batch {
  /** `[batch, imageSize, imageSize, 3]` RGB bytes. */
  images: Uint8Array;
  labels: Int32Array;
  /** Positions in the split, for looking up cached teacher outputs. */
  indices: Int32Array;
  size: number;
}
