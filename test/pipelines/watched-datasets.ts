import type * as Datasets from '#datasets';

type Dataset = Datasets.Dataset;

/**
 * The real datasets, watched: which test images are read, and when, is not to be seen from outside otherwise. For
 * `vi.mock('#datasets', …)`.
 * @param onOpen gets a dataset, and returns what is to hear of the places in its test split that are read
 * @param given makes of a dataset the one that its user gets
 */
export function watchedDatasets(
  datasets: typeof Datasets,
  onOpen: (dataset: Dataset) => (places: number[]) => void,
  given: (dataset: Dataset) => Dataset = (dataset) => dataset,
): typeof Datasets {
  return {
    ...datasets,
    openDataset: async (...parameters) => {
      const dataset = await datasets.openDataset(...parameters);
      const heard = onOpen(dataset);
      const read: Dataset['test']['read'] = (indices, out) => {
        heard(Array.from(indices));
        return dataset.test.read(indices, out);
      };
      return given({ ...dataset, test: { ...dataset.test, read } });
    },
  };
}
