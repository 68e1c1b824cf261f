import sharp from 'sharp';
import type { SeenMistake } from '../test-pass.js';

/** Longest side of a thumbnail, pixels: twelve of them are less than half a megabyte. */
const LARGEST = 96;

/** The images of wrong answers as `data:` addresses, in their order. */
export function thumbnailsOf(mistakes: readonly SeenMistake[], imageSize: number): Promise<string[]> {
  return Promise.all(
    mistakes.map(async ({ pixels }) => {
      const raw = { width: imageSize, height: imageSize, channels: 3 } as const;
      const image = sharp(pixels, { raw });
      const fitted = imageSize > LARGEST ? image.resize(LARGEST, LARGEST) : image;
      return `data:image/png;base64,${(await fitted.png().toBuffer()).toString('base64')}`;
    }),
  );
}
