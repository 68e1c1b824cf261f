import { lookAlikeRemark, type Report } from '#contracts';
import { markup, type Markup } from '../markup.js';
import { decimal, percent, percentInterval, whole } from '../number-words.js';
import type { Section } from '../section.js';

/** The numbers that a run is judged by, and what it has warned of. */
export function overviewSection(report: Report): Section {
  const { test, dataset, teacher, gap, calibration, warnings = [], skipped = [], chosen = {} } = report;
  const figures: [string, string, string?][] = [
    [
      'Top-1 on test images',
      percent(test.top1),
      test.top1Interval && `95 % interval ${percentInterval(test.top1Interval)}`,
    ],
    ...(test.top5 === undefined ? [] : ([['Top-5', percent(test.top5)]] as [string, string][])),
    ['NLL (loss)', decimal(test.loss), 'nats per image'],
    ...(test.macroF1 === undefined ? [] : ([['Macro F1', percent(test.macroF1)]] as [string, string][])),
    ...(calibration === undefined
      ? []
      : ([
          ['Brier score', decimal(calibration.before.brier)],
          ['ECE', percent(calibration.before.ece), 'expected calibration error'],
        ] as [string, string, string?][])),
    ...(teacher?.testTop1 === undefined
      ? []
      : ([['Its teacher', percent(teacher.testTop1), teacher.name]] as [string, string, string?][])),
  ];
  const images =
    `${whole(dataset.train)} training, ${whole(dataset.validation)} validation and ${whole(dataset.test)} test images` +
    (dataset.unlabelled > 0 ? `, ${whole(dataset.unlabelled)} without labels` : '');
  const compared = lookAlikeRemark(report);
  const facts = Object.entries(chosen).map(([name, value]) => `${name}: ${String(value)}`);
  return {
    id: 'overview',
    title: 'Overview',
    body: markup`${gap && verdict(gap)}
<dl class="figures">${figures.map(([name, value, note]) => markup`<div><dt>${name}</dt><dd>${value}${note && markup`<small>${note}</small>`}</dd></div>`)}</dl>
<p class="note">${images}. ${testReads(report)} ${compared && `${compared}.`} ${facts.length > 0 ? `Chosen: ${facts.join(', ')}.` : undefined}</p>
${list('It has warned of', warnings)}${list('Left out', skipped)}${list(
      'Files that could not be read',
      dataset.unreadable.slice(0, 20).map(({ file, reason }) => `${file}: ${reason}`),
    )}`,
  };
}

/** Whether the score is a test: whoever has read its images has done so once, and after all was learned. */
function testReads({ testReads, testReaders = [] }: Report): string | undefined {
  if (testReads === undefined) return undefined;
  const chosen = 'a score that was chosen by looking is no test.';
  if (testReaders.some(({ early }) => early > 0)) {
    return `Test images were looked at before the model was finished: ${chosen}`;
  }
  if (testReads !== 1) return `The test images were looked at ${testReads} times: ${chosen}`;
  const teachers = testReaders.filter(({ reader, reads }) => reader !== 'model' && reads > 0).length;
  const others =
    teachers === 0 ? '' : `, and once by ${teachers === 1 ? 'its teacher' : `each of ${teachers} teachers`}`;
  return `The test images were looked at once, after the training${others}.`;
}

function verdict({ verdict, words }: NonNullable<Report['gap']>): Markup {
  const kind = verdict === 'over-fitting' ? 'bad' : verdict === 'no over-fitting seen' ? 'good' : 'open';
  return markup`<p class="verdict ${kind}">${words}</p>`;
}

function list(title: string, items: readonly string[]): Markup | undefined {
  if (items.length === 0) return undefined;
  return markup`<h3>${title}</h3><ul class="warnings">${items.map((item) => markup`<li>${item}</li>`)}</ul>`;
}
