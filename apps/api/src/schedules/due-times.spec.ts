import { describe, expect, it } from 'vitest';
import { cronProblem, nextDueTime, nextDueTimes, timeZoneProblem } from './due-times.js';

function times(cron: string, timeZone: string, after: string, count: number): string[] {
  return nextDueTimes({ cron, timeZone }, new Date(after), count).map((time) => time.toISOString().slice(0, 16));
}

describe('due times', () => {
  it('follow the clocks of the zone through the year', () => {
    // Berlin is UTC+1 in winter and UTC+2 in summer.
    expect(times('30 2 * * *', 'Europe/Berlin', '2027-01-10T12:00:00Z', 2)).toEqual([
      '2027-01-11T01:30',
      '2027-01-12T01:30',
    ]);
    expect(times('30 2 * * *', 'Europe/Berlin', '2027-07-10T12:00:00Z', 1)).toEqual(['2027-07-11T00:30']);
    expect(times('0 6 * * 1-5', 'America/New_York', '2027-01-08T20:00:00Z', 2)).toEqual([
      '2027-01-11T11:00',
      '2027-01-12T11:00',
    ]);
  });

  // European Union: clocks go forward on 28 March 2027 at 01:00 UTC and back on 31 October 2027 at 01:00 UTC
  // (directive 2000/84/EC). United States: 14 March and 7 November 2027 at 02:00 local time (15 U.S.C. 260a).
  describe('where clocks are set forward', () => {
    it('a time that is left out is due as long after the change as it lies in the gap', () => {
      expect(times('30 2 * * *', 'Europe/Berlin', '2027-03-27T00:00:00Z', 3)).toEqual([
        '2027-03-27T01:30',
        '2027-03-28T01:30', // 03:30 summer time
        '2027-03-29T00:30',
      ]);
      expect(times('30 2 * * *', 'America/New_York', '2027-03-13T12:00:00Z', 2)).toEqual([
        '2027-03-14T07:30', // 03:30 summer time
        '2027-03-15T06:30',
      ]);
    });

    it('a time that is left out is due whenever one begins to ask', () => {
      expect(times('30 2 * * *', 'Europe/Berlin', '2027-03-28T01:10:00Z', 1)).toEqual(['2027-03-28T01:30']);
      expect(times('30 2 * * *', 'Europe/Berlin', '2027-03-28T01:30:00Z', 1)).toEqual(['2027-03-29T00:30']);
    });

    it('a midnight that is left out is due, too', () => {
      // Cuba: at 00:00 on 14 March 2027 clocks show 01:00.
      expect(times('30 0 * * *', 'America/Havana', '2027-03-13T12:00:00Z', 2)).toEqual([
        '2027-03-14T05:30',
        '2027-03-15T04:30',
      ]);
    });

    it('times come in the order in which they are due, each once', () => {
      expect(times('0,30 2-3 * * *', 'Europe/Berlin', '2027-03-27T23:00:00Z', 3)).toEqual([
        '2027-03-28T01:00',
        '2027-03-28T01:30',
        '2027-03-29T00:00',
      ]);
    });

    it('an hourly schedule goes on hour by hour', () => {
      expect(times('0 * * * *', 'Europe/Berlin', '2027-03-27T23:30:00Z', 4)).toEqual([
        '2027-03-28T00:00',
        '2027-03-28T01:00',
        '2027-03-28T02:00',
        '2027-03-28T03:00',
      ]);
    });
  });

  describe('where clocks are set back', () => {
    it('a repeated time is due once, the first time', () => {
      expect(times('30 2 * * *', 'Europe/Berlin', '2027-10-30T12:00:00Z', 2)).toEqual([
        '2027-10-31T00:30',
        '2027-11-01T01:30',
      ]);
      expect(times('30 1 * * *', 'America/New_York', '2027-11-06T12:00:00Z', 2)).toEqual([
        '2027-11-07T05:30',
        '2027-11-08T06:30',
      ]);
    });

    it('a repeated time is not due again for one who begins to ask in between', () => {
      expect(times('30 2 * * *', 'Europe/Berlin', '2027-10-31T01:15:00Z', 1)).toEqual(['2027-11-01T01:30']);
    });

    it('an hourly schedule goes on hour by hour', () => {
      expect(times('*/30 * * * *', 'Europe/Berlin', '2027-10-30T23:30:00Z', 6)).toEqual([
        '2027-10-31T00:00',
        '2027-10-31T00:30',
        '2027-10-31T01:00',
        '2027-10-31T01:30',
        '2027-10-31T02:00',
        '2027-10-31T02:30',
      ]);
    });
  });

  it('skip what the calendar does not have', () => {
    expect(times('0 0 29 2 *', 'UTC', '2027-01-01T00:00:00Z', 2)).toEqual(['2028-02-29T00:00', '2032-02-29T00:00']);
    expect(times('@monthly', 'UTC', '2027-01-31T00:00:00Z', 1)).toEqual(['2027-02-01T00:00']);
  });

  it('are strictly after the instant that is asked for', () => {
    const timetable = { cron: '30 2 * * *', timeZone: 'UTC' };
    expect(nextDueTime(timetable, new Date('2027-01-10T02:29:59.999Z'))?.toISOString()).toBe(
      '2027-01-10T02:30:00.000Z',
    );
    expect(nextDueTime(timetable, new Date('2027-01-10T02:30:00Z'))?.toISOString()).toBe('2027-01-11T02:30:00.000Z');
  });
});

describe('an expression', () => {
  it.each(['30 2 * * *', '*/15 8-18 * * 1-5', '0 0 1 jan,jul *', '0 0 * * MON', '@daily', '@weekdays'])(
    'may be %s',
    (cron) => {
      expect(cronProblem(cron)).toBeUndefined();
    },
  );

  it.each([
    ['60 * * * *', /0-59/],
    ['* * * *', /has 4 fields/],
    ['0 0 0 * * *', /has 6 fields/],
    ['   ', /has 0 fields/],
    ['@dayly', /did you mean "@daily"/],
    ['H * * * *', /"H"/],
    ['0 0 31 2 *', /day of month/],
    ['whenever you like it please', /cron expression/],
  ])('%s is refused with what to write instead', (cron, words) => {
    expect(cronProblem(cron)).toMatch(words);
    expect(cronProblem(cron)).toMatch(/"30 2 \* \* \*"/);
  });
});

describe('a zone', () => {
  it.each(['Europe/Berlin', 'UTC', 'America/New_York', 'Asia/Kathmandu'])('may be %s', (zone) => {
    expect(timeZoneProblem(zone)).toBeUndefined();
  });

  it('that is misspelt is refused with the nearest one', () => {
    expect(timeZoneProblem('Europe/Berln')).toMatch(/did you mean "Europe\/Berlin"/);
  });

  it.each(['', '+02:00', 'Mars/Olympus_Mons', 'UTC+2'])('"%s" is refused with what to write instead', (zone) => {
    expect(timeZoneProblem(zone)).toMatch(/IANA zone such as "Europe\/Berlin"/);
  });
});
