import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { readImage, type FittedImage, type NoImage } from './read-image.js';
import type { ImageAnswer, ImageRequest } from './image-thread.js';
import type { Target } from './source.js';

/** Fewer images per thread are read sooner than the thread has started. */
const IMAGES_PER_THREAD = 64;
/** One image is decoded by libvips while another is resized in the thread itself. */
const IMAGES_AT_ONCE = 2;
const THREAD_URL = new URL('./image-thread.js', import.meta.url);

/** Reads images, several at once. */
export interface ImageReader {
  /** How many to ask for at once so that no processor waits. */
  readonly concurrency: number;
  /** As `readImage`. */
  read(path: string, target: Target): Promise<FittedImage | NoImage>;
  /** Once all that was asked for has come. */
  close(): Promise<void>;
}

/**
 * Worker threads that decode, hash and resize, one per processor where there are images enough. Node runs no
 * TypeScript: from the sources, as in unit tests, the images are read in this thread.
 */
export function openImageReader(images: number, threads: number = availableParallelism()): ImageReader {
  const wanted = Math.min(threads, Math.floor(images / IMAGES_PER_THREAD));
  if (wanted < 2 || !existsSync(THREAD_URL)) {
    return { concurrency: threads + 1, read: readImage, close: () => Promise.resolve() };
  }
  const workers = Array.from({ length: wanted }, () => new ImageThread());
  return {
    concurrency: wanted * IMAGES_AT_ONCE,
    async read(path, target) {
      const idlest = workers.reduce((best, worker) => (worker.waiting < best.waiting ? worker : best));
      const answer = await idlest.read(path, target);
      // Several of them would fill the memory together: this thread takes them one by one.
      return answer === 'large' ? readImage(path, target) : answer;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

class ImageThread {
  private readonly worker = new Worker(THREAD_URL);
  private readonly asked = new Map<number, { resolve(answer: ImageAnswer): void; reject(error: unknown): void }>();
  private failure: unknown;
  private next = 0;

  constructor() {
    this.worker.on('message', ({ id, answer, error }: { id: number; answer: ImageAnswer; error?: unknown }) => {
      const waiting = this.asked.get(id);
      this.asked.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(error);
    });
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', () => this.fail(new Error('A thread that reads images has ended early')));
  }

  get waiting(): number {
    return this.asked.size;
  }

  read(path: string, target: Target): Promise<ImageAnswer> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      const id = this.next++;
      this.asked.set(id, { resolve, reject });
      this.worker.postMessage({ id, path, target } satisfies ImageRequest);
    });
  }

  async close(): Promise<void> {
    if (this.failure !== undefined) return;
    // Not terminated: libvips may be at work in it.
    this.worker.postMessage('close');
    await once(this.worker, 'exit');
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    for (const { reject } of this.asked.values()) reject(error);
    this.asked.clear();
  }
}
