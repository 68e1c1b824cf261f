import { readFile, stat } from 'node:fs/promises';
import { decode, decodeUnlessLarge, IMAGE_LIMITS, UndecodableImageError } from './decode.js';
import { fit, hashPixels } from './fit.js';
import type { Pixels } from './resample.js';
import type { Target } from './source.js';

/** Why an image can't be had; never its name, which the caller knows. */
export interface NoImage {
  readonly reason: string;
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'it may not be read (EACCES)',
  ENOENT: 'there is no such file (ENOENT)',
  EISDIR: 'it is a folder',
  EIO: 'the disk failed (EIO)',
};

export interface FittedImage {
  /** Of the decoded pixels, before they were fitted. */
  readonly hash: Uint8Array;
  /** `size² × 3` RGB bytes. */
  readonly pixels: Uint8Array;
}

/**
 * Reads one image file and fits it to the target, as every image of a folder is read: a bad file is a fact to report,
 * not a failure.
 */
export function readImage(path: string, target: Target): Promise<FittedImage | NoImage> {
  return read<never>(path, target, decode);
}

/** As `readImage`, but leaves a large image to whoever reads one such at a time, and says so. */
export function readImageUnlessLarge(path: string, target: Target): Promise<FittedImage | NoImage | 'large'> {
  return read(path, target, decodeUnlessLarge);
}

async function read<Left extends 'large'>(
  path: string,
  target: Target,
  decoder: (bytes: Buffer) => Promise<Pixels | Left>,
): Promise<FittedImage | NoImage | Left> {
  try {
    const { size } = await stat(path);
    if (size === 0) throw new UndecodableImageError('the file is empty');
    if (size > IMAGE_LIMITS.bytes) throw new UndecodableImageError(`the file has ${size} bytes, too many`);
    const image = await decoder(await readFile(path));
    if (typeof image === 'string') return image;
    return { hash: hashPixels(image), pixels: fit(image, target) };
  } catch (error) {
    if (error instanceof UndecodableImageError) return { reason: error.message };
    const reason = READ_ERRORS[(error as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw error;
    return { reason };
  }
}
