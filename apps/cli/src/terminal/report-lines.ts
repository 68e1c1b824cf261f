import type { Report } from '#contracts';
import { table } from './table.js';
import { bytes, duration, percent } from './units.js';

/** A report as a person reads it: the numbers of the test split, then a line per class. */
export function reportLines(report: Report): string[] {
  const { test, model, teacher, chosen = {} } = report;
  const facts = [
    `test top-1 ${percent(test.top1)}${test.top5 === undefined ? '' : `, top-5 ${percent(test.top5)}`}, loss ${test.loss.toFixed(4)}, ${test.images} images`,
    `${model.name}: ${model.parameters.toLocaleString('en')} parameters, ${bytes(model.bytes)}; trained in ${duration(report.durationMs)}`,
  ];
  if (teacher?.testTop1 !== undefined) facts.push(`teacher ${teacher.name}: test top-1 ${percent(teacher.testTop1)}`);
  for (const [key, value] of Object.entries(chosen)) facts.push(`${key}: ${String(value)}`);
  const { unreadable } = report.dataset;
  if (unreadable.length > 0) facts.push(`${unreadable.length} files could not be read, such as ${unreadable[0].file}`);
  const rows = test.perClass.map((each, index) => ({ ...each, mistaken: mostMistaken(report, index) }));
  const lines = table(
    [
      { title: 'CLASS', value: (row) => row.name, shrinks: true },
      { title: 'IMAGES', value: (row) => String(row.images), align: 'right' },
      { title: 'CORRECT', value: (row) => (row.accuracy === null ? '-' : percent(row.accuracy)), align: 'right' },
      { title: 'MOST MISTAKEN FOR', value: (row) => row.mistaken },
    ],
    rows,
  );
  return [...facts, '', ...lines];
}

function mostMistaken({ test, classes }: Report, label: number): string {
  const counts = test.confusionMatrix[label] ?? [];
  let worst = -1;
  counts.forEach((count, index) => {
    if (index !== label && count > 0 && (worst < 0 || count > counts[worst])) worst = index;
  });
  return worst < 0 ? '' : `${classes[worst]} (${counts[worst]})`;
}
