import { describe, expect, it } from 'vitest';
import { labelledLines, wrapped } from './labelled-lines.js';

const paint = (_: unknown, text: string) => text;
const entries = [
  { label: 'gap', text: 'training 94.0 %, validation 80.0 %, test 77.5 %' },
  { label: 'warnings', text: 'a batch of two' },
  { label: '', text: 'another one' },
  { label: 'open', text: 'xdg-open runs/a/very/long/path and/more/of/it', whole: true },
];

describe('labelledLines', () => {
  it('has a column of labels, and breaks no line where there is no terminal', () => {
    expect(labelledLines(entries, { width: Infinity, paint })).toEqual([
      'gap       training 94.0 %, validation 80.0 %, test 77.5 %',
      'warnings  a batch of two',
      '          another one',
      'open      xdg-open runs/a/very/long/path and/more/of/it',
    ]);
  });

  it('breaks texts at spaces where they do not fit, but none that is to be copied', () => {
    expect(labelledLines(entries, { width: 36, paint })).toEqual([
      'gap       training 94.0 %,',
      '          validation 80.0 %, test',
      '          77.5 %',
      'warnings  a batch of two',
      '          another one',
      'open      xdg-open runs/a/very/long/path and/more/of/it',
    ]);
  });

  it('puts the text below its label where there is no room beside it', () => {
    expect(labelledLines(entries.slice(1, 3), { width: 16, paint })).toEqual([
      'warnings',
      '  a batch of two',
      '  another one',
    ]);
  });

  it('paints each line, and takes escapes out of what it is given', () => {
    const [line] = labelledLines([{ label: 'x', text: 'a\u001b[31mb\nc', colour: 'red' }], {
      width: 80,
      paint: (format, text) => `<${String(format)}>${text}`,
    });
    expect(line).toBe('x  <red>ab c');
  });
});

describe('wrapped', () => {
  it('keeps a number and its unit together', () => {
    expect(wrapped('a 49.6 %, 319 kB, 12 M adds, 2 ms (5 %)', 7)).toEqual([
      'a',
      '49.6 %,',
      '319 kB,',
      '12 M',
      'adds,',
      '2 ms',
      '(5 %)',
    ]);
  });

  it('gives a word that is too long a line for itself', () => {
    expect(wrapped('a bb verylongword c', 5)).toEqual(['a bb', 'verylongword', 'c']);
  });
});
