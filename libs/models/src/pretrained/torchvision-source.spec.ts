import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OperationalError } from '#contracts';
import { IMAGENET_CLASSES } from './imagenet-classes.js';
import { pretrainedSource } from './load-pretrained.js';
import { torchvisionSources } from './torchvision-source.js';

const mirror = mkdtempSync(join(tmpdir(), 'mirror-'));
const cacheFolder = mkdtempSync(join(tmpdir(), 'cache-'));
afterAll(() => [mirror, cacheFolder].forEach((folder) => rmSync(folder, { recursive: true })));

describe('the sources of torchvision', () => {
  it('say where they are published, with which hash and licence, and how images are prepared', () => {
    for (const { url, sha256, licence, preprocessing, name } of torchvisionSources) {
      expect(url).toMatch(/^https:\/\/download\.pytorch\.org\/models\//);
      expect(basename(url, '.pth').endsWith(`-${sha256}`)).toBe(true);
      expect(licence).toContain('BSD-3-Clause');
      expect(name).toMatch(/^torchvision\/IMAGENET1K_V[12]$/);
      expect(preprocessing.std.every((value) => value > 0.2)).toBe(true);
    }
    expect(pretrainedSource('resnet50', 'torchvision/IMAGENET1K_V2').sha256).toBe('11ad3fa6');
    // transform_input of inception_v3 and ImageNet's normalisation are together a mean and a deviation of ½.
    expect(pretrainedSource('inception_v3', 'torchvision/IMAGENET1K_V1').preprocessing.mean).toEqual([0.5, 0.5, 0.5]);
  });

  it('know the 1,000 classes', () => {
    expect(IMAGENET_CLASSES).toHaveLength(1000);
    expect(IMAGENET_CLASSES[2]).toBe('great white shark');
    expect(IMAGENET_CLASSES[999]).toBe('toilet tissue');
    expect(IMAGENET_CLASSES.filter((name) => /[\n;]|^\s|\s$/.test(name))).toEqual([]);
  });

  it('are taken from a mirror, and refused where they are not the published file', async () => {
    const source = pretrainedSource('shufflenet_v2_x0_5', 'torchvision/IMAGENET1K_V1');
    writeFileSync(join(mirror, basename(source.url)), 'not these');
    const fetched = source.fetch({ cacheFolder, mirror });
    const actual = createHash('sha256').update('not these').digest('hex');
    await expect(fetched).rejects.toThrow(`is ${actual}, expected f707e7126e`);
    await expect(fetched).rejects.toBeInstanceOf(OperationalError);
  });

  it('say which there are where the name is unknown', () => {
    expect(() => pretrainedSource('resnet50', 'torchvision/IMAGENET1K_V3')).toThrow(
      /did you mean "torchvision\/IMAGENET1K_V[12]"\? \(legal: torchvision\/IMAGENET1K_V1, torchvision\/IMAGENET1K_V2\)/,
    );
  });
});
