import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { KNOWN_DATASETS, type DatasetSpec, type ImageSpec, type LogLevel } from '#contracts';
import { allot } from './allot.js';
import { openCifar10 } from './cifar10.js';
import type { Dataset, Split } from './dataset.js';
import { openFolder } from './folder.js';
import { openIdxFolder } from './idx-folder.js';
import { openFashionMnist, openMnist } from './mnist.js';
import { openShard, type Shard } from './shard.js';
import { shardSplit } from './shard-split.js';
import type { Source } from './source.js';

type KnownDataset = (typeof KNOWN_DATASETS)[number];

/** Unreadable files that are logged by name; all of them are in `Dataset.unreadable`. */
const UNREADABLE_LOGGED = 20;

export interface OpenDatasetOptions {
  cacheFolder: string;
  /** Of the run. The splits do not depend on it: all seeds of an experiment share them. */
  seed: number;
  signal: AbortSignal;
  log(level: LogLevel, message: string): void;
  /** Images decoded so far; not called where an earlier run has decoded them. */
  progress?(done: number, total: number): void;
  /** Splits up to this size are held in memory once they are used; larger ones are read from disk. Default 256 MiB. */
  maxBytesInMemory?: number;
  /** What a relative `dataset.path` is relative to. Default: the working folder. */
  baseFolder?: string;
}

/**
 * Finds the spec's dataset (fetching it if need be), decodes its images once into the cache and shares them out.
 * @throws UserError naming `dataset.…` where the files or the numbers asked for are at fault
 * @throws OperationalError where a download or the disk fails
 */
export async function openDataset(spec: DatasetSpec, image: ImageSpec, options: OpenDatasetOptions): Promise<Dataset> {
  const source = await openSource(spec, options);
  const shard = await openShard(source, { size: image.size, resize: image.resize }, options);
  try {
    const images = shard.labels.map((label, i) => ({ label, origin: shard.origins[i], hash: shard.hashes[i] }));
    warnOfUnreadable(source, shard, options.log);
    const { rows, notes } = allot(images, source.classes, spec);
    for (const note of notes) options.log('warn', note);
    const split = (name: Split['name']): Split => shardSplit(name, shard, rows[name], options.maxBytesInMemory);
    const splits = {
      train: split('train'),
      validation: split('validation'),
      test: split('test'),
      unlabelled: split('unlabelled'),
    };
    return {
      name: source.name,
      classes: source.classes,
      contentHash: hashContent(source.classes, Object.values(splits)),
      ...splits,
      unreadable: shard.unreadable,
      close: () => shard.file.close(),
    };
  } catch (error) {
    await shard.file.close();
    throw error;
  }
}

async function openSource(spec: DatasetSpec, options: OpenDatasetOptions): Promise<Source> {
  if ('path' in spec) {
    const folder = resolveFolder(spec.path, options.baseFolder);
    return spec.format === 'idx' ? openIdxFolder(folder) : openFolder(folder, options.log);
  }
  const open: Record<KnownDataset, () => Promise<Source>> = {
    cifar10: () => openCifar10(options),
    mnist: () => openMnist(options),
    'fashion-mnist': () => openFashionMnist(),
  };
  return open[spec.name]();
}

function resolveFolder(path: string, baseFolder: string | undefined): string {
  const expanded = path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
  return resolve(baseFolder ?? '.', expanded);
}

function warnOfUnreadable(source: Source, shard: Shard, log: OpenDatasetOptions['log']): void {
  const { unreadable } = shard;
  if (unreadable.length === 0) return;
  log('warn', `${unreadable.length} of ${source.count} images in ${source.name} can't be read and are left out:`);
  for (const { file, reason } of unreadable.slice(0, UNREADABLE_LOGGED)) log('warn', `  ${file}: ${reason}`);
  if (unreadable.length > UNREADABLE_LOGGED) log('warn', `  … and ${unreadable.length - UNREADABLE_LOGGED} more`);
}

function hashContent(classes: readonly string[], splits: readonly Split[]): string {
  const hash = createHash('sha256').update(JSON.stringify(classes));
  for (const split of splits) {
    hash.update(`\n${split.name} ${split.length}\n`).update(split.hashes.join('')).update(split.labels);
  }
  return hash.digest('hex');
}
