import { beforeEach, describe, expect, it } from 'vitest';
import type { Progress } from '#contracts';
import { ProgressMeter } from './progress-meter.js';

/** A run of 1000 cost units: 100 of features, 800 of training, 100 of the test. */
const PHASES = [
  { name: 'features', total: 100, cost: 1, images: 1 },
  { name: 'train', total: 40, cost: 20, images: 10 },
  { name: 'test', total: 50, cost: 2 },
];

let time: number;
let reports: Progress[];
let meter: ProgressMeter;
const last = () => reports.at(-1)!;

beforeEach(() => {
  time = 5000;
  reports = [];
  meter = new ProgressMeter(
    PHASES,
    (progress) => reports.push(progress),
    () => time,
  );
});

describe('ProgressMeter', () => {
  it('counts each phase by its cost, and ends at 1', () => {
    meter.begin('features');
    expect(last()).toMatchObject({ phase: 'features', done: 0, total: 100, fraction: 0 });
    meter.advance(100);
    expect(last().fraction).toBe(0.1);
    meter.begin('train');
    meter.advance(40, { epoch: 2, epochs: 2 });
    expect(last()).toMatchObject({ phase: 'train', fraction: 0.9, epoch: 2, epochs: 2 });
    meter.begin('test');
    meter.advance(50);
    expect(last().fraction).toBe(1);
  });

  it('has no ETA before anything was done', () => {
    meter.begin('features');
    expect(last().etaMs).toBeUndefined();
  });

  it("estimates what is left of a phase from its own speed, what follows from the run's", () => {
    meter.begin('features');
    time += 1000;
    meter.advance(50);
    // 50 units in 1000 ms: 20 ms each; 50 are left here, and 900 follow.
    expect(last().etaMs).toBe(950 * 20);
    time += 1000;
    meter.advance(100);
    meter.begin('train');
    // Nothing done here yet: the run's own speed.
    expect(last().etaMs).toBe(900 * 20);
    time += 2000;
    meter.advance(10);
    // 200 in 2000 ms here: 10 ms each for the 600 left; the run's 300 in 4000 ms for the 100 after.
    expect(last().etaMs).toBe(Math.round(600 * 10 + (100 * 4000) / 300));
  });

  it('shows the speed of the phase in images per second, where it has one', () => {
    meter.begin('train');
    time += 500;
    meter.advance(10);
    expect(last().imagesPerSecond).toBe(200);
    expect(meter.speed()).toBe(20);
    meter.begin('test');
    time += 500;
    meter.advance(50);
    expect(last().imagesPerSecond).toBeUndefined();
  });

  it('does not count as speed what an earlier attempt has done', () => {
    meter.begin('train', 30);
    expect(last()).toMatchObject({ done: 30, fraction: (100 + 600) / 1000 });
    expect(last().etaMs).toBeUndefined();
    time += 1000;
    meter.advance(35);
    expect(meter.speed()).toBe(5);
    // 5 steps (100 units) in 1000 ms; 100 left here, 100 after.
    expect(last().etaMs).toBe(2000);
  });

  it('counts phases that are left out as done', () => {
    meter.begin('test');
    expect(last().fraction).toBe(0.9);
  });

  it('reports four times a second at most, and the end of a phase always', () => {
    meter.begin('features');
    for (let done = 1; done <= 100; done++) {
      time += 10;
      meter.advance(done);
    }
    // At 0, 250, 500, 750 and 1000 ms.
    expect(reports.map(({ done }) => done)).toEqual([0, 25, 50, 75, 100]);
    meter.begin('train');
    meter.advance(40);
    expect(last()).toMatchObject({ phase: 'train', done: 40 });
  });

  it('refuses a phase that was not planned, or is over', () => {
    expect(() => meter.begin('exam')).toThrow('"exam" is not planned');
    meter.begin('train');
    expect(() => meter.begin('features')).toThrow('"features" is not planned after "train"');
  });

  it('gives a fraction, no NaN, where there is nothing to do', () => {
    new ProgressMeter(
      [{ name: 'train', total: 0, cost: 1 }],
      (progress) => reports.push(progress),
      () => time,
    ).begin('train');
    expect(last()).toMatchObject({ fraction: 0, done: 0, total: 0 });
  });
});
