import { createHash } from 'node:crypto';
import { resample, type Pixels } from './resample.js';
import type { Target } from './source.js';

/** Raised whenever `fit`, or how pixels are decoded and hashed, changes: entries of the cache depend on it. */
export const TRANSFORM_VERSION = 1;

/**
 * Fits an image to the target: `squash` as torchvision's `Resize((size, size))`, `crop` as `Resize(size)` followed by
 * `CenterCrop(size)`, both on PIL images with bilinear antialiasing. Enlarges where the image is smaller.
 * @returns `size² × 3` bytes
 */
export function fit(image: Pixels, target: Target): Uint8Array {
  const { size } = target;
  if (image.width === size && image.height === size) return image.pixels;
  if (target.resize === 'squash') {
    return resample(image, size, size, { left: 0, top: 0, width: size, height: size });
  }
  const short = Math.min(image.width, image.height);
  const width = Math.trunc((size * image.width) / short);
  const height = Math.trunc((size * image.height) / short);
  const window = { left: roundHalfEven((width - size) / 2), top: roundHalfEven((height - size) / 2) };
  return resample(image, width, height, { ...window, width: size, height: size });
}

/** Python's `round`, which torchvision's centre crop uses. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** SHA-256 of an image's size and RGB bytes: equal for two files exactly if they decode to the same picture. */
export function hashPixels(image: Pixels): Buffer {
  const size = Buffer.alloc(8);
  size.writeUInt32LE(image.width, 0);
  size.writeUInt32LE(image.height, 4);
  return createHash('sha256').update(size).update(image.pixels).digest();
}
