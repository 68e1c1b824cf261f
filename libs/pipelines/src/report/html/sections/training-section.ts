import type { Report, ScoreOfSplit } from '#contracts';
import type { CurvePoint } from '../../run-record.js';
import { linePlot } from '../line-plot.js';
import { markup, type Markup } from '../markup.js';
import { decimal, percent, percentInterval, whole } from '../number-words.js';
import type { PageExtras, Section } from '../section.js';
import { figure, table } from '../table.js';

/** Points of a curve that are worth drawing, and worth a row. */
const MOST_DRAWN = 200;
const MOST_ROWS = 60;

/** How the training went, and how much better the model is on what it was trained on. */
export function trainingSection({ gap }: Report, { curves }: PageExtras): Section | undefined {
  const loss = plotOf(curves, 'Loss', ['train.loss', 'validation.loss'], (value) => decimal(value, 2));
  const top1 = plotOf(curves, 'Top-1', ['train.top1', 'validation.top1'], (value) => percent(value, 0));
  if (loss === undefined && top1 === undefined && gap === undefined) return undefined;
  return {
    id: 'training',
    title: 'Training',
    body: markup`${loss || top1 ? markup`<div class="side">${loss}${top1}</div>` : undefined}${gap && gapTable(gap)}`,
  };
}

function plotOf(
  curves: PageExtras['curves'],
  title: string,
  names: readonly string[],
  y: (value: number) => string,
): Markup | undefined {
  const lines = names.flatMap((name) => {
    const points = curves.get(name) ?? [];
    return points.length < 2 ? [] : [{ name, points: thinned(points, MOST_DRAWN) }];
  });
  if (lines.length === 0) return undefined;
  const ends = lines.map(({ name, points }) => `${name} from ${y(points[0].value)} to ${y(points.at(-1)!.value)}`);
  const plot = linePlot(
    lines.map(({ name, points }) => ({ name, points: points.map(({ step, value }) => ({ x: step, y: value })) })),
    {
      description: `${title} over the training: ${ends.join(', ')}`,
      xTitle: 'steps',
      yTitle: title.toLowerCase(),
      x: whole,
      y,
    },
  );
  const rows = lines.flatMap(({ name, points }) =>
    thinned(points, MOST_ROWS).map(({ step, value }) => [name, whole(step), y(value)]),
  );
  return figure(title, ends.join('; '), plot, table(`${title} over the training`, ['Curve', 'Step', 'Value'], rows));
}

/** Every so many of the points, the last one included. */
function thinned(points: readonly CurvePoint[], most: number): readonly CurvePoint[] {
  const every = Math.ceil(points.length / most);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

function gapTable({ train, validation, test, verdict }: NonNullable<Report['gap']>): Markup {
  const row = (name: string, { images, top1, top1Interval, loss }: ScoreOfSplit) => [
    name,
    whole(images),
    percent(top1),
    percentInterval(top1Interval),
    decimal(loss),
  ];
  return table(
    `Training, validation and test: ${verdict}`,
    ['Images', 'Number', 'Top-1', '95 % interval', 'Loss'],
    [
      row('training, not augmented', train),
      ...(validation === undefined ? [] : [row('validation', validation)]),
      row('test', test),
    ],
  );
}
