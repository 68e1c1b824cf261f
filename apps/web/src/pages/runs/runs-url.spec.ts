import { describe, expect, it } from 'vitest';
import { nextSort, readFilter, toggleState, writeFilter } from './runs-url.js';

const plain = readFilter(new URLSearchParams());

describe("the runs table's address", () => {
  it('is plain for the plain view', () => {
    expect(writeFilter(plain).toString()).toBe('');
  });

  it('round-trips a filter and an order', () => {
    const address = 'search=pets&state=queued%2Crunning&pipeline=logistic&sort=bestMetric&order=asc';
    expect(writeFilter(readFilter(new URLSearchParams(address))).toString()).toBe(address);
  });

  it('ignores what it does not know', () => {
    expect(readFilter(new URLSearchParams('state=flying,running&pipeline=x&sort=colour&order=up'))).toEqual({
      ...plain,
      state: ['running'],
    });
  });
});

describe('toggling', () => {
  it('adds a state and takes it away again', () => {
    const once = toggleState(['running'], 'queued');
    expect(once).toEqual(['queued', 'running']);
    expect(toggleState(once, 'queued')).toEqual(['running']);
  });

  it('begins a sort at its interesting end and then turns it round', () => {
    const best = nextSort(plain, 'bestMetric');
    expect(best).toMatchObject({ sort: 'bestMetric', order: 'desc' });
    expect(nextSort(best, 'bestMetric').order).toBe('asc');
    expect(nextSort(best, 'experimentName').order).toBe('asc');
  });
});
