import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];
type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; hasColors?(): boolean };

/** Where a command writes: results to stdout, all else to stderr, so that a pipe gets results alone. */
export class Terminal {
  constructor(
    readonly stdout: Output = process.stdout,
    readonly stderr: Output = process.stderr,
  ) {}

  /** Whether a person watches: bars that redraw themselves are of use. */
  get interactive(): boolean {
    return this.stderr.isTTY === true;
  }

  /** Columns that a table may take; unlimited where stdout is no terminal. */
  get width(): number {
    return this.stdout.isTTY === true ? (this.stdout.columns ?? 80) : Infinity;
  }

  /** For lines that are to be indented: as much less width. */
  within(indent: number): Pick<Terminal, 'width' | 'paint'> {
    return { width: this.width - indent, paint: (format, text) => this.paint(format, text) };
  }

  /** One line of the result. */
  print(line = ''): void {
    this.stdout.write(`${line}\n`);
  }

  json(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }

  /** One line beside the result: what happens, what went wrong. */
  note(line = ''): void {
    this.stderr.write(`${line}\n`);
  }

  /** Colours of stdout; none where it is no terminal or NO_COLOR is set (`hasColors` heeds both). */
  paint(format: Format, text: string): string {
    return paintFor(this.stdout, format, text);
  }

  /** Colours of stderr. */
  paintNote(format: Format, text: string): string {
    return paintFor(this.stderr, format, text);
  }
}

function paintFor(stream: Output, format: Format, text: string): string {
  return stream.isTTY === true && stream.hasColors?.() === true
    ? styleText(format, text, { validateStream: false })
    : text;
}
