import { KNOWN_CLASSES, KNOWN_DATASETS, type DatasetView } from '#contracts';

/** What is known of each dataset that a spec can name. Counts are of its publisher's files. */
const FACTS: Record<(typeof KNOWN_DATASETS)[number], Omit<DatasetView, 'name' | 'classes'>> = {
  cifar10: {
    title: 'CIFAR-10',
    description: 'Colour photographs of ten kinds of animals and vehicles',
    train: 50_000,
    test: 10_000,
    width: 32,
    height: 32,
    channels: 3,
  },
  'fashion-mnist': {
    title: 'Fashion-MNIST',
    description: 'Grey photographs of ten kinds of clothing',
    train: 60_000,
    test: 10_000,
    width: 28,
    height: 28,
    channels: 1,
  },
  mnist: {
    title: 'MNIST',
    description: 'Handwritten digits',
    train: 60_000,
    test: 10_000,
    width: 28,
    height: 28,
    channels: 1,
  },
};

export function knownDatasets(): DatasetView[] {
  return KNOWN_DATASETS.map((name) => ({ name, classes: [...KNOWN_CLASSES[name]], ...FACTS[name] }));
}
