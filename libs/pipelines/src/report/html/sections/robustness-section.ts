import type { Report } from '#contracts';
import { linePlot } from '../line-plot.js';
import { markup, type Markup } from '../markup.js';
import { percent, percentInterval, whole } from '../number-words.js';
import type { Section } from '../section.js';
import { figure, table } from '../table.js';

const NAMES = { fgsm: 'FGSM', pgd: 'PGD' } as const;
const SHARES = [0, 1] as const;

/** What is left of the accuracy where images are spoilt, by nature or by an adversary. */
export function robustnessSection({ attacks, corruptions }: Report): Section | undefined {
  if (attacks === undefined && corruptions === undefined) return undefined;
  return {
    id: 'robustness',
    title: 'Robustness',
    body: markup`<div class="side">${corruptions && corruptionsFigure(corruptions)}${attacks && attacksFigure(attacks)}</div>`,
  };
}

function corruptionsFigure({ images, clean, severities, found, mean }: NonNullable<Report['corruptions']>): Markup {
  const lines = found.map(({ kind, top1 }) => ({
    name: kind,
    points: [clean, ...top1].map((share, severity) => ({ x: severity, y: share })),
  }));
  const means = found.map(({ kind, mean }) => `${kind} ${percent(mean)}`);
  const plot = linePlot(lines, {
    description: `Top-1 under corruptions of severity 0 to 5; means over 1 to 5: ${means.join(', ')}`,
    xTitle: 'severity',
    yTitle: 'top-1, %',
    yRange: SHARES,
    x: String,
    y: (share) => String(Math.round(share * 100)),
    marks: true,
  });
  const note = `Severities of ${severities}, ${whole(images)} test images${mean === null ? '' : `; mean ${percent(mean)}, as they are ${percent(clean)}`}`;
  const rows = found.map(({ kind, top1, mean }) => [
    kind,
    percent(clean),
    ...top1.map((share) => percent(share)),
    percent(mean),
  ]);
  const titles = ['Corruption', 'None', ...[1, 2, 3, 4, 5].map((severity) => `Severity ${severity}`), 'Mean'];
  return figure('Common corruptions', note, plot, table('Top-1 under common corruptions', titles, rows));
}

function attacksFigure({ images, clean, found }: NonNullable<Report['attacks']>): Markup {
  const kinds = [...new Set(found.map(({ attack }) => attack))];
  const lines = kinds.map((kind) => {
    const ofKind = found.filter(({ attack }) => attack === kind).sort((a, b) => a.epsilon - b.epsilon);
    const steps = ofKind[0].steps;
    return {
      name: steps > 1 ? `${NAMES[kind]}-${steps}` : NAMES[kind],
      points: [{ x: 0, y: clean }, ...ofKind.map(({ epsilon, top1 }) => ({ x: epsilon, y: top1 }))],
    };
  });
  const plot = linePlot(lines, {
    description: `Top-1 under attacks: ${found.map(({ attack, epsilon, top1 }) => `${NAMES[attack]} at ${epsilon}/255 ${percent(top1)}`).join(', ')}`,
    xTitle: 'ε, in 255ths',
    yTitle: 'top-1, %',
    yRange: SHARES,
    x: String,
    y: (share) => String(Math.round(share * 100)),
    marks: true,
  });
  const rows = found.map(({ attack, epsilon, steps, top1, top1Interval }) => [
    `${NAMES[attack]}${steps > 1 ? `-${steps}` : ''}`,
    `${epsilon}/255`,
    percent(top1),
    percentInterval(top1Interval),
  ]);
  return figure(
    'Attacks',
    `No pixel changes by more than ε; ${whole(images)} test images, as they are ${percent(clean)}`,
    plot,
    table('Top-1 under attacks', ['Attack', 'ε', 'Top-1', '95 % interval'], rows),
  );
}
