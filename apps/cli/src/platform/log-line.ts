import type { Terminal } from '../terminal/terminal.js';

const COLOURS = { api: 'cyan', worker: 'magenta', postgres: 'blue' } as const;

/**
 * One line of a child process as a person reads it: `14:05:09 worker  message key=value`. Children write JSON lines
 * (`time`, `level`, `service`, `message` and facts); what is not JSON is shown as it is.
 */
export function renderLogLine(terminal: Terminal, name: keyof typeof COLOURS, line: string): string {
  const label = terminal.paintNote(COLOURS[name], name.padEnd(8));
  const entry = parse(line);
  if (entry === undefined) return `${clock(new Date())} ${label} ${line}`;
  const { time, level, message, service: _service, context: _context, stack, ...facts } = entry;
  const tail = Object.entries(facts).map(([key, value]) => ` ${key}=${plain(value)}`);
  const text = `${plain(message)}${terminal.paintNote('gray', tail.join(''))}`;
  const shown =
    level === 'error'
      ? terminal.paintNote('red', `error ${text}`)
      : level === 'warn'
        ? terminal.paintNote('yellow', `warn ${text}`)
        : text;
  const trace = level === 'error' && typeof stack === 'string' ? `\n${stack}` : '';
  return `${clock(new Date(String(time)))} ${label} ${shown}${trace}`;
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    return 'message' in entry && 'time' in entry ? entry : undefined;
  } catch {
    return undefined;
  }
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function clock(date: Date): string {
  return date.toTimeString().slice(0, 8);
}
