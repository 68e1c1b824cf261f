import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openIdxFolder } from './idx-folder.js';
import { idxFile } from '../../../test/datasets/idx-file.js';
import type { SourceImage } from './source.js';

describe('openIdxFolder', () => {
  let folder: string;
  const { signal } = new AbortController();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'distillery-idx-'));
    // Three training images of 2 × 2 pixels, labels 7, 3, 7; one test image.
    await put('train-images-idx3-ubyte', idxFile([3, 2, 2], Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])));
    await put('train-labels-idx1-ubyte', idxFile([3], Buffer.from([7, 3, 7])));
    await put('t10k-images-idx3-ubyte', idxFile([1, 2, 2], Buffer.from([200, 201, 202, 203])));
    await put('t10k-labels-idx1-ubyte', idxFile([1], Buffer.from([3])));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = (name: string, bytes: Buffer) => writeFile(join(folder, name), bytes);
  async function read(options = {}) {
    const source = await openIdxFolder(folder, options);
    const images: SourceImage[] = [];
    for await (const image of source.images({ size: 2, resize: 'squash' }, signal)) images.push(image as SourceImage);
    return { source, images };
  }

  it('gives grey as RGB, labels as class indices, and the split of each image', async () => {
    const { source, images } = await read();
    expect(source).toMatchObject({ classes: ['3', '7'], count: 4, nativeSize: 2 });
    expect(images.map(({ origin, label }) => [origin, label])).toEqual([
      ['train', 1],
      ['train', 0],
      ['train', 1],
      ['test', 0],
    ]);
    expect([...images[1].pixels]).toEqual([5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8]);
  });

  it('reads gzipped files and the other spelling, with the same key: the content counts', async () => {
    const plain = await read();
    const bytes = idxFile([1], Buffer.from([3]));
    await rm(join(folder, 't10k-labels-idx1-ubyte'));
    await put('t10k-labels.idx1-ubyte', bytes);
    expect((await read()).source.key).toBe(plain.source.key);
    await rm(join(folder, 't10k-labels.idx1-ubyte'));
    await put('t10k-labels-idx1-ubyte.gz', gzipSync(bytes));
    expect((await read()).images).toEqual(plain.images);
    await put('t10k-labels-idx1-ubyte.gz', gzipSync(idxFile([1], Buffer.from([7]))));
    expect((await read()).source.key).not.toBe(plain.source.key);
  });

  it.each([
    [
      'train-labels-idx1-ubyte',
      idxFile([2], Buffer.from([1, 2])),
      /has 2 labels, but train-images-idx3-ubyte has 3 im/,
    ],
    ['train-labels-idx1-ubyte', idxFile([3], Buffer.from([7, 7, 7])), /The label 3 in .* is none of its 1 classes/],
    ['t10k-labels-idx1-ubyte', idxFile([1], Buffer.from([9])), /The label 9 in .* is none of its 2 classes/],
    ['t10k-images-idx3-ubyte', idxFile([1, 3, 2], Buffer.alloc(6)), /are of 2 × 2 and 3 × 2 pixels/],
    ['train-images-idx3-ubyte', Buffer.from('<html>404</html>'), /train-images-idx3-ubyte in .* is not the IDX file/],
    ['train-images-idx3-ubyte', idxFile([3, 2, 2], Buffer.alloc(11)), /= 12 values, but 11 follow/],
    ['t10k-images-idx3-ubyte', undefined, /There is no t10k-images-idx3-ubyte \(or t10k-images-idx3-ubyte\.gz\)/],
  ])('names the file where %s is wrong, the field and the remedy', async (name, bytes, message) => {
    if (bytes === undefined) await rm(join(folder, name));
    else await put(name, bytes);
    await expect(openIdxFolder(folder)).rejects.toMatchObject({
      name: 'UserError',
      field: 'dataset.path',
      message: expect.stringMatching(message),
      remedy: expect.stringContaining('Copy or download them again'),
    });
  });

  it('refuses labels of one class', async () => {
    await put('train-labels-idx1-ubyte', idxFile([3], Buffer.from([3, 3, 3])));
    await expect(openIdxFolder(folder)).rejects.toThrow('name one class; a classifier needs two at least');
  });

  it('refuses a folder that is missing', async () => {
    await expect(openIdxFolder(join(folder, 'nowhere'))).rejects.toMatchObject({ field: 'dataset.path' });
  });
});
