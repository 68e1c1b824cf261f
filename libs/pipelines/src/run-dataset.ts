import type { DatasetSpec, ImageSpec } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { checkNoSharedImages } from './guards/shared-images.js';
import { countedSplit, type CountedSplit } from './report/counted-split.js';
import type { RunContext } from './run-context.js';

interface RunDatasetOptions {
  context: RunContext;
  seed: number;
  baseFolder: string;
}

/** A progress report at most this often. Milliseconds. */
const REPORT_EVERY_MS = 250;

/** A dataset whose test split counts how often it is read, and by whom. */
export type RunDataset = Dataset & { readonly test: CountedSplit };

/**
 * The run's dataset; decoding it for the first time is shown as progress of its own.
 * @throws UserError as `openDataset`, and where an image is trained on and tested with
 */
export async function openRunDataset(
  spec: DatasetSpec,
  image: ImageSpec,
  { context, seed, baseFolder }: RunDatasetOptions,
): Promise<RunDataset> {
  let reportedAt = -Infinity;
  const dataset = await openDataset(spec, image, {
    cacheFolder: context.cacheFolder,
    signal: context.signal,
    seed,
    baseFolder,
    log: context.log,
    progress: (done, total) => {
      if (performance.now() - reportedAt < REPORT_EVERY_MS) return;
      reportedAt = performance.now();
      // How long the run's other phases take is not known before its images are.
      context.progress({ phase: 'images', done, total, fraction: 0 });
    },
  });
  try {
    checkNoSharedImages(dataset);
  } catch (error) {
    await dataset.close();
    throw error;
  }
  return { ...dataset, test: countedSplit(dataset.test) };
}

/**
 * The same images and splits as a teacher sees them: its own size and way of resizing. The very same dataset where the
 * two are alike.
 * @param dataset opened with `image`
 */
export async function datasetFor(
  teacher: { image: ImageSpec },
  dataset: RunDataset,
  spec: DatasetSpec,
  image: ImageSpec,
  options: RunDatasetOptions,
): Promise<RunDataset> {
  if (teacher.image.size === image.size && teacher.image.resize === image.resize) return dataset;
  const quiet = { ...options, context: { ...options.context, log: () => {} } };
  const own = await openRunDataset(spec, teacher.image, quiet);
  if (own.contentHash !== dataset.contentHash) {
    await own.close();
    throw new Error('the dataset has changed while it was opened a second time, at the size of the teacher');
  }
  return own;
}
