import { stripVTControlCharacters } from 'node:util';

export interface Column<Row> {
  title: string;
  value(row: Row): string;
  align?: 'left' | 'right';
  /** Gives way when the terminal is narrow: the text is cut and ends in `…`. */
  shrinks?: boolean;
  /** Left out where the terminal is so narrow that shrinking is not enough; the last of them first. */
  expendable?: boolean;
}

/** What the shrinking column keeps at least. */
const LEAST_WIDTH = 8;

/** Rows below their titles, two spaces between columns, cut to `width`. */
export function table<Row>(all: readonly Column<Row>[], rows: readonly Row[], width = Infinity): string[] {
  const columns = fitting(all, rows, width);
  const cells = rows.map((row) => columns.map((column) => oneLine(column.value(row))));
  const widths = columns.map((column) => widthOf(column, rows));
  const shrinking = columns.findIndex((column) => column.shrinks);
  const total = widths.reduce((sum, each) => sum + each + 2, -2);
  if (shrinking >= 0 && total > width) widths[shrinking] = Math.max(LEAST_WIDTH, widths[shrinking] - (total - width));
  const line = (values: string[]) =>
    values
      .map((value, index) => pad(cut(value, widths[index]), widths[index], columns[index].align ?? 'left'))
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...cells.map(line)];
}

/** The columns that there is room for. */
function fitting<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): readonly Column<Row>[] {
  const least = columns.map((column) =>
    column.shrinks ? Math.min(LEAST_WIDTH, widthOf(column, rows)) : widthOf(column, rows),
  );
  if (least.reduce((sum, each) => sum + each + 2, -2) <= width) return columns;
  const last = columns.findLastIndex(({ expendable }) => expendable);
  return last < 0
    ? columns
    : fitting(
        columns.filter((_, index) => index !== last),
        rows,
        width,
      );
}

function widthOf<Row>({ title, value }: Column<Row>, rows: readonly Row[]): number {
  return rows.reduce((most, row) => Math.max(most, visible(oneLine(value(row))).length), title.length);
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
