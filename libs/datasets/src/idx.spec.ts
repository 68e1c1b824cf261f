import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { IdxFormatError, parseIdx } from './idx.js';
import { idxFile } from '../../../test/datasets/idx-file.js';

const images = idxFile([2, 2, 3], Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));

describe('parseIdx', () => {
  it.each([
    ['as it is', images],
    ['gzipped', gzipSync(images)],
  ])('reads a file %s', async (_, bytes) => {
    const { shape, values } = await parseIdx(bytes, 3);
    expect(shape).toEqual([2, 2, 3]);
    expect([...values]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('reads an array of nothing', async () => {
    expect(await parseIdx(idxFile([0], Buffer.alloc(0)), 1)).toMatchObject({ shape: [0] });
  });

  it.each([
    ['with another magic', Buffer.from('PK\x03\x04 and so on'), 3, /does not begin as an IDX file/],
    ['of nothing', Buffer.alloc(0), 3, /does not begin as an IDX file/],
    ['of floats', idxFile([1], Buffer.alloc(4), 0x0d), 1, /type 13, not unsigned bytes/],
    ['of labels where images should be', idxFile([3], Buffer.alloc(3)), 3, /has 1 dimensions, not 3/],
    ['of images where labels should be', images, 1, /has 3 dimensions, not 1/],
    ['that ends in its header', images.subarray(0, 9), 3, /ends within its header/],
    ['that is cut off', images.subarray(0, -1), 3, /announces 2 × 2 × 3 = 12 values, but 11 follow/],
    ['with more behind it', Buffer.concat([images, Buffer.alloc(2)]), 3, /= 12 values, but 14 follow/],
    ['whose sizes overflow', idxFile([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], Buffer.alloc(5)), 3, /but 5 follow/],
    ['whose gzip is cut off', gzipSync(images).subarray(0, -9), 3, /can't be unpacked \(unexpected end of file\)/],
    ['whose gzip is garbled', Buffer.concat([gzipSync(images).subarray(0, 12), Buffer.alloc(20, 7)]), 3, /unpacked/],
  ])('refuses a file %s', async (_, bytes, dimensions, reason) => {
    const refused = parseIdx(bytes, dimensions);
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toBeInstanceOf(IdxFormatError);
  });
});
