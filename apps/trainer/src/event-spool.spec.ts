import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { TrainerEvent } from '#contracts';
import { EventSpool } from './event-spool.js';

let spool: EventSpool;
beforeEach(() => (spool = new EventSpool()));
afterEach(() => spool.close());

const line = (message: string): TrainerEvent => ({ type: 'log', level: 'info', message, at: 1 });

it('gives back what went in, oldest first, also across its reading size and with any characters', () => {
  const events = Array.from({ length: 40 }, (_, index) => line(`${index} ${'ü\n"'.repeat(index * 100)}`));
  events.forEach((event) => spool.append(event));
  const out: TrainerEvent[] = [];
  while (spool.size > 0) out.push(...spool.take(7));
  expect(out).toEqual(events);
});

it('can be filled again after it was emptied', () => {
  spool.append(line('a'));
  expect(spool.take(10)).toEqual([line('a')]);
  spool.append(line('b'));
  expect(spool.take(10)).toEqual([line('b')]);
  expect(spool.take(10)).toEqual([]);
});

it.skipIf(process.platform === 'win32')('has no name that could stay behind', () => {
  spool.append(line('a'));
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('distillery-events-'))).toEqual([]);
});
