import type { DatasetView } from '#contracts';
import { KNOWN_DATASETS } from '#contracts';

/** What is known of each dataset that a spec can name. Counts are of its publisher's files. */
const FACTS: Record<(typeof KNOWN_DATASETS)[number], Omit<DatasetView, 'name'>> = {
  cifar10: {
    title: 'CIFAR-10',
    description: 'Colour photographs of ten kinds of animals and vehicles',
    classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
    train: 50_000,
    test: 10_000,
    width: 32,
    height: 32,
    channels: 3,
  },
  'fashion-mnist': {
    title: 'Fashion-MNIST',
    description: 'Grey photographs of ten kinds of clothing',
    classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
    train: 60_000,
    test: 10_000,
    width: 28,
    height: 28,
    channels: 1,
  },
  mnist: {
    title: 'MNIST',
    description: 'Handwritten digits',
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    train: 60_000,
    test: 10_000,
    width: 28,
    height: 28,
    channels: 1,
  },
};

export function knownDatasets(): DatasetView[] {
  return KNOWN_DATASETS.map((name) => ({ name, ...FACTS[name] }));
}
