import { stripVTControlCharacters } from 'node:util';

export interface Column<Row> {
  title: string;
  value(row: Row): string;
  align?: 'left' | 'right';
  /** Gives way when the terminal is narrow: the text is cut and ends in `…`. */
  shrinks?: boolean;
}

/** Rows below their titles, two spaces between columns, cut to `width`. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width = Infinity): string[] {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.value(row))));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((line) => visible(line[index]).length)),
  );
  const shrinking = columns.findIndex((column) => column.shrinks);
  const total = widths.reduce((sum, each) => sum + each + 2, -2);
  if (shrinking >= 0 && total > width) widths[shrinking] = Math.max(8, widths[shrinking] - (total - width));
  const line = (values: string[]) =>
    values
      .map((value, index) => pad(cut(value, widths[index]), widths[index], columns[index].align ?? 'left'))
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...cells.map(line)];
}

function visible(text: string): string {
  return stripVTControlCharacters(text);
}

/** A name with a line break or an escape in it must not break the table; our own colours stay. */
function oneLine(text: string): string {
  return text.replace(/\u001b(?!\[[\d;]*m)|[\u0000-\u001a\u001c-\u001f\u007f]/g, ' ');
}

function cut(text: string, width: number): string {
  const plain = visible(text);
  return plain.length <= width ? text : `${plain.slice(0, width - 1)}…`;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - visible(text).length));
  return align === 'left' ? text + space : space + text;
}
