import { describe, expect, it } from 'vitest';
import type { RunPlan } from '#contracts';
import { planFolders, slug } from './plan-folders.js';

const plan = (seed: number, point: Record<string, unknown>) => ({ seed, point }) as unknown as RunPlan;

describe('planFolders', () => {
  it('gives a single run the out folder for itself', () => {
    expect(planFolders([plan(0, {})])).toEqual(['']);
  });

  it('names a folder by what tells its run from the others', () => {
    expect(planFolders([plan(0, {}), plan(1, {})])).toEqual(['seed-0', 'seed-1']);
    expect(planFolders([plan(0, { 'loss.temperature': 2 }), plan(0, { 'loss.temperature': 4 })])).toEqual([
      'temperature-2',
      'temperature-4',
    ]);
    expect(planFolders([plan(0, { 'a.b': 'x/y' }), plan(1, { 'a.b': 'x/y' })])).toEqual([
      'b-x-y.seed-0',
      'b-x-y.seed-1',
    ]);
  });

  it('never gives two runs the same folder', () => {
    const names = planFolders([plan(0, { 'a.b': 'x/y' }), plan(0, { 'a.b': 'x?y' }), plan(0, { 'a.b': 'x y' })]);
    expect(new Set(names).size).toBe(3);
  });
});

describe('slug', () => {
  it.each([
    ['../../etc', 'etc'],
    ['pets, 2nd try', 'pets-2nd-try'],
    ['…', 'x'],
    [0.5, '0.5'],
  ])('makes %j safe as a folder', (text, expected) => {
    expect(slug(text)).toBe(expected);
  });
});
