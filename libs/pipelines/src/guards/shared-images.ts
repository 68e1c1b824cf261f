import { UserError } from '#contracts';
import type { Dataset } from '#datasets';

/**
 * No image may be trained on and tested with. Splits that a dataset makes itself share none; this looks at what there
 * is, whoever made it, by the hash of the decoded pixels.
 * @throws UserError that says how many images are shared by which splits
 */
export function checkNoSharedImages(
  dataset: Pick<Dataset, 'name' | 'train' | 'validation' | 'unlabelled' | 'test'>,
): void {
  const inTest = new Set(dataset.test.hashes);
  for (const split of [dataset.train, dataset.validation, dataset.unlabelled]) {
    const shared = split.hashes.filter((hash) => inTest.has(hash));
    if (shared.length === 0) continue;
    const images = shared.length === 1 ? 'image is' : 'images are';
    throw new UserError(
      `${shared.length} ${images} in ${split.name} and in test of ${dataset.name} (SHA-256 of the pixels ${shared[0].slice(0, 12)}…)`,
      {
        field: 'dataset',
        remedy: 'A model that has seen an image is not tested by it: keep copies of an image on one side of the split.',
      },
    );
  }
}
