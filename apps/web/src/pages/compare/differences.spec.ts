import { parseSpec, type Spec } from '#contracts';
import { expect, it } from 'vitest';
import { differences } from './differences.js';

function spec(change: object): Spec {
  const parsed = parseSpec({
    name: 'a',
    pipeline: 'transfer',
    dataset: { name: 'cifar10' },
    backbone: { model: 'resnet20' },
    ...change,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.spec;
}

it('lists the fields that differ, and those that only one spec has', () => {
  const one = { spec: spec({}) };
  const other = { spec: spec({ training: { epochs: 3 }, dataset: { name: 'cifar10', train: 500 } }) };
  expect(differences([one, other])).toEqual([
    { path: 'dataset.train', values: [undefined, 500] },
    { path: 'training.epochs', values: [10, 3] },
  ]);
});

it('finds none between equal specs', () => {
  expect(differences([{ spec: spec({}) }, { spec: spec({}) }])).toEqual([]);
});
