import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { LogLevel } from '#contracts';
import { scanFolder, type ScannedFile } from './folder-scan.js';
import { openImageReader } from './image-threads.js';
import { mapOrdered } from './map-ordered.js';
import type { Source, SourceImage, Target, UnreadableImage } from './source.js';

const STATS_AT_ONCE = 32;

/** What the file system says of a file when any of its bytes may have changed. */
interface Fingerprint {
  readonly text: string;
}

/**
 * A folder of images in ImageFolder layout (see `scanFolder`).
 *
 * Its key is made of each file's name, size and times of change rather than its bytes, so that opening a large folder
 * again does not read it all: a changed file changes the key, and so does a copied or moved folder, which is then
 * decoded anew.
 * @throws UserError naming dataset.path
 */
export async function openFolder(folder: string, log: (level: LogLevel, message: string) => void): Promise<Source> {
  const { classes, files, notes } = await scanFolder(folder);
  for (const note of notes) log('warn', note);
  const key = createHash('sha256').update(JSON.stringify(classes));
  for await (const { text } of mapOrdered(files, STATS_AT_ONCE, fingerprint)) key.update(text);
  return {
    name: basename(folder),
    key: key.digest('hex'),
    classes,
    count: files.length,
    images: (target, signal) => readImages(files, target, signal),
  };
}

async function fingerprint(file: ScannedFile): Promise<Fingerprint> {
  const info = await stat(file.path, { bigint: true });
  const fields = [file.origin, file.label, file.name, info.size, info.mtimeNs, info.ctimeNs];
  return { text: `${fields.join('\0')}\n` };
}

/** The images, each as it is or why it can't be read: a bad file is a fact to report, not a failure. */
async function* readImages(
  files: readonly ScannedFile[],
  target: Target,
  signal: AbortSignal,
): AsyncGenerator<SourceImage | UnreadableImage, void, undefined> {
  const reader = openImageReader(files.length);
  const read = async (file: ScannedFile): Promise<SourceImage | UnreadableImage> => {
    signal.throwIfAborted();
    const image = await reader.read(file.path, target);
    if ('reason' in image) return { file: file.name, reason: image.reason };
    return { origin: file.origin, label: file.label, ...image };
  };
  try {
    yield* mapOrdered(files, reader.concurrency, read);
  } finally {
    await reader.close();
  }
}
