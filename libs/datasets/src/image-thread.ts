import { parentPort } from 'node:worker_threads';
import { readImageUnlessLarge, type FittedImage, type NoImage } from './read-image.js';
import type { Target } from './source.js';

/** A worker thread that reads images for `ImageReader`. */
export interface ImageRequest {
  readonly id: number;
  readonly path: string;
  readonly target: Target;
}

/** `large`: it should be read where large images are read one at a time. */
export type ImageAnswer = FittedImage | NoImage | 'large';

const port = parentPort!;
port.on('message', (request: ImageRequest | 'close') => {
  if (request === 'close') port.close();
  else void answer(request);
});

async function answer({ id, path, target }: ImageRequest): Promise<void> {
  try {
    const answer = await readImageUnlessLarge(path, target);
    // An image that fits as it is has memory of libvips, which cannot be handed over.
    const moved = answer !== 'large' && 'pixels' in answer && !Buffer.isBuffer(answer.pixels);
    port.postMessage({ id, answer }, moved ? [answer.pixels.buffer as ArrayBuffer] : []);
  } catch (error) {
    port.postMessage({ id, error });
  }
}
