import type { LogLine, MetricSeries, PlatformEvent, Run } from '#contracts';
import { describe, expect, it } from 'vitest';
import type { RunFilter } from '../api/endpoints.js';
import { reduceLogs, reduceMetrics, reduceRunPages } from './reducers.js';

const newestFirst: RunFilter = { state: [], search: '', sort: 'createdAt', order: 'desc' };

function run(id: string, fields: Partial<Run> = {}): Run {
  return {
    id,
    experimentId: 'e',
    experimentName: 'Pets',
    project: 'default',
    pipeline: 'transfer',
    dataset: 'cifar10',
    model: 'resnet20',
    seed: 0,
    point: {},
    state: 'running',
    attempt: 1,
    teacherRunId: null,
    teacherRunIds: [],
    progress: null,
    metrics: {},
    bestMetric: null,
    failure: null,
    cancelRequested: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    finishedAt: null,
    durationMs: null,
    worker: null,
    ...fields,
  };
}
const changed = (row: Run): PlatformEvent => ({ type: 'run', run: row });
const pagesOf = (...ids: string[]) => [{ items: ids.map((id) => run(id)), next: null }];

describe('a list of runs', () => {
  it('changes a listed run where it stands', () => {
    const pages = reduceRunPages(pagesOf('a', 'b'), changed(run('b', { state: 'completed' })), newestFirst);
    expect(pages?.[0].items.map(({ id, state }) => [id, state])).toEqual([
      ['a', 'running'],
      ['b', 'completed'],
    ]);
  });

  it('loses a run that no longer matches its filter', () => {
    const filter = { ...newestFirst, state: ['running' as const] };
    expect(reduceRunPages(pagesOf('a', 'b'), changed(run('a', { state: 'failed' })), filter)?.[0].items).toHaveLength(
      1,
    );
  });

  it('puts a new run on top where newest come first', () => {
    const fresh = run('c', { createdAt: '2026-01-02T00:00:00.000Z' });
    expect(reduceRunPages(pagesOf('a'), changed(fresh), newestFirst)?.[0].items.map(({ id }) => id)).toEqual([
      'c',
      'a',
    ]);
  });

  it('does not put an old run that lies on a later page on top', () => {
    const old = run('z', { createdAt: '2025-01-01T00:00:00.000Z' });
    const pages = [{ items: [run('a')], next: 'cursor' }];
    expect(reduceRunPages(pages, changed(old), newestFirst)).toBe(pages);
  });

  it('must be fetched again where the place of a new run is not known', () => {
    const byAccuracy = { ...newestFirst, sort: 'bestMetric' };
    expect(reduceRunPages(pagesOf('a'), changed(run('c')), byAccuracy)).toBeUndefined();
  });

  it('is left alone by a run that does not match its search', () => {
    const pages = pagesOf('a');
    expect(reduceRunPages(pages, changed(run('c')), { ...newestFirst, search: 'cars' })).toBe(pages);
  });
});

describe('curves', () => {
  const event = (...points: [number, number][]): PlatformEvent => ({
    type: 'metrics',
    runId: 'a',
    points: points.map(([step, value]) => ({ key: 'train.loss', step, value, at: 0 })),
  });
  const curve: MetricSeries = { key: 'train.loss', steps: [0, 10], values: [2, 1], times: [0, 0] };

  it('grow at their end, and repeat a step by replacing it', () => {
    const [grown] = reduceMetrics([curve], event([10, 0.9], [20, 0.5]), 'a');
    expect(grown).toMatchObject({ steps: [0, 10, 20], values: [2, 0.9, 0.5] });
    expect(curve.values).toEqual([2, 1]);
  });

  it('take a late point in at its step', () => {
    expect(reduceMetrics([curve], event([5, 1.5]), 'a')[0].steps).toEqual([0, 5, 10]);
  });

  it('begin with their first point, and ignore other runs', () => {
    expect(reduceMetrics([], event([0, 1]), 'a')).toHaveLength(1);
    const before = [curve];
    expect(reduceMetrics(before, event([0, 1]), 'other')).toBe(before);
  });
});

describe('a log', () => {
  const line = (seq: number): LogLine => ({
    seq,
    attempt: 1,
    at: '2026-01-01T00:00:00.000Z',
    level: 'info',
    message: '',
  });

  it('takes each line once, in order, however often it is told', () => {
    const event: PlatformEvent = { type: 'logs', runId: 'a', lines: [line(3), line(2), line(4)] };
    const once = reduceLogs([line(1), line(2)], event, 'a');
    expect(once.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(reduceLogs(once, event, 'a')).toBe(once);
  });
});
