import { describe, expect, it } from 'vitest';
import type { TrainerEvent } from '#contracts';
import { EventChannel, type EventChannelOptions } from './event-channel.js';

const metrics = (step: number): TrainerEvent => ({ type: 'metrics', step, values: { 'train.loss': 1 / 3 }, at: 1 });
const progress = (done: number): TrainerEvent => ({
  type: 'progress',
  progress: { phase: 'train', done, total: 100, fraction: done / 100 },
});

/** A parent that reads an event only when it is told to. */
function slowParent(options?: EventChannelOptions) {
  const received: TrainerEvent[] = [];
  const unread: (() => void)[] = [];
  let mostInFlight = 0;
  const channel = new EventChannel((event, written) => {
    unread.push(() => {
      received.push(event);
      written();
    });
    mostInFlight = Math.max(mostInFlight, unread.length);
  }, options);
  const readAll = () => {
    for (let read = unread.shift(); read !== undefined; read = unread.shift()) read();
  };
  return { channel, received, unread, readAll, mostInFlight: () => mostInFlight };
}

describe('EventChannel', () => {
  it('keeps every metric in order, and few of them in memory, while the parent does not read', async () => {
    const { channel, received, readAll, mostInFlight } = slowParent({ inFlight: 4, inMemory: 10 });
    for (let step = 0; step < 5000; step++) channel.post(metrics(step));
    expect(mostInFlight()).toBe(4);
    expect((channel as unknown as { waiting: unknown[] }).waiting).toHaveLength(10);
    const flushed = channel.flush();
    readAll();
    await flushed;
    expect(received).toEqual(Array.from({ length: 5000 }, (_, step) => metrics(step)));
  });

  it('keeps the order when the parent reads in between', async () => {
    const { channel, received, unread, readAll } = slowParent({ inFlight: 2, inMemory: 3 });
    for (let step = 0; step < 300; step++) {
      channel.post(metrics(step));
      if (step % 3 === 0) unread.shift()?.();
    }
    const flushed = channel.flush();
    readAll();
    await flushed;
    expect(received.map((event) => event.type === 'metrics' && event.step)).toEqual([...Array(300).keys()]);
  });

  it('sends the newest progress alone of those that came since the last one', async () => {
    const { channel, received, readAll } = slowParent({ progressEveryMs: 60_000 });
    const first = channel.flush();
    await first;
    for (let done = 0; done <= 100; done++) channel.post(progress(done));
    const flushed = channel.flush();
    readAll();
    await flushed;
    expect(received).toEqual([progress(100)]);
  });

  it('is flushed at once when nothing waits', async () => {
    await expect(slowParent().channel.flush()).resolves.toBeUndefined();
  });

  it('is not flushed before the last event was written', async () => {
    const { channel, unread } = slowParent();
    channel.post(metrics(0));
    let flushed = false;
    const flush = channel.flush().then(() => (flushed = true));
    await Promise.resolve();
    expect(flushed).toBe(false);
    unread.shift()!();
    await flush;
    expect(flushed).toBe(true);
  });
});
