import type { RunDetail } from '#contracts';
import { expect, it } from 'vitest';
import { namesOf, type ComparedRun } from './compared-run.js';

function compared(experimentName: string, seed: number, point = {}): ComparedRun {
  const id = `${experimentName}${seed}${JSON.stringify(point)}`;
  return { run: { id, experimentName, seed, point } as RunDetail, series: [], color: 0 };
}

it('calls runs by what tells them apart', () => {
  expect(
    namesOf([compared('pets', 0, { 'loss.temperature': 2 }), compared('pets', 0, { 'loss.temperature': 4 })]),
  ).toEqual(['temperature 2', 'temperature 4']);
  expect(namesOf([compared('pets', 0), compared('cars', 0)])).toEqual(['pets', 'cars']);
});

it('falls back to the id where nothing else differs, and keeps the whole name of a single run', () => {
  const twin = { ...compared('pets', 0), run: { ...compared('pets', 0).run, id: 'abcdef0123' } };
  expect(namesOf([compared('pets', 0), twin])[1]).toBe('abcdef01');
  expect(namesOf([compared('pets', 3)])).toEqual(['pets, seed 3']);
});
