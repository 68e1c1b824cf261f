import type { Calibratedness } from '#contracts';
import { markup, type Markup } from './markup.js';
import { percent } from './number-words.js';
import { table } from './table.js';

const SIZE = 260;
const LEFT = 48;
const BOTTOM = 40;
const TOP = 8;

/**
 * How often answers of some confidence are right (DeGroot & Fienberg, 1983; Guo et al., 2017, figure 1): a bar for each bin,
 * on the diagonal where they are as often right as they are sure.
 */
export function reliabilityDiagram(name: string, { bins, ece }: Calibratedness): Markup {
  const width = SIZE / bins.length;
  const bars = bins.map(({ accuracy, confidence, images }, i) => {
    if (accuracy === null || confidence === null) return undefined;
    const [low, high] = [Math.min(accuracy, confidence), Math.max(accuracy, confidence)];
    const x = (LEFT + i * width + 1).toFixed(1);
    const y = (share: number) => (TOP + SIZE * (1 - share)).toFixed(1);
    const label = `${percent(accuracy)} right at ${percent(confidence)} sure, ${images} images`;
    return markup`<g><title>${label}</title><rect class="bar" x="${x}" y="${y(accuracy)}" width="${(width - 2).toFixed(1)}" height="${(SIZE * accuracy).toFixed(1)}"/><rect class="${accuracy < confidence ? 'gap over' : 'gap under'}" x="${x}" y="${y(high)}" width="${(width - 2).toFixed(1)}" height="${(SIZE * (high - low)).toFixed(1)}"/></g>`;
  });
  const marks = [0, 0.5, 1].map(
    (share) =>
      markup`<text x="${LEFT - 6}" y="${TOP + SIZE * (1 - share) + 4}" text-anchor="end">${share * 100}</text><text x="${LEFT + SIZE * share}" y="${TOP + SIZE + 16}" text-anchor="middle">${share * 100}</text>`,
  );
  const description = `Reliability ${name}: expected calibration error ${percent(ece, 2)}`;
  return markup`<svg class="square" viewBox="0 0 ${LEFT + SIZE + 12} ${TOP + SIZE + BOTTOM}" role="img" aria-label="${description}">
<title>${description}</title>
<rect class="frame" x="${LEFT}" y="${TOP}" width="${SIZE}" height="${SIZE}"/>
${bars}
<line class="diagonal" x1="${LEFT}" y1="${TOP + SIZE}" x2="${LEFT + SIZE}" y2="${TOP}"/>
${marks}
<text x="${LEFT + SIZE / 2}" y="${TOP + SIZE + 34}" text-anchor="middle">confidence, %</text>
<text transform="translate(14 ${TOP + SIZE / 2}) rotate(-90)" text-anchor="middle">right, %</text>
</svg>`;
}

/** The bins of one or two diagrams. */
export function reliabilityTable(before: Calibratedness, after: Calibratedness | undefined): Markup {
  const shown = (value: number | null) => (value === null ? '–' : percent(value));
  const of = ({ bins }: Calibratedness, i: number) => [
    bins[i].images,
    shown(bins[i].confidence),
    shown(bins[i].accuracy),
  ];
  const rows = before.bins.map((_, i) => [
    `${percent(i / before.bins.length, 0)} to ${percent((i + 1) / before.bins.length, 0)}`,
    ...of(before, i),
    ...(after === undefined ? [] : of(after, i)),
  ]);
  const titles = ['Confidence', 'Images', 'Mean confidence', 'Right'];
  return table(
    'Reliability by bins of confidence',
    after === undefined ? titles : [...titles, 'Images, scaled', 'Mean confidence, scaled', 'Right, scaled'],
    rows,
  );
}
