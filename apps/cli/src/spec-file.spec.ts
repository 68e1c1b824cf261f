import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSpecFile } from './spec-file.js';

let folder: string;
let file: string;
const text = 'name: a\npipeline: transfer\ndataset: { name: cifar10 }\nbackbone: { model: mobilenet_v2 }\n';

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-spec-'));
  file = path.join(folder, 'a.yaml');
  await writeFile(file, text);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('readSpecFile', () => {
  it('applies settings, their values read as YAML', async () => {
    const { spec } = await readSpecFile(file, ['training.epochs=3', 'seeds=[1, 2]', 'name=b c', 'dataset.train=100']);
    expect(spec).toMatchObject({ name: 'b c', seeds: [1, 2], training: { epochs: 3 }, dataset: { train: 100 } });
  });

  it('shows the issue of a setting as the setting, and the issues of the file at their lines', async () => {
    await writeFile(file, `${text}seed: 3\n`);
    await expect(readSpecFile(file, ['training.epochs=many'])).rejects.toMatchObject({
      exitCode: 2,
      lines: [
        `${file}:5:1: error: seed: unknown key; did you mean "seeds"?`,
        '    5 | seed: 3',
        '      | ^~~~',
        expect.stringMatching(/^--set training\.epochs=many: error: training\.epochs: /),
      ],
    });
  });

  it('places issues that the server finds', async () => {
    const { errorOf } = await readSpecFile(file);
    expect(errorOf([{ path: 'dataset.name', message: 'is not here' }]).lines[0]).toBe(
      `${file}:3:12: error: dataset.name: is not here`,
    );
  });

  it.each([
    ['a file that is not there', () => readSpecFile(path.join(folder, 'b.yaml')), /there is no file .*b\.yaml/],
    ['a folder', () => readSpecFile(folder), /is a folder/],
    ['a setting without a value', () => readSpecFile(file, ['epochs']), /--set epochs: write it as key=value/],
    ['a setting that would reach a prototype', () => readSpecFile(file, ['__proto__.a=1']), /unknown key/],
  ])('refuses %s', async (_what, read, message) => {
    await expect(read()).rejects.toThrow(message);
    await expect(read()).rejects.toMatchObject({ exitCode: 2 });
  });

  it('refuses a file of 2 MB before it parses it', async () => {
    await writeFile(file, `name: ${'a'.repeat(2 * 1024 * 1024)}`);
    await expect(readSpecFile(file, ['seeds=[1]'])).rejects.toThrow(/at most 65536/);
  });
});
