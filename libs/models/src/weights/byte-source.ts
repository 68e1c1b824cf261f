import { open } from 'node:fs/promises';
import { UserError } from '#contracts';

/** More than any network or checkpoint here has, bytes: of a weight file, and of what it unpacks to. */
export const MAX_WEIGHTS_BYTES = 2 * 1024 ** 3;

/**
 * Refuses tensors that would take more memory than weights may: asked before the first of them is read.
 * @param bytes of all of them as float32
 */
export function refuseTooLarge(bytes: number, refuse: (reason: string) => never): void {
  if (bytes > MAX_WEIGHTS_BYTES) {
    refuse(`its tensors would have ${bytes} bytes as float32, more than ${MAX_WEIGHTS_BYTES}`);
  }
}

/** Bytes that are read where they are needed, so that a file is never in memory as a whole. */
export interface ByteSource {
  readonly size: number;
  /**
   * A copy of `length` bytes. The caller has made sure that they lie within `size`.
   * @throws Error where the file has become shorter
   */
  read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Opens a weight file for the time of `use`.
 * @throws UserError where it is no file, cannot be read, or is larger than `MAX_WEIGHTS_BYTES`
 */
export async function withWeightsFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const cannot = (cause: unknown): never => {
    throw new UserError(`cannot read weights from ${path}: ${(cause as Error).message}`, { cause });
  };
  const file = await open(path, 'r').catch(cannot);
  try {
    const info = await file.stat();
    if (!info.isFile()) throw new Error('it is no file');
    if (info.size > MAX_WEIGHTS_BYTES) throw new Error(`it has ${info.size} bytes, more than ${MAX_WEIGHTS_BYTES}`);
    return await use({
      size: info.size,
      async read(position, length) {
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length;) {
          const { bytesRead } = await file.read(bytes, done, length - done, position + done);
          if (bytesRead === 0) throw new Error('it became shorter while it was read');
          done += bytesRead;
        }
        return bytes;
      },
    });
  } catch (error) {
    throw error instanceof UserError ? error : cannot(error);
  } finally {
    await file.close();
  }
}
