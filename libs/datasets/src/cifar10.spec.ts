import { describe, expect, it } from 'vitest';
import { cacheFolder } from '#engine';
import { CIFAR10_CLASSES, openCifar10 } from './cifar10.js';
import type { SourceImage } from './source.js';

// The real images: fetched once into the user's cache, 139 MB.
const MINUTES = 60_000;
const { signal } = new AbortController();

describe('CIFAR-10', () => {
  it(
    'has 5,000 training and 1,000 test images of each class, and the pixels that Pillow reads',
    async () => {
      const source = await openCifar10({ cacheFolder: cacheFolder(), signal, log: () => {} });
      expect(source).toMatchObject({ count: 60_000, nativeSize: 32 });
      const counts: Record<string, number[]> = { train: Array(10).fill(0), test: Array(10).fill(0) };
      const known = new Map<number, SourceImage>();
      let index = 0;
      for await (const image of source.images({ size: 32, resize: 'squash' }, signal)) {
        if ('reason' in image) throw new Error(image.reason);
        counts[image.origin][image.label]++;
        if ([0, 24_321, 50_000, 59_999].includes(index)) known.set(index, { ...image, pixels: image.pixels.slice() });
        index++;
      }
      // Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, section 3.1.
      expect(counts).toEqual({ train: Array(10).fill(5000), test: Array(10).fill(1000) });

      // By Python with Pillow 11, from the same PNGs: sha256(struct.pack('<II', 32, 32) + row.tobytes()).
      const hashes = {
        0: '75344acb8b72a6d253bc6583b61ec1558c38956d37549b875553b1fa44983eba',
        24_321: '2baeb5375fa224f5ce728f4837747797bd5bcab42253161a57d87caeddcc7e6f',
        50_000: '42b40169ef45f2f06dcf7213237f3c0ed8fa1e4d419871cf86cb0ab68018deec',
        59_999: 'ed28ae4272b3667aabeab41fddbb12813458cedf4f81f8bad89d30dd9e35209b',
      };
      for (const [at, hash] of Object.entries(hashes))
        expect(Buffer.from(known.get(Number(at))!.hash).toString('hex')).toBe(hash);
      // The first image of the original data_batch_1 is a frog whose first pixel is 59, 62, 63; that of test_batch a
      // cat, 158, 112, 49.
      const first = (at: number) => [CIFAR10_CLASSES[known.get(at)!.label], ...known.get(at)!.pixels.subarray(0, 3)];
      expect(first(0)).toEqual(['frog', 59, 62, 63]);
      expect(first(50_000)).toEqual(['cat', 158, 112, 49]);
    },
    10 * MINUTES,
  );
});
