import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFiles } from '../../../test/datasets/image-folder.js';
import { scanFolder } from './folder-scan.js';

describe('scanFolder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'distillery-scan-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Empty files: only names matter here. */
  const put = (...names: string[]) => writeFiles(folder, Object.fromEntries(names.map((name) => [name, ''])));
  const scanned = async () =>
    (await scanFolder(folder)).files.map(({ origin, label, name }) => `${origin} ${label} ${name}`);

  it('finds the images of a folder for each class, numbered in the order of their names', async () => {
    await put('dog/2.PNG', 'dog/10.jpg', 'cat/a.webp');
    expect(await scanFolder(folder)).toMatchObject({ classes: ['cat', 'dog'], notes: [] });
    expect(await scanned()).toEqual(['train 0 cat/a.webp', 'train 1 dog/10.jpg', 'train 1 dog/2.PNG']);
  });

  it('finds train, validation or val, test and unlabelled', async () => {
    await put('train/cat/1.png', 'train/dog/1.png', 'val/dog/2.png', 'test/cat/3.png', 'unlabelled/x/4.png');
    expect(await scanned()).toEqual([
      'train 0 train/cat/1.png',
      'train 1 train/dog/1.png',
      'validation 1 val/dog/2.png',
      'test 0 test/cat/3.png',
      'unlabelled -1 unlabelled/x/4.png',
    ]);
    await rm(join(folder, 'val'), { recursive: true });
    await put('validation/cat/2.png');
    expect(await scanned()).toContain('validation 0 validation/cat/2.png');
  });

  it('takes unlabelled images beside class folders', async () => {
    await put('cat/1.png', 'dog/1.png', 'unlabelled/4.png');
    expect((await scanFolder(folder)).classes).toEqual(['cat', 'dog']);
    expect(await scanned()).toContain('unlabelled -1 unlabelled/4.png');
  });

  it('finds images in nested folders of a class, whatever script their names are in', async () => {
    await put('猫/2024/été/1.png', '猫/2.png', 'собака/😀 c.jpg', 'собака/a\u0301.png');
    expect(await scanned()).toEqual([
      'train 0 собака/a\u0301.png',
      'train 0 собака/😀 c.jpg',
      'train 1 猫/2.png',
      'train 1 猫/2024/été/1.png',
    ]);
  });

  it('takes classes that are called like members of every object', async () => {
    await put('__proto__/1.png', 'constructor/1.png', 'toString/1.png');
    expect((await scanFolder(folder)).classes).toEqual(['__proto__', 'constructor', 'toString']);
  });

  it('passes over hidden files and what is no image, and counts the latter', async () => {
    await put(
      'cat/1.png',
      'cat/.DS_Store',
      'cat/notes.txt',
      'dog/1.png',
      'dog/archive.zip',
      '.git/x.png',
      '__MACOSX/x/y.png',
    );
    const { files, notes } = await scanFolder(folder);
    expect(files).toHaveLength(2);
    expect(notes).toEqual(['2 files that are no images are left out.']);
  });

  it.skipIf(process.platform === 'win32')('follows no link that leaves the folder or turns in circles', async () => {
    await put('cat/1.png', 'dog/1.png');
    const outside = await mkdtemp(join(tmpdir(), 'distillery-outside-'));
    try {
      await writeFile(join(outside, 'secret.png'), '');
      await symlink(folder, join(folder, 'cat', 'loop'));
      await symlink(join(folder, 'cat'), join(folder, 'dog', 'loop'));
      await symlink(join(outside, 'secret.png'), join(folder, 'cat', 'out.png'));
      await symlink(join(folder, 'nowhere.png'), join(folder, 'cat', 'broken.png'));
      await symlink(outside, join(folder, 'outside'));
      await symlink(join(folder, 'cat', '1.png'), join(folder, 'dog', 'same.png'));
      const { notes } = await scanFolder(folder);
      // A link to an image inside the folder is an image.
      expect(await scanned()).toEqual(['train 0 cat/1.png', 'train 1 dog/1.png', 'train 1 dog/same.png']);
      expect(notes).toEqual(['5 links that leave the folder or lead to folders are left out.']);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it.skipIf(process.platform === 'win32')('is the same folder through a link', async () => {
    await put('real/cat/1.png', 'real/dog/1.png');
    await symlink(join(folder, 'real'), join(folder, 'link'));
    expect(await scanFolder(join(folder, 'link'))).toEqual(await scanFolder(join(folder, 'real')));
  });

  it('tells what lies beside train and is left out', async () => {
    await put('train/cat/1.png', 'train/dog/1.png', 'holdout/cat/2.png');
    expect((await scanFolder(folder)).notes).toEqual([
      'The folder holdout beside train is none of the splits and is left out.',
    ]);
  });

  const CLASS_FOLDERS = /Put the images of each class in a folder of its own/;
  it.each([
    ['is empty', [], /is empty: it has no class folders/, CLASS_FOLDERS],
    ['has loose images only', ['1.png', '2.jpg'], /has 2 images but no class folders/, CLASS_FOLDERS],
    [
      'has one class',
      ['cat/1.png'],
      /has one class, "cat"; a classifier needs two at least/,
      /images of something else/,
    ],
    [
      'has an empty train folder',
      ['train/', 'test/cat/1.png'],
      /train is empty: it has no class folders/,
      CLASS_FOLDERS,
    ],
    ['has a class without images', ['cat/1.png', 'dog/'], /The class folder dog in .* has no images/, /or remove it/],
    [
      'has a class of other files only',
      ['cat/1.png', 'dog/a.txt'],
      /The class folder dog in .* has no images/,
      /or remove/,
    ],
    ['has a test split alone', ['test/cat/1.png', 'test/dog/1.png'], /has test but no train folder/, /"train"/],
    [
      'has validation twice',
      ['train/a/1.png', 'train/b/1.png', 'val/a/2.png', 'validation/a/3.png'],
      /two folders/,
      /Keep/,
    ],
    [
      'has a class in test that train has not',
      ['train/cat/1.png', 'train/dog/1.png', 'test/dogs/1.png'],
      /test.dogs in .* is a class that train does not have/,
      /same spelling/,
    ],
  ])('refuses a folder that %s, with the field and the remedy', async (_, names, message, remedy) => {
    await put(...names.filter((name) => !name.endsWith('/')));
    for (const name of names.filter((name) => name.endsWith('/'))) await mkdir(join(folder, name), { recursive: true });
    await expect(scanFolder(folder)).rejects.toMatchObject({
      name: 'UserError',
      field: 'dataset.path',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  });

  it('refuses a folder that is not there, and one that is a file', async () => {
    await put('a.png');
    await expect(scanFolder(join(folder, 'nowhere'))).rejects.toMatchObject({
      field: 'dataset.path',
      message: `There is no folder ${join(folder, 'nowhere')}`,
      remedy: expect.stringContaining('on the machine that trains'),
    });
    await expect(scanFolder(join(folder, 'a.png', 'deeper'))).rejects.toThrow('There is no folder');
    await expect(scanFolder(join(folder, 'a.png'))).rejects.toMatchObject({
      field: 'dataset.path',
      message: expect.stringContaining('is a file, not a folder'),
    });
  });

  it('refuses folders without end', async () => {
    await put(`cat/${'deep/'.repeat(40)}1.png`, 'dog/1.png');
    await expect(scanFolder(folder)).rejects.toThrow('is nested more than 32 folders deep');
  });
});
