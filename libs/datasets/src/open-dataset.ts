import { createHash } from 'node:crypto';
import type { DatasetSpec, ImageSpec, LogLevel } from '#contracts';
import { allot } from './allot.js';
import { openCifar10 } from './cifar10.js';
import type { Dataset, Split } from './dataset.js';
import { openShard } from './shard.js';
import { shardSplit } from './shard-split.js';
import type { Source } from './source.js';

export interface OpenDatasetOptions {
  cacheFolder: string;
  /** Of the run. The splits do not depend on it: all seeds of an experiment share them. */
  seed: number;
  signal: AbortSignal;
  log(level: LogLevel, message: string): void;
  /** Images decoded so far; not called where an earlier run has decoded them. */
  progress?(done: number, total: number): void;
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
    const rows = allot(images, source.classes, spec);
    const split = (name: Split['name']): Split => shardSplit(name, shard, rows[name]);
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
  if ('name' in spec && spec.name === 'cifar10') return openCifar10(options);
  throw new Error('not read yet');
}

function hashContent(classes: readonly string[], splits: readonly Split[]): string {
  const hash = createHash('sha256').update(JSON.stringify(classes));
  for (const split of splits) {
    hash.update(`\n${split.name} ${split.length}\n`).update(split.hashes.join('')).update(split.labels);
  }
  return hash.digest('hex');
}
