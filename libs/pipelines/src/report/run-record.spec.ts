import { expect, it } from 'vitest';
import { recordRun } from './run-record.js';

it('keeps warnings and curves, once each, and passes everything on', () => {
  const said: unknown[] = [];
  const { log, metrics, record } = recordRun({
    log: (...line) => said.push(line),
    metrics: (...point) => said.push(point),
  });
  log('info', 'begins');
  log('warn', 'small batch');
  log('warn', 'small batch');
  metrics(0, { 'train.loss': 2, 'train.top1': 0.1 });
  metrics(5, { 'train.loss': 1 });
  expect(record.warnings).toEqual(['small batch']);
  expect(record.curves.get('train.loss')).toEqual([
    { step: 0, value: 2 },
    { step: 5, value: 1 },
  ]);
  expect(said).toHaveLength(5);
});

it('stops a training whose loss is below zero', () => {
  const { metrics } = recordRun({ log: () => {}, metrics: () => {} });
  metrics(3, { 'train.loss': 0 });
  expect(() => metrics(9, { 'train.loss': -0.5 })).toThrow(
    "the divergence in the training's loss, before step 9, is -0.5",
  );
});

it('thins out a curve that grows too long, and keeps its ends', () => {
  const { metrics, record } = recordRun({ log: () => {}, metrics: () => {} });
  for (let step = 0; step < 10_000; step++) metrics(step, { 'train.loss': 1 / (step + 1) });
  const curve = record.curves.get('train.loss')!;
  expect(curve.length).toBeLessThanOrEqual(2000);
  expect(curve[0].step).toBe(0);
  expect(curve.at(-1)!.step).toBe(9999);
});
