import { describe, expect, it, vi } from 'vitest';
import type { LogLevel, Progress } from '#contracts';
import { DatabaseUnavailableError, FencedError } from '#persistence';
import { EventRelay, type RelayOptions } from './event-relay.js';

type Point = { key: string; step: number; value: number; at: number };

/** A database that is away when it is told to be: the fault that a real one has only when it is restarted. */
class Tables {
  away: Error | undefined;
  readonly written: string[] = [];
  readonly points: Point[] = [];
  readonly lines: string[] = [];
  readonly progress: number[] = [];
  batches = 0;

  setEngine = (): Promise<void> => this.write('engine', () => undefined);
  setProgress = (_: string, progress: Progress): Promise<void> =>
    this.write('progress', () => this.progress.push(progress.done));
  appendMetrics = (_: string, points: Point[]): Promise<void> =>
    this.write('metrics', () => {
      this.batches++;
      this.points.push(...points);
    });
  appendLogs = (_: string, lines: { level: LogLevel; message: string }[]): Promise<void> =>
    this.write('logs', () => this.lines.push(...lines.map(({ message }) => message)));

  private async write(what: string, work: () => void): Promise<void> {
    await Promise.resolve();
    if (this.away !== undefined) throw this.away;
    this.written.push(what);
    work();
  }
}

const away = new DatabaseUnavailableError('away');

function relay(options: Partial<RelayOptions> = {}) {
  const tables = new Tables();
  const broken: Error[] = [];
  const waiting = vi.fn();
  const under = new EventRelay({
    token: 'token',
    store: tables,
    onBroken: (error) => broken.push(error),
    onWaiting: waiting,
    everyMs: 5,
    ...options,
  });
  return { tables, broken, waiting, under };
}

const metrics = (step: number) => ({ type: 'metrics' as const, step, values: { loss: step / 2 }, at: step });
const log = (message: string) => ({ type: 'log' as const, level: 'info' as const, message, at: 1 });
const progress = (done: number) => ({
  type: 'progress' as const,
  progress: { phase: 'train', done, total: 1000, fraction: done / 1000 },
});

describe('EventRelay', () => {
  it('writes by itself soon, in few batches, in order', async () => {
    const { under, tables } = relay();
    for (let step = 0; step < 300; step++) under.take(metrics(step));
    under.take(log('one'));
    under.take(log('two'));
    await expect.poll(() => tables.lines).toEqual(['one', 'two']);
    expect(tables.points.map(({ step }) => step)).toEqual([...Array(300).keys()]);
    expect(tables.batches).toBe(1);
  });

  it('has written all that it took when a flush resolves, progress included', async () => {
    const { under, tables } = relay({ everyMs: 60_000, progressEveryMs: 60_000 });
    under.take({ type: 'started', engine: { backend: 'x', version: '1', reason: '', threads: 1 } });
    under.take(progress(1));
    await under.flush();
    under.take(metrics(0));
    under.take(progress(2));
    under.take(progress(3));
    await Promise.all([under.flush(), under.flush()]);
    expect(tables.progress).toEqual([1, 3]);
    expect(tables.written).toEqual(['engine', 'progress', 'metrics', 'progress']);
  });

  it('writes only the newest progress, and not more often than it may', async () => {
    const { under, tables } = relay({ progressEveryMs: 60_000 });
    under.take(progress(1));
    await expect.poll(() => tables.progress).toEqual([1]);
    for (let done = 2; done < 100; done++) under.take(progress(done));
    under.take(log('here'));
    await expect.poll(() => tables.lines).toEqual(['here']);
    expect(tables.progress).toEqual([1]);
  });

  it('keeps what it took while the database is away, and writes it once when it is back', async () => {
    const { under, tables, waiting, broken } = relay();
    tables.away = away;
    for (let step = 0; step < 10; step++) under.take(metrics(step));
    await expect.poll(() => waiting.mock.calls.length).toBeGreaterThan(1);
    for (let step = 10; step < 20; step++) under.take(metrics(step));
    under.take(log('late'));
    tables.away = undefined;
    await under.flush();
    expect(tables.points.map(({ step }) => step)).toEqual([...Array(20).keys()]);
    expect(tables.lines).toEqual(['late']);
    expect(broken).toEqual([]);
  });

  it('breaks, once, when more waits than it may keep', async () => {
    const { under, tables, broken } = relay({ mostPoints: 100 });
    tables.away = away;
    for (let step = 0; step < 1000; step++) under.take(metrics(step));
    expect(broken.map(({ message }) => message)).toEqual(['More than 100 metric values wait to be written.']);
    await expect(under.flush()).rejects.toThrow('More than 100');
  });

  it('breaks at once, and writes nothing more, when the attempt does not count any more', async () => {
    const { under, tables, broken } = relay();
    tables.away = new FencedError('over');
    under.take(metrics(0));
    await expect.poll(() => broken).toEqual([tables.away]);
    tables.away = undefined;
    under.take(metrics(1));
    await expect(under.flush()).rejects.toThrow('over');
    expect(tables.written).toEqual([]);
  });

  it('stops trying when it is closed', async () => {
    const { under, tables, broken, waiting } = relay();
    tables.away = away;
    under.take(metrics(0));
    await expect.poll(() => waiting.mock.calls.length).toBeGreaterThan(0);
    const flushing = under.flush().catch((error: Error) => error);
    under.close();
    expect(await flushing).toBe(away);
    expect(broken).toEqual([]);
  });

  it('says at a flush what was left out of a log', async () => {
    const { under, tables } = relay({ log: { burst: 2, perSecond: 1 } });
    for (let index = 0; index < 10; index++) under.take(log(`${index}`));
    await under.flush();
    expect(tables.lines).toEqual(['0', '1', expect.stringMatching(/^8 lines are left out/)]);
  });
});
