import { describe, expect, it } from 'vitest';
import { table, type Column } from './table.js';

const columns: Column<string[]>[] = [
  { title: 'NAME', value: ([name]) => name, shrinks: true },
  { title: 'SIZE', value: ([, size]) => size, align: 'right', expendable: true },
  { title: 'KIND', value: ([, , kind]) => kind, expendable: true },
];
const rows = [
  ['a long name of a run', '5', 'model'],
  ['b\nc', '12', 'report'],
];

describe('table', () => {
  it('has its columns aligned, and a name with a line break on one line', () => {
    expect(table(columns, rows)).toEqual([
      'NAME                  SIZE  KIND',
      'a long name of a run     5  model',
      'b c                     12  report',
    ]);
  });

  it('cuts what may shrink, then leaves out what may go, the last first', () => {
    expect(table(columns, rows, 24)[1]).toBe('a long na…     5  model');
    expect(table(columns, rows, 20)[0]).toBe('NAME            SIZE');
    expect(table(columns, rows, 12)).toEqual(['NAME', 'a long name…', 'b c']);
  });
});
