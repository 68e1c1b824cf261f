import type { Report } from '#contracts';
import { labelledLines } from './labelled-lines.js';
import { reportSummary } from './report-summary.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';
import { percent } from './units.js';

/** More classes than a person reads through: the worst of them are shown. */
const MOST_CLASSES = 12;

/** A report as a person reads it: its summary, then a line for each class, or for the worst of many. */
export function reportLines(report: Report, terminal: Pick<Terminal, 'paint' | 'width'>): string[] {
  return [...labelledLines(reportSummary(report), terminal), '', ...classLines(report, terminal.width)];
}

function classLines(report: Report, width: number): string[] {
  const all = report.test.perClass.map((each, index) => ({ ...each, mistaken: mostMistaken(report, index) }));
  const worst = all.filter(({ accuracy }) => accuracy !== null).sort((a, b) => a.accuracy! - b.accuracy!);
  const rows = all.length <= MOST_CLASSES ? all : worst.slice(0, MOST_CLASSES);
  const lines = table(
    [
      { title: 'CLASS', value: (row) => row.name, shrinks: true },
      { title: 'IMAGES', value: (row) => String(row.images), align: 'right' },
      { title: 'RECALL', value: (row) => share(row.accuracy), align: 'right' },
      { title: 'PRECISION', value: (row) => share(row.precision), align: 'right', expendable: true },
      { title: 'MOST MISTAKEN FOR', value: (row) => row.mistaken, expendable: true },
    ],
    rows,
    width,
  );
  const rest = all.length - rows.length;
  return rest === 0 ? lines : [...lines, `the worst ${rows.length} of ${all.length} classes; the report has them all`];
}

function share(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : percent(value);
}

function mostMistaken({ test, classes }: Report, label: number): string {
  const counts = test.confusionMatrix[label] ?? [];
  let worst = -1;
  counts.forEach((count, index) => {
    if (index !== label && count > 0 && (worst < 0 || count > counts[worst])) worst = index;
  });
  return worst < 0 ? '' : `${classes[worst]} (${counts[worst]})`;
}
