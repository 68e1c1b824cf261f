import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseSpec } from '#contracts';
import { epochRows, studyRow, type Turn } from '../../bench/distil/summary.js';
import { ARMS, specOf, stepCount } from '../../bench/ladder/arms.js';
import { meanInterval } from '../../bench/ladder/intervals.js';
import { ladderJobs, TUNE_SEED, tuningJobs } from '../../bench/ladder/jobs.js';
import { summariseLadder } from '../../bench/ladder/summary.js';
import { sideBySide } from '../../bench/runs/side-by-side.js';

const names = Object.keys(ARMS);

describe("the ladder's runs", () => {
  it('have legal specs, every candidate of every arm included, whole and quick', () => {
    const all = [true, false].flatMap((quick) => [
      ...ladderJobs({ arms: names, seeds: [0, 1], folder: 'ladder', quick }),
      ...tuningJobs({ arms: names, folder: 'ladder', quick }),
    ]);
    for (const { name, spec } of all) expect(parseSpec(spec), name).toMatchObject({ ok: true });
  });

  it("train from scratch for the student's number of steps, but for a part of an epoch", () => {
    const scratch = specOf('scratch');
    const off = stepCount(scratch) - stepCount(specOf('resnet8'));
    expect(Math.abs(off)).toBeLessThanOrEqual(stepCount(scratch) / scratch.training.epochs / 2);
  });

  it('give each seed its own teacher, which is trained first, also where its arm was not asked for', () => {
    const jobs = ladderJobs({ arms: ['resnet8'], seeds: [3, 4], folder: 'ladder', quick: false });
    expect(jobs.map(({ name }) => name)).toEqual([
      'transfer seed 3',
      'transfer seed 4',
      'resnet8 seed 3',
      'resnet8 seed 4',
    ]);
    const [teacher, , student] = jobs;
    expect(student).toMatchObject({ needs: [teacher.name], teacher: teacher.folder });
    expect(jobs[3].teacher).toBe(jobs[1].folder);
  });

  it('are tuned before their test, by a seed of its own', () => {
    const trials = tuningJobs({ arms: ['transfer', 'resnet8'], folder: 'ladder', quick: false });
    expect(trials.every(({ seed, stopBeforeTest }) => seed === TUNE_SEED && stopBeforeTest)).toBe(true);
    const of = (arm: string) => trials.filter((trial) => trial.arm === arm);
    for (const arm of ['transfer', 'resnet8']) expect(of(arm)).toHaveLength(1 + ARMS[arm].candidates.length);
    expect(new Set(trials.map(({ folder }) => folder)).size).toBe(trials.length);
    for (const trial of of('resnet8')) expect(trial.teacher).toBe(of('transfer')[0].folder);
  });
});

describe('the goal of points over from scratch', () => {
  /** The gain of each seed over a network from scratch of 75 %, in points. */
  const goalOf = (...gains: number[]) => {
    const seeds = gains.map((_, seed) => seed);
    const jobs = ladderJobs({ arms: ['scratch', 'resnet8'], seeds, folder: 'ladder', quick: false });
    const results = jobs.map(({ name, arm, seed }) => {
      const top1 = arm === 'resnet8' ? (75 + gains[seed]) / 100 : 0.75;
      return [name, { seconds: 1, report: { test: { top1, images: 10_000 }, model: { parameters: 1 } } }] as const;
    });
    return summariseLadder(jobs, new Map(results)).goals.find(({ goal }) => goal.includes('over from scratch'));
  };

  it('is met by the whole paired interval, and not by a mean alone', () => {
    // t(0.975, 2) = 4.303; standard deviations 0.5 and 0.25: 9 − 4.303 · 0.5 / √3 and 9 − 4.303 · 0.25 / √3.
    expect(goalOf(8.5, 9, 9.5)).toMatchObject({ found: '+9.00 [7.76, 10.24]', met: false });
    expect(goalOf(8.75, 9, 9.25)).toMatchObject({ found: '+9.00 [8.38, 9.62]', met: true });
    expect(goalOf(8.5, 9, 9.5)!.goal).toMatch(/≥ 8 points over from scratch, paired, with the whole interval$/);
  });

  it('is left open by a single seed, which has no interval', () => {
    expect(goalOf(9)!.met).toBeUndefined();
  });
});

