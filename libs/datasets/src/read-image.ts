import { readFile, stat } from 'node:fs/promises';
import { decode, IMAGE_LIMITS, UndecodableImageError } from './decode.js';
import { fit, hashPixels } from './fit.js';
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

/**
 * Reads one image file and fits it to the target, as every image of a folder is read: a bad file is a fact to report,
 * not a failure.
 * @returns `size² × 3` RGB bytes and the hash of the decoded pixels, or why there are none
 */
export async function readImage(
  path: string,
  target: Target,
): Promise<{ readonly hash: Buffer; readonly pixels: Uint8Array } | NoImage> {
  try {
    const { size } = await stat(path);
    if (size === 0) throw new UndecodableImageError('the file is empty');
    if (size > IMAGE_LIMITS.bytes) throw new UndecodableImageError(`the file has ${size} bytes, too many`);
    const image = await decode(await readFile(path));
    return { hash: hashPixels(image), pixels: fit(image, target) };
  } catch (error) {
    if (error instanceof UndecodableImageError) return { reason: error.message };
    const reason = READ_ERRORS[(error as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw error;
    return { reason };
  }
}
