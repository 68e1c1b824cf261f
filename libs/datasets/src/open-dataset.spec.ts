import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetSpec, ImageSpec } from '#contracts';
import { picture, writeFiles } from '../../../test/datasets/image-folder.js';
import type { Dataset } from './dataset.js';
import { openDataset } from './open-dataset.js';

const SPLITS = ['train', 'validation', 'test', 'unlabelled'] as const;
const { signal } = new AbortController();

describe('openDataset', () => {
  let folder: string;
  let lines: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'distillery-dataset-'));
    lines = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function using<T>(
    counts: Partial<DatasetSpec>,
    look: (dataset: Dataset) => T | Promise<T>,
    { seed = 0, size = 8 } = {},
  ): Promise<T> {
    const spec = { path: 'images', format: 'folder', unlabelled: 0, validation: 0.2, ...counts } as DatasetSpec;
    const dataset = await openDataset(spec, { size, resize: 'squash' } as ImageSpec, {
      cacheFolder: join(folder, 'cache'),
      baseFolder: folder,
      seed,
      signal,
      log: (level, message) => lines.push(`${level}: ${message}`),
    });
    try {
      return await look(dataset);
    } finally {
      await dataset.close();
    }
  }
  const put = (files: Record<string, Buffer | string>) => writeFiles(join(folder, 'images'), files);
  /** `count` images of each of two classes, no two alike. */
  async function putPictures(count: number, prefix = ''): Promise<void> {
    for (let i = 0; i < count; i++) {
      await put({ [`${prefix}cat/${i}.png`]: await picture(i), [`${prefix}dog/${i}.png`]: await picture(i + 100) });
    }
  }
  const hashesOf = (dataset: Dataset) => Object.fromEntries(SPLITS.map((name) => [name, dataset[name].hashes]));

  it('reads any size and format, grey, alpha and EXIF, and leaves out by name what it cannot', async () => {
    await putPictures(10);
    const whole = await picture(50, { format: 'jpeg', width: 90, height: 70 });
    const bomb = await sharp({ create: { width: 20_000, height: 6000, channels: 3, background: '#000' } })
      .toColourspace('b-w')
      .png({ compressionLevel: 1 })
      .toBuffer();
    await put({
      'cat/tall.jpg': await picture(40, { format: 'jpeg', width: 3, height: 200 }),
      'cat/wide.webp': await picture(41, { format: 'webp', width: 300, height: 2 }),
      'cat/grey.png': await sharp(await picture(42))
        .greyscale()
        .png()
        .toBuffer(),
      'cat/alpha.png': await sharp(await picture(43))
        .ensureAlpha(0.5)
        .png()
        .toBuffer(),
      'cat/turned.jpg': await sharp(whole).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      // A PNG that calls itself a JPEG is an image all the same.
      'cat/misnamed.jpg': await picture(44),
      'dog/cut off.jpg': whole.subarray(0, whole.length / 2),
      'dog/empty.png': '',
      'dog/text.webp': 'not an image',
      'dog/bomb.png': bomb,
    });
    await using({}, (dataset) => {
      const sizes = SPLITS.map((name) => dataset[name].length);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(26);
      expect(dataset.unreadable.map(({ file }) => file)).toEqual([
        'dog/bomb.png',
        'dog/cut off.jpg',
        'dog/empty.png',
        'dog/text.webp',
      ]);
    });
    expect(lines[0]).toBe("warn: 4 of 30 images in images can't be read and are left out:");
    expect(lines.slice(1, 5).join('\n')).toMatch(
      /bomb\.png: it is 20000 × 6000 pixels.*\n.*cut off\.jpg: .+\n.*empty\.png: the file is empty\n.*text\.webp: .+/,
    );
  });

  it('refuses a folder of which more than a fifth is unreadable', async () => {
    await putPictures(3);
    await put({ 'cat/x.png': 'x', 'dog/y.png': 'y' });
    await expect(using({}, () => undefined)).rejects.toMatchObject({
      name: 'UserError',
      field: 'dataset.path',
      message: expect.stringMatching(/^2 of 8 images in images can't be read, such as cat\/x\.png \(.+\), dog\/y\.png/),
      remedy: expect.stringContaining('Repair or remove'),
    });
  });

  it('shares no content between train, validation, test and unlabelled, copies under other names included', async () => {
    await putPictures(20);
    for (let i = 0; i < 6; i++) {
      // The same picture again, as another format without loss, and in the other class.
      await put({
        [`cat/copy ${i}.webp`]: await sharp(await picture(i))
          .webp({ lossless: true })
          .toBuffer(),
        [`dog/copy ${i}.png`]: await picture(i + 3),
      });
    }
    await using({ train: 30, unlabelled: 5, test: 8 }, (dataset) => {
      expect(SPLITS.map((name) => dataset[name].length > 0)).toEqual([true, true, true, true]);
      const sides = SPLITS.map((name) => new Set(dataset[name].hashes));
      const union = new Set(sides.flatMap((side) => [...side]));
      expect(union.size).toBe(sides.reduce((sum, side) => sum + side.size, 0));
    });
    expect(lines.join('\n')).toContain('images are there in more than one class');
  });

  it('never trains on an image of its own test or validation folder, though train has a copy', async () => {
    await putPictures(10, 'train/');
    await put({
      'test/cat/a.png': await picture(0),
      'test/dog/b.png': await picture(100),
      'val/cat/c.png': await picture(1),
      'val/dog/d.png': await picture(101),
    });
    await using({}, (dataset) => {
      expect(SPLITS.map((name) => dataset[name].length)).toEqual([16, 2, 2, 0]);
      const held = new Set([...dataset.test.hashes, ...dataset.validation.hashes]);
      expect(dataset.train.hashes.filter((hash) => held.has(hash))).toEqual([]);
    });
  });

  it('has the same splits again, for another seed, another image size, and other file names', async () => {
    await putPictures(15);
    const first = await using({}, hashesOf);
    expect(await using({}, hashesOf)).toEqual(first);
    expect(await using({}, hashesOf, { seed: 7 })).toEqual(first);
    expect(await using({}, hashesOf, { size: 16 })).toEqual(first);
    const hash = await using({}, ({ contentHash }) => contentHash);
    await rm(join(folder, 'images'), { recursive: true });
    for (let i = 0; i < 15; i++) {
      const name = `renamed ${99 - i}.png`;
      await put({ [`cat/${name}`]: await picture(i), [`dog/${name}`]: await picture(i + 100) });
    }
    const renamed = await using({}, hashesOf);
    for (const name of SPLITS) expect([...renamed[name]].sort()).toEqual([...first[name]].sort());
    await put({ 'cat/0 another.png': await picture(200) });
    expect(await using({}, ({ contentHash }) => contentHash)).not.toBe(hash);
  });

  it('gives pixels that belong to their labels', async () => {
    for (let i = 0; i < 6; i++) {
      const plain = (background: string) =>
        sharp({ create: { width: 9 + i, height: 7, channels: 3, background } })
          .png()
          .toBuffer();
      await put({ [`dark/${i}.png`]: await plain('#202020'), [`light/${i}.png`]: await plain('#f0f0f0') });
    }
    await using({}, async (dataset) => {
      for (const name of ['train', 'validation', 'test'] as const) {
        const { length, labels } = dataset[name];
        const out = new Uint8Array(length * 8 * 8 * 3);
        await dataset[name].read([...labels.keys()], out);
        labels.forEach((label, i) => expect(out[i * 192]).toBe(label === 0 ? 0x20 : 0xf0));
      }
    });
  });

  it('finds changed files, and decodes nothing anew otherwise', async () => {
    await putPictures(5);
    const before = await using({}, hashesOf);
    await put({ 'cat/0.png': await picture(77) });
    const after = await using({}, hashesOf);
    const all = (splits: typeof before) => SPLITS.flatMap((name) => splits[name]);
    expect(all(after).filter((hash) => !all(before).includes(hash))).toHaveLength(1);
  });

  it('names the field where a folder is missing', async () => {
    await expect(using({ path: 'nowhere' } as never, () => undefined)).rejects.toMatchObject({
      name: 'UserError',
      field: 'dataset.path',
      message: `There is no folder ${join(folder, 'nowhere')}`,
    });
  });
});
