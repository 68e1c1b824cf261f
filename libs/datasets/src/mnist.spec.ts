import { describe, expect, it } from 'vitest';
import { cacheFolder } from '#engine';
import { testFashionMnist } from '../../../test/services/test-services.js';
import { FASHION_MNIST_CLASSES, openFashionMnist, openMnist } from './mnist.js';
import type { Source, SourceImage } from './source.js';

const fashionMnist = await testFashionMnist();

const { signal } = new AbortController();

/** How many images each class has in each split, and the first image of each. */
async function survey(source: Source) {
  const counts: Record<string, number[]> = { train: Array(10).fill(0), test: Array(10).fill(0) };
  const first: Record<string, SourceImage> = {};
  for await (const image of source.images({ size: 28, resize: 'squash' }, signal)) {
    if ('reason' in image) throw new Error(image.reason);
    counts[image.origin][image.label]++;
    first[image.origin] ??= image;
  }
  const described = ({ label, hash }: SourceImage) => [source.classes[label], Buffer.from(hash).toString('hex')];
  return { counts, train: described(first.train), test: described(first.test) };
}

// The hashes are by Python with Pillow 11: sha256(struct.pack('<II', 28, 28) + Image.frombytes('L', …).convert('RGB')).
describe('MNIST', () => {
  it(
    'has the images of each digit that LeCun published, and the pixels that Pillow reads',
    { timeout: 300_000 },
    async () => {
      const source = await openMnist({ cacheFolder: cacheFolder(), signal, log: () => {} });
      expect(await survey(source)).toEqual({
        counts: {
          train: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
          test: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        },
        train: ['5', '945b0309a129b2ad60312c95b51b41391f6999e87c141eb2c7ba6e5e09ad85e9'],
        test: ['7', 'e50528083578a7eee365e4cbb8814ae5e47128bac1b88f9e0fce2c49a328e5af'],
      });
    },
  );
});

describe('Fashion-MNIST', () => {
  it.skipIf(fashionMnist === undefined)('has 6,000 training and 1,000 test images of each class', async () => {
    expect(await survey(await openFashionMnist(fashionMnist))).toEqual({
      counts: { train: Array(10).fill(6000), test: Array(10).fill(1000) },
      train: ['Ankle boot', '14fcdb66e9d4ad83ac5c0ae11e8cdc35e3fa34c97c984c3ef0a8ea36166ddbb7'],
      test: ['Ankle boot', 'b50fcc5969f517bfee4618353fefaf4d6cc99f48510cbbc4f6d235aede0cd010'],
    });
    expect(FASHION_MNIST_CLASSES[9]).toBe('Ankle boot');
  });

  it('says how to get it where it is not installed', async () => {
    await expect(openFashionMnist('/nowhere')).rejects.toMatchObject({
      name: 'UserError',
      field: 'dataset.name',
      remedy: expect.stringContaining('apt install dataset-fashion-mnist'),
    });
  });
});
