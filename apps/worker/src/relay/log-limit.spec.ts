import { describe, expect, it } from 'vitest';
import { LogLimit, type LogLine } from './log-limit.js';

const line = (message: string): LogLine => ({ level: 'info', message, at: 7 });
const messages = (lines: LogLine[]) => lines.map(({ message }) => message);

describe('LogLimit', () => {
  it('lets through what a trainer says in a burst, then cuts it off, and says how much is missing', () => {
    const limit = new LogLimit({ burst: 10, perSecond: 2 });
    const flood = Array.from({ length: 100 }, (_, index) => limit.admit(line(`${index}`), 0)).flat();
    expect(messages(flood)).toEqual([...Array(10).keys()].map(String));
    expect(limit.admit(line('early'), 499)).toEqual([]);
    expect(messages(limit.admit(line('later'), 1000))).toEqual([
      '91 lines are left out here: the trainer wrote more than 2 lines per second.',
      'later',
    ]);
    expect(limit.rest(9)).toEqual([]);
  });

  it('never cuts off a trainer that keeps to the rate', () => {
    const limit = new LogLimit({ burst: 5, perSecond: 10 });
    for (let index = 0; index < 1000; index++) expect(limit.admit(line('x'), index * 100)).toHaveLength(1);
  });

  it('says at the end what was left out last', () => {
    const limit = new LogLimit({ burst: 1, perSecond: 1 });
    limit.admit(line('kept'), 0);
    limit.admit(line('lost'), 0);
    expect(limit.rest(9)).toEqual([{ level: 'warn', message: expect.stringMatching(/^1 line is left out/), at: 9 }]);
  });

  it('counts a long line for several, and cuts one that is far too long', () => {
    const limit = new LogLimit({ burst: 10, perSecond: 1 });
    const [long] = limit.admit(line('x'.repeat(1_000_000)), 0);
    expect(long.message).toHaveLength(16_384);
    expect(limit.admit(line('next'), 0)).toEqual([]);
  });

  it('ends the log of an attempt that goes on for too long', () => {
    const limit = new LogLimit({ burst: 100, perSecond: 100, total: 3 });
    const kept = Array.from({ length: 10 }, (_, index) => limit.admit(line(`${index}`), index)).flat();
    expect(messages(kept)).toEqual(['0', '1', '2', '3', 'The log ends here: an attempt may write 3 lines.']);
  });
});
