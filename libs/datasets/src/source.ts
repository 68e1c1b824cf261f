/** Which of its own splits a source puts an image in. */
export const ORIGINS = ['train', 'validation', 'test', 'unlabelled'] as const;
export type Origin = (typeof ORIGINS)[number];

/** How images are made to fit: one size for all, by squashing, or by resizing the short side and cropping. */
export interface Target {
  /** Height and width, pixels. */
  readonly size: number;
  readonly resize: 'squash' | 'crop';
}

/** One image as it is stored: fitted to the target. */
export interface SourceImage {
  readonly origin: Origin;
  /** Class index; -1: unknown. */
  readonly label: number;
  /** SHA-256 of the decoded pixels before they were resized: the same whatever the target. */
  readonly hash: Uint8Array;
  /** `size² × 3` RGB bytes, or why the image could not be read. */
  readonly pixels: Uint8Array;
}

export interface UnreadableImage {
  readonly file: string;
  readonly reason: string;
}

/** Where images come from, before they are decoded. */
export interface Source {
  readonly name: string;
  /** Identity of the content: another key, another cache entry. */
  readonly key: string;
  readonly classes: readonly string[];
  /** Height and width of every image where all are alike, pixels. */
  readonly nativeSize?: number;
  /** Images, readable or not. */
  readonly count: number;
  /** Decodes every image, in an order that depends on the content of the source alone. */
  images(target: Target, signal: AbortSignal): AsyncIterable<SourceImage | UnreadableImage>;
}
