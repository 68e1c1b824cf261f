import { createHash } from 'node:crypto';
import { open, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '#contracts';
import { buildOnce } from './build-once.js';
import { evictShards, markUsed } from './evict-shards.js';
import { TRANSFORM_VERSION } from './fit.js';
import { ORIGINS, type Origin, type Source, type Target, type UnreadableImage } from './source.js';

const PIXELS_FILE = 'pixels.bin';
const INDEX_FILE = 'index.json';
const HASH_HEX = 64;
/** Pixels are gathered to pieces of this size before they are written. Bytes. */
const WRITE_SIZE = 4 * 1024 * 1024;

/** More unreadable images than this part of all means that the folder is not what it was thought to be. */
const MAX_UNREADABLE = 0.2;
const UNREADABLE_SHOWN = 3;
/** 130,000 photos of 224 pixels, or a hundred times CIFAR-10. Bytes. */
const MAX_CACHE = 20 * 1024 ** 3;

/** What is known of each stored image, by its position in the shard. */
const IndexSchema = z.object({
  imageSize: z.int().positive(),
  count: z.int().nonnegative(),
  /** Class index, -1: unknown. */
  labels: z.array(z.int()),
  /** Index into ORIGINS. */
  origins: z.array(z.int()),
  /** Content hashes in hex, one after the other. */
  hashes: z.string(),
  unreadable: z.array(z.object({ file: z.string(), reason: z.string() })),
});

/** All images of a source, decoded and fitted once: bytes in a file, the rest in memory. */
export interface Shard {
  /** Height = width, pixels. */
  readonly imageSize: number;
  readonly labels: readonly number[];
  readonly origins: readonly Origin[];
  readonly hashes: readonly string[];
  readonly unreadable: readonly UnreadableImage[];
  readonly file: FileHandle;
}

export interface ShardOptions {
  cacheFolder: string;
  signal: AbortSignal;
  progress?(done: number, total: number): void;
  /** What all shards of the cache may take; those not used for longest go first. Bytes. */
  maxCacheBytes?: number;
}

/**
 * Opens the source's images at the target's size, decoding them if no earlier run has.
 * @throws UserError naming dataset.path where too many images can't be read
 */
export async function openShard(source: Source, target: Target, options: ShardOptions): Promise<Shard> {
  const size = Math.min(target.size, source.nativeSize ?? target.size);
  const fitted = { ...target, size };
  const identity = [TRANSFORM_VERSION, source.key, size, target.resize].join('\n');
  const key = createHash('sha256').update(identity).digest('hex').slice(0, 32);
  const parent = join(options.cacheFolder, 'datasets', 'shards');
  const folder = join(parent, key);
  const build = (work: string): Promise<void> => writeShard(source, fitted, work, options);
  await buildOnce(folder, build, options.signal);
  await evictShards(parent, folder, options.maxCacheBytes ?? MAX_CACHE);
  const shard = await readShard(folder);
  if (shard !== undefined) {
    await markUsed(folder);
    return shard;
  }
  await rm(folder, { recursive: true, force: true });
  await buildOnce(folder, build, options.signal);
  const rebuilt = await readShard(folder);
  if (rebuilt === undefined) throw new Error(`The shard ${folder} is damaged right after it was written`);
  return rebuilt;
}

async function writeShard(source: Source, target: Target, folder: string, options: ShardOptions): Promise<void> {
  const imageBytes = target.size * target.size * 3;
  const labels: number[] = [];
  const origins: number[] = [];
  const hashes: string[] = [];
  const unreadable: UnreadableImage[] = [];
  const file = await open(join(folder, PIXELS_FILE), 'wx');
  try {
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.floor(WRITE_SIZE / imageBytes)) * imageBytes);
    let filled = 0;
    let done = 0;
    for await (const image of source.images(target, options.signal)) {
      options.progress?.(++done, source.count);
      if ('reason' in image) {
        unreadable.push(image);
        continue;
      }
      buffer.set(image.pixels, filled);
      filled += imageBytes;
      labels.push(image.label);
      origins.push(ORIGINS.indexOf(image.origin));
      hashes.push(Buffer.from(image.hash).toString('hex'));
      if (filled === buffer.length) {
        await writeAll(file, buffer);
        filled = 0;
      }
    }
    await writeAll(file, buffer.subarray(0, filled));
    await file.sync();
  } finally {
    await file.close();
  }
  refuseTooManyUnreadable(source, unreadable);
  const index = { imageSize: target.size, count: labels.length, labels, origins, hashes: hashes.join(''), unreadable };
  await writeFile(join(folder, INDEX_FILE), JSON.stringify(index));
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}

function refuseTooManyUnreadable(source: Source, unreadable: readonly UnreadableImage[]): void {
  if (unreadable.length <= source.count * MAX_UNREADABLE) return;
  const shown = unreadable.slice(0, UNREADABLE_SHOWN).map(({ file, reason }) => `${file} (${reason})`);
  throw new UserError(
    `${unreadable.length} of ${source.count} images in ${source.name} can't be read, such as ${shown.join(', ')}`,
    { field: 'dataset.path', remedy: 'Repair or remove these files, or point dataset.path at another folder.' },
  );
}

/** The shard in a folder; `undefined` where it is damaged. */
async function readShard(folder: string): Promise<Shard | undefined> {
  try {
    const index = IndexSchema.parse(JSON.parse(await readFile(join(folder, INDEX_FILE), 'utf8')));
    const { size } = await stat(join(folder, PIXELS_FILE));
    const whole =
      size === index.count * index.imageSize ** 2 * 3 &&
      index.labels.length === index.count &&
      index.origins.length === index.count &&
      index.hashes.length === index.count * HASH_HEX;
    if (!whole) return undefined;
    return {
      imageSize: index.imageSize,
      labels: index.labels,
      origins: index.origins.map((origin) => ORIGINS[origin]),
      hashes: index.labels.map((_, i) => index.hashes.slice(i * HASH_HEX, (i + 1) * HASH_HEX)),
      unreadable: index.unreadable,
      file: await open(join(folder, PIXELS_FILE), 'r'),
    };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
