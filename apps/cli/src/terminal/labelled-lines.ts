import { stripVTControlCharacters } from 'node:util';
import type { Terminal } from './terminal.js';

/** A text with a name for it. */
export interface LabelledText {
  /** Empty: it belongs to the one above. */
  label: string;
  text: string;
  colour?: 'red' | 'yellow' | 'green';
  /** Never broken, so that it can be copied: a command or a path. */
  whole?: boolean;
}

/** In a narrower column than this, a text would be a word a line. */
const LEAST_TEXT = 24;

/**
 * Labels in a column of their own, each with its text beside it, broken at spaces where the terminal is narrow; below the
 * label where it is too narrow for both. What a text has of escapes and line breaks, such as a file's name may, is
 * taken out.
 */
export function labelledLines(
  entries: readonly LabelledText[],
  { width, paint }: Pick<Terminal, 'width' | 'paint'>,
): string[] {
  const indent = Math.max(0, ...entries.map(({ label }) => label.length)) + 2;
  const beside = width - indent >= LEAST_TEXT;
  return entries.flatMap(({ label, text, colour, whole }) => {
    const plain = printable(text);
    const room = Math.max(1, width - (beside ? indent : 2));
    const lines = (whole ? [plain] : wrapped(plain, room)).map((line) => (colour ? paint(colour, line) : line));
    if (!beside) return [...(label === '' ? [] : [label]), ...lines.map((line) => `  ${line}`)];
    return lines.map((line, index) => `${(index === 0 ? label : '').padEnd(indent)}${line}`);
  });
}

/** A space, but none before a unit: `49.6 %` stays together. */
const BREAK = / (?!(?:%|[kMGT]?B|[kMGT]|ms)(?:[\s,;:.)]|$))/;

/** Lines of at most `width` characters, broken at spaces; a longer word has a line for itself. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(BREAK)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
