import { goalText, machineText, table } from '../table.js';
import { meanInterval } from './intervals.js';
import { durationWords } from '../runs/play.js';
import { differenceWords, percentWords } from './summary.js';

const NOTHING = '–';

/** The ladder's result as Markdown: the table, the differences, what was tried, the goals. */
export function ladderMarkdown({ machine, quick, seeds, slots, arms, differences, goals }) {
  return [
    machineText(machine),
    `Test top-1 over the seeds ${seeds.join(', ')}: mean and 95 % interval (Student's t). ${slots} processes of one ` +
      'thread side by side; seconds are those of one run up to the end of its test, with all that it had computed.',
    table(
      ['arm', 'parameters', 'test top-1', 'each seed', 'a run takes', 'images/s', 'teacher asked (found)'],
      arms.map(armCells),
    ),
    ...arms.filter(({ deterministic }) => deterministic).map(deterministicText),
    differences.map(differenceText).join('\n'),
    `How hyperparameters were chosen, never by the test:\n\n${arms.map(({ title, tried }) => `- ${title}: ${tried}.`).join('\n')}`,
    quick ? 'These are a few images and one epoch: the figures mean nothing.' : goals.map(goalText).join('\n'),
  ]
    .filter((section) => section !== '')
    .join('\n\n');
}

function armCells({ title, runs, deterministic, seconds, ...top1 }) {
  const [{ parameters, teacherRows, testInterval }] = runs;
  // A run that was interrupted at its very end has trained nothing since, and has no speed.
  const speeds = runs.flatMap(({ imagesPerSecond }) => imagesPerSecond ?? []);
  const shown = deterministic ? { ...top1, interval: testInterval } : top1;
  return [
    title,
    parameters.toLocaleString('en'),
    `${percentWords(shown)}${deterministic ? ' *' : ''}`,
    runs.map((run) => run.top1.toFixed(2)).join(', '),
    durationWords(seconds),
    speeds.length === 0 ? NOTHING : meanInterval(speeds).mean.toFixed(0),
    teacherRows === undefined
      ? NOTHING
      : runs
          .map((run) => `${run.teacherRows.toLocaleString('en')} (${run.teacherHits.toLocaleString('en')})`)
          .join(', '),
  ];
}

function deterministicText({ title, runs: [{ testImages }] }) {
  return (
    `\\* ${title}: nothing in it is random, so it is run once; the interval is Wilson's, over the drawing of its ` +
    `${testImages.toLocaleString('en')} test images.`
  );
}

function differenceText({ better, worse, pairs, ...difference }) {
  const seeds = `${pairs} ${pairs === 1 ? 'pair' : 'pairs'} of the same seed`;
  return `- ${better} − ${worse}: ${differenceWords(difference)} points, ${seeds}.`;
}

/** The trials of every arm, the best on validation marked, as Markdown. */
export function tuningMarkdown({ machine, quick, arms, validationImages }) {
  const parts = arms.map(({ title, trials }) =>
    [
      `${title}: ${trials.length} trials`,
      table(
        ['changed', 'validation top-1', 'validation loss', 'took'],
        trials.map(({ changes, validation, seconds, best }) => [
          `${changesText(changes)}${best ? ' **best**' : ''}`,
          `${(100 * validation.top1).toFixed(1)} %`,
          validation.loss.toFixed(4),
          durationWords(seconds),
        ]),
      ),
    ].join('\n\n'),
  );
  // At a top-1 of 80 %.
  const deviation = 100 * Math.sqrt((0.8 * 0.2) / validationImages);
  return [
    machineText(machine),
    ...parts,
    `No trial has read a test image. Of ${validationImages} validation images at 80 % top-1, one standard deviation is ` +
      `${deviation.toFixed(1)} points: a best trial by less than that is as good as chance.`,
    ...(quick ? ['These are a few images and one epoch: the figures mean nothing.'] : []),
  ].join('\n\n');
}

function changesText(changes) {
  const said = Object.entries(changes).map(([field, value]) => `${field}: ${JSON.stringify(value)}`);
  return said.length === 0 ? 'nothing: as it stands' : said.map((each) => `\`${each}\``).join(', ');
}
