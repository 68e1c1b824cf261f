import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WeightsReport } from '#contracts';
import { declaredShapes, writeSafetensors } from '#models';
import { startCommand } from '../command.js';
import { torchWeights } from '../golden/torch-models.js';
import { buildPrograms } from '../services/test-services.js';

const torchFiles = path.resolve(import.meta.dirname, '../golden/torch-files');
let folder: string;
beforeAll(async () => {
  await buildPrograms();
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-weights-'));
  const weights = torchWeights(declaredShapes('small_cnn', { classes: 3 }).shapes);
  await writeFile(path.join(folder, 'bare.safetensors'), writeSafetensors(weights));
  await writeFile(path.join(folder, 'names.txt'), 'cat\ndog\ncow\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const weights = (...args: string[]) => startCommand(['weights', ...args], folder).ended;

describe('distillery weights', () => {
  it('says what a file holds', async () => {
    const { code, stdout } = await weights('inspect', 'bare.safetensors', '--json');
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as WeightsReport;
    expect(report).toMatchObject({ architecture: 'small_cnn', layout: 'tensorflow', outputs: 3, problems: [] });
    expect(report.classes).toBeUndefined();
  });

  it('writes a model folder that predict opens, and tells what it assumed', async () => {
    const args = [
      'bare.safetensors',
      '--classes',
      'names.txt',
      '--size',
      '24',
      '--to',
      'model-folder',
      '--out',
      'model',
    ];
    const { code, stdout, stderr } = await weights('convert', ...args, '--engine', 'cpu');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('classes  cat, dog, cow');
    expect(stderr).toBe("assumed: images: prepared with ImageNet's mean and deviation\n");
    const again = await weights('convert', ...args, '--engine', 'cpu');
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/there is something at .*model already/);
    const looked = await weights('inspect', 'model');
    expect(looked.stdout).toContain("format   model-folder, TensorFlow's layout");
  });

  it.each([
    ['a file that asks for more than weights', path.join(torchFiles, 'module.pth'), /asks for torch\.nn\.modules/],
    ['a file that is not there', 'none.pth', /there is nothing at .*none\.pth/],
  ])('refuses %s, without a stack', async (_, file, message) => {
    const { code, stdout, stderr } = await weights('inspect', file);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
