import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperationalError, SpecSchema, UserError, type Spec } from '#contracts';
import { confinePaths } from './confine-paths.js';

let base: string;
let root: string;

beforeAll(() => {
  base = mkdtempSync(path.join(os.tmpdir(), 'confine-'));
  root = path.join(base, 'data');
  mkdirSync(path.join(root, 'pets'), { recursive: true });
  mkdirSync(path.join(base, 'data-secret'));
  mkdirSync(path.join(base, 'secret'));
  symlinkSync(path.join(base, 'secret'), path.join(root, 'escape'));
  symlinkSync(path.join(root, 'pets'), path.join(root, 'alias'));
  symlinkSync(root, path.join(base, 'mounted'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const transfer = (dataset: string): Spec =>
  SpecSchema.parse({
    name: 'x',
    pipeline: 'transfer',
    dataset: { path: dataset },
    backbone: { model: 'small_cnn', weights: 'none' },
  });
const logistic = (teacher: string): Spec =>
  SpecSchema.parse({ name: 'x', pipeline: 'logistic', dataset: { name: 'mnist' }, teacher: { path: teacher } });
const datasetOf = (spec: Spec) => ('path' in spec.dataset ? spec.dataset.path : undefined);

describe('confinePaths', () => {
  it('lets a spec name folders below the root: relative, absolute, and by links that stay inside', async () => {
    const pets = path.join(root, 'pets');
    for (const named of ['pets', './pets/', pets, 'alias', 'pets/../pets']) {
      expect(datasetOf(await confinePaths(transfer(named), root))).toBe(pets);
    }
    expect(await confinePaths(logistic('pets'), root)).toMatchObject({ teacher: { path: pets } });
  });

  it('confines each member of an ensemble, and names it', async () => {
    const ensemble = (second: string): Spec =>
      SpecSchema.parse({
        name: 'x',
        pipeline: 'distillation',
        dataset: { name: 'mnist' },
        teacher: [{ path: 'pets' }, { model: 'resnet8', weights: second }],
        student: { model: 'resnet8' },
      });
    const pets = path.join(root, 'pets');
    expect(await confinePaths(ensemble('./pets'), root)).toMatchObject({
      teacher: [{ path: pets }, { weights: pets }],
    });
    await expect(confinePaths(ensemble('../secret'), root)).rejects.toMatchObject({ field: 'teacher.1.weights' });
  });

  it('takes a root that is a link itself, named either way', async () => {
    const mounted = path.join(base, 'mounted');
    for (const named of ['pets', path.join(mounted, 'pets')]) {
      expect(datasetOf(await confinePaths(transfer(named), mounted))).toBe(path.join(root, 'pets'));
    }
  });

  it('leaves a folder that is missing to whoever reads it', async () => {
    expect(datasetOf(await confinePaths(transfer('nowhere'), root))).toBe(path.join(root, 'nowhere'));
  });

  it.each([
    ['the parent', '..'],
    ['a way out and further', '../secret'],
    ['an absolute path', '/etc'],
    ['a neighbour whose name begins like the root', '../data-secret'],
    ['a symbolic link', 'escape'],
    ['a path through a symbolic link', 'escape/deeper'],
    ['what is not there, outside', '/nowhere/at/all'],
  ])('refuses %s, and names the field', async (_, named) => {
    const refused = await confinePaths(transfer(named), root).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UserError);
    expect(refused).toMatchObject({ field: 'dataset.path', message: expect.stringMatching(/^dataset\.path: /) });
    await expect(confinePaths(logistic(named), root)).rejects.toMatchObject({ field: 'teacher.path' });
  });

  it('confines weights that are files, and leaves names of sources alone', async () => {
    const weights = (named: string) =>
      SpecSchema.parse({ ...transfer('pets'), backbone: { model: 'mobilenet_v2', weights: named } });
    const teacher = (named: string) =>
      SpecSchema.parse({ ...logistic('pets'), teacher: { model: 'mobilenet_v2', weights: named } });
    const file = path.join(root, 'pets', 'w.safetensors');
    expect(await confinePaths(weights('./pets/w.safetensors'), root)).toMatchObject({ backbone: { weights: file } });
    expect(await confinePaths(weights('coco'), root)).toMatchObject({ backbone: { weights: 'coco' } });
    for (const named of [
      '../secret/w.safetensors',
      '/etc/shadow',
      'escape/w.safetensors',
      '~/../../secret/w.safetensors',
    ]) {
      await expect(confinePaths(weights(named), root)).rejects.toMatchObject({ field: 'backbone.weights' });
      await expect(confinePaths(teacher(named), root)).rejects.toMatchObject({ field: 'teacher.weights' });
    }
  });

  it('says that the root itself is missing', async () => {
    const missing = path.join(base, 'unmounted');
    await expect(confinePaths(transfer('pets'), missing)).rejects.toThrow(OperationalError);
  });

  it('asks nothing of a known dataset, and without a root allows any folder', async () => {
    const spec = logistic('/models/a');
    expect(await confinePaths(spec, undefined)).toEqual(spec);
    expect(datasetOf(await confinePaths(transfer('pets'), undefined))).toBe(path.resolve('pets'));
  });
});