describe('meanInterval', () => {
  it("is Student's t interval", () => {
    // t(0.975, 2) = 4.303, standard deviation 1: 4.303 / √3.
    const { mean, interval } = meanInterval([1, 2, 3]);
    expect(mean).toBe(2);
    expect(interval![0]).toBeCloseTo(2 - 2.484, 3);
    expect(interval![1]).toBeCloseTo(2 + 2.484, 3);
    expect(meanInterval([5])).toEqual({ mean: 5 });
  });

  it('goes on beyond its table', () => {
    // Of 41 values 0 and 1 in turn; t(0.975, 40) = 2.0211.
    const values = Array.from({ length: 41 }, (_, index) => index % 2);
    const { mean, interval } = meanInterval(values);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 40);
    expect(interval![1] - mean).toBeCloseTo((2.0211 * deviation) / Math.sqrt(41), 4);
  });
});

describe('sideBySide', () => {
  it('keeps to its slots, and begins nothing before what it needs', async () => {
    const jobs = [
      { name: 'student', needs: ['teacher'] },
      { name: 'teacher' },
      { name: 'other' },
      { name: 'another', needs: ['done before'] },
    ];
    const done: string[] = [];
    let under = 0;
    await sideBySide(jobs, 2, async ({ name, needs = [] }) => {
      expect(++under).toBeLessThanOrEqual(2);
      if (needs.includes('teacher')) expect(done).toContain('teacher');
      await wait(1);
      done.push(name);
      under--;
    });
    expect([...done].sort()).toEqual(['another', 'other', 'student', 'teacher']);
  });

  it('begins nothing after a failure, and says what it was', async () => {
    const begun: string[] = [];
    const jobs = ['first', 'second', 'third'].map((name) => ({ name }));
    const failing = sideBySide(jobs, 1, async ({ name }) => {
      begun.push(name);
      if (name === 'second') throw new Error('no disk');
    });
    await expect(failing).rejects.toThrow('no disk');
    expect(begun).toEqual(['first', 'second']);
  });
});

describe("the distillation bench's summary", () => {
  const turn = (who: Turn['who'], setting: string, round: number, epochSeconds: number[]): Turn => {
    return { who, setting, round, epochSeconds, images: 640 };
  };

  it("divides the better setting's median by ours, for the first epoch and for later ones", () => {
    const [first, later] = epochRows([
      turn('distillery', 'captured', 1, [10, 2, 4]),
      turn('pytorch', 'slow', 1, [30, 30, 30]),
      turn('pytorch', 'fast', 1, [12, 9, 9]),
      turn('distillery', 'captured', 2, [10, 3, 3]),
      turn('pytorch', 'fast', 2, [14, 12, 12]),
    ]);
    expect(first).toMatchObject({ ratio: 1.3, lowest: 1.2, highest: 1.4, rounds: 2, torch: { setting: 'fast' } });
    expect(later).toMatchObject({ ratio: 3.5, lowest: 3, highest: 4, ours: { seconds: 3 }, torch: { seconds: 10.5 } });
  });

  it('counts how often the teacher was asked in a study', () => {
    const side = (seconds: number, teacherImages: number) => ({ seconds, teacherImages, testTop1: 0.5 });
    const torch = side(100, 5000);
    const once = studyRow([{ ours: side(40, 600), torch }], { runs: 12, expected: 600 });
    expect(once).toMatchObject({ ratio: 0.4, onceEach: true });
    const twice = studyRow([{ ours: side(40, 1200), torch }], { runs: 12, expected: 600 });
    expect(twice.onceEach).toBe(false);
  });
});
