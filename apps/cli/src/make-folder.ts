import { access, constants, mkdir } from 'node:fs/promises';
import { UsageError } from './cli-error.js';

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOTDIR: 'a part of its path is a file',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
};

/**
 * Makes the folder that an option names, where it is missing, and sees that it can be written.
 * @throws UsageError that names the option
 */
export async function makeFolder(option: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${option}: ${folder} can't be used as a folder: ${REASONS[code ?? ''] ?? message}`,
      'name another folder',
    );
  }
}
