import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Engine } from '#engine';
import { toySpec } from '../../../test/pipelines/toy.js';
import { runIdentity } from './run-identity.js';

const engine = { backend: 'cpu' } as Engine;
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const specOf = (image: object) =>
  toySpec('distillation', 'images', {
    image: { size: 12, ...image },
    student: { model: 'small_cnn' },
    teacher: { pipeline: 'transfer', backbone: { model: 'small_cnn' }, image: { size: 20, ...image } },
  });
const identityOf = (image: object) => runIdentity(engine, specOf(image), 1, { contentHash: 'c' });

it('is the same whether the mean and deviation are left out or written, as in checkpoints that know them as written', () => {
  const { name: _n, project: _p, resources: _r, report: _t, seeds: _s, matrix: _m, ...decisive } = specOf(IMAGENET);
  const text = JSON.stringify([decisive, 1, 'c', undefined, 'cpu']);
  expect(text.split('"mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]')).toHaveLength(3);
  expect(identityOf({})).toBe(createHash('sha256').update(text).digest('hex'));
  expect(identityOf(IMAGENET)).toBe(identityOf({}));
  expect(identityOf({ mean: [0, 0, 0] })).not.toBe(identityOf({}));
});
