import { ARMS, GOALS } from './arms.js';
import { meanInterval } from './intervals.js';

/** Pairs whose difference is asked for, of the same seed: what, minus what. */
const PAIRS = [
  ['resnet8', 'scratch'],
  ['transfer', 'resnet8'],
  ['transfer', 'resnet20'],
];

/**
 * What the runs of a ladder say.
 * @param jobs as `ladderJobs`
 * @param results by the jobs' names: `{ seconds, report }`
 * @returns `{ arms, differences, goals }`: percent, percentage points, seconds
 */
export function summariseLadder(jobs, results) {
  const names = [...new Set(jobs.map(({ arm }) => arm))];
  const inOrder = ['logistic', 'transfer', 'scratch', 'resnet8', 'resnet20'].filter((name) => names.includes(name));
  const arms = inOrder.map((name) => {
    const runs = jobs
      .filter(({ arm }) => arm === name)
      .map((job) => ({ seed: job.seed, ...foundBy(results.get(job.name)) }));
    return summariseArm(name, runs);
  });
  const armNamed = (name) => arms.find((arm) => arm.name === name);
  const differences = PAIRS.flatMap(([better, worse]) => {
    const [first, second] = [armNamed(better), armNamed(worse)];
    return first && second ? [{ better, worse, ...pairedDifference(first.runs, second.runs) }] : [];
  });
  return { arms, differences, goals: verdicts(armNamed, differences) };
}

function foundBy({ seconds, report }) {
  const { test, validation, teacherCache, imagesPerSecond, model } = report;
  return {
    top1: 100 * test.top1,
    testInterval: test.top1Interval?.map((share) => 100 * share),
    validationTop1: validation && 100 * validation.top1,
    seconds,
    imagesPerSecond,
    parameters: model.parameters,
    testImages: test.images,
    testReads: report.testReads,
    ...(teacherCache && { teacherRows: teacherCache.rows, teacherHits: teacherCache.hits }),
  };
}

function summariseArm(name, runs) {
  const { title, tried, deterministic = false } = ARMS[name];
  const top1 = meanInterval(runs.map((run) => run.top1));
  const seconds = meanInterval(runs.map((run) => run.seconds));
  return { name, title, tried, deterministic, ...top1, seconds: seconds.mean, runs };
}

/** Of the same seeds: mean difference, with its interval. */
function pairedDifference(first, second) {
  const pairs = first.flatMap((run) => {
    const other = second.find(({ seed }) => seed === run.seed);
    return other ? [run.top1 - other.top1] : [];
  });
  return { pairs: pairs.length, ...meanInterval(pairs) };
}

function verdicts(armNamed, differences) {
  return Object.entries(GOALS).flatMap(([name, goal]) => {
    const arm = armNamed(name);
    if (arm === undefined) return [];
    const difference = (better, worse) => differences.find((each) => each.better === better && each.worse === worse);
    const over = difference(name, 'scratch');
    const below = difference('transfer', name);
    return [
      verdict(`${arm.title}: ≥ ${goal.top1} %`, percentWords(arm), arm.mean >= goal.top1),
      ...(goal.seconds
        ? [
            verdict(
              `${arm.title}: ≤ ${goal.seconds} s a run`,
              `${arm.seconds.toFixed(0)} s`,
              arm.seconds <= goal.seconds,
            ),
          ]
        : []),
      ...(goal.overScratch
        ? [
            verdict(
              `${arm.title}: ≥ ${goal.overScratch} points over from scratch, paired, with the whole interval`,
              over && differenceWords(over),
              over?.interval && over.interval[0] >= goal.overScratch,
            ),
          ]
        : []),
      ...(goal.belowTeacher
        ? [
            verdict(
              `${arm.title}: at most ${goal.belowTeacher} points below its teacher, paired`,
              below && differenceWords(below),
              below && below.mean <= goal.belowTeacher,
            ),
          ]
        : []),
    ];
  });
}

const verdict = (goal, found = 'not measured', met) => ({ goal, found, met });

/** `82.01 % [81.55, 82.47]`. */
export function percentWords({ mean, interval }) {
  return `${mean.toFixed(2)} %${intervalWords(interval)}`;
}

/** `+8.21 [7.60, 8.82]`. */
export function differenceWords({ mean, interval }) {
  return `${mean < 0 ? '−' : '+'}${Math.abs(mean).toFixed(2)}${intervalWords(interval)}`;
}

function intervalWords(interval) {
  return interval === undefined ? '' : ` [${interval.map((end) => end.toFixed(2)).join(', ')}]`;
}
