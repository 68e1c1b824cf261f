import type { WeightsReport } from '#contracts';
import { table } from './table.js';

const SHOWN_CLASSES = 5;

/** What a file of weights holds, for a person. */
export function weightsLines(report: WeightsReport, { tensors = false } = {}): string[] {
  const { file, format, architecture, variant, layout, outputs, classes, image } = report;
  const facts: [string, string | undefined][] = [
    ['file', file],
    ['format', layout === undefined || layout === format ? format : `${format}, ${LAYOUTS[layout]}`],
    ['model', architecture === undefined ? 'none that is known' : `${architecture}${variant ? ` (${variant})` : ''}`],
    ['tensors', `${report.tensors.length}, ${report.numbers.toLocaleString('en')} numbers`],
    ['outputs', outputs === undefined ? undefined : String(outputs)],
    ['classes', architecture === undefined ? undefined : namesOf(classes)],
    ['images', architecture === undefined ? undefined : preparation(image)],
  ];
  const lines = facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(9)}${value}`]));
  if (!tensors) return lines;
  const columns = [
    { title: 'TENSOR', value: ({ name }: WeightsReport['tensors'][number]) => name },
    { title: 'SHAPE', value: ({ shape }: WeightsReport['tensors'][number]) => `[${shape.join(', ')}]` },
  ];
  return [...lines, '', ...table(columns, report.tensors, Infinity)];
}

const LAYOUTS = { torch: "PyTorch's layout", tensorflow: "TensorFlow's layout" } as const;

function namesOf(classes: readonly string[] | undefined): string {
  if (classes === undefined || classes.length === 0) return 'the file does not name them';
  const rest = classes.length - SHOWN_CLASSES;
  return `${classes.slice(0, SHOWN_CLASSES).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function preparation(image: WeightsReport['image']): string {
  if (image === undefined) return 'the file does not say how they are prepared';
  const { size, resize, mean, std } = image;
  const round = (values: readonly number[]) => values.map((value) => Number(value.toFixed(4))).join(', ');
  return `${size}×${size} (${resize}), mean ${round(mean)}, deviation ${round(std)}`;
}
