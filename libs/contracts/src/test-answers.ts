import { z } from 'zod';

/** Which test images a model is right about: a bit each, 1.3 kB for 10,000 images. */
export const TestAnswersSchema = z.object({
  images: z.int().nonnegative(),
  /** SHA-256 of the images' content hashes, a line each, in the order of the split. */
  imagesHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Base64; image i is bit i mod 8 (the lowest first) of byte ⌊i / 8⌋, set where the model is right. */
  right: z.base64(),
});
export type TestAnswers = z.infer<typeof TestAnswersSchema>;

/**
 * @returns of each test image 1 where the model is right about it, else 0: `[images]`
 * @throws RangeError where there are fewer bits than images
 */
export function rightImages({ images, right }: TestAnswers): Uint8Array {
  const bytes = Uint8Array.from(atob(right), (character) => character.charCodeAt(0));
  if (bytes.length * 8 < images) throw new RangeError(`${bytes.length} bytes are too few for ${images} images`);
  return Uint8Array.from({ length: images }, (_, i) => (bytes[i >> 3] >> (i & 7)) & 1);
}
