import { inspect, styleText } from 'node:util';
import { LOG_LEVELS, type LogLevel } from '#contracts';
import { withoutPassword } from './without-password.js';

/** Facts beside a message, by name: they become keys of the JSON line. */
export type LogFields = Record<string, unknown>;

export interface LoggerOptions {
  /** The least level that is written. */
  level?: LogLevel;
  /** The program, such as `api` or `worker`. */
  service: string;
  stream?: NodeJS.WritableStream & { isTTY?: boolean; hasColors?(): boolean };
  now?: () => Date;
}

const SECRET_NAME = /passw|secret|token|authorization|cookie|credential|api-?key|access-?key/i;
const COLOURS = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/**
 * Writes one JSON line per message, or, on a terminal, one readable line. Passwords in URLs and fields with the name of
 * a secret are masked. It is shaped so that Nest takes it as its LoggerService: there the last text is the context.
 */
export class Logger {
  private readonly stream: NonNullable<LoggerOptions['stream']>;
  private readonly least: number;
  private readonly now: () => Date;

  constructor(private readonly options: LoggerOptions) {
    this.stream = options.stream ?? process.stdout;
    this.least = LOG_LEVELS.indexOf(options.level ?? 'info');
    this.now = options.now ?? (() => new Date());
  }

  debug(message: unknown, ...details: unknown[]): void {
    this.write('debug', message, details);
  }

  verbose(message: unknown, ...details: unknown[]): void {
    this.write('debug', message, details);
  }

  info(message: unknown, ...details: unknown[]): void {
    this.write('info', message, details);
  }

  log(message: unknown, ...details: unknown[]): void {
    this.write('info', message, details);
  }

  warn(message: unknown, ...details: unknown[]): void {
    this.write('warn', message, details);
  }

  error(message: unknown, ...details: unknown[]): void {
    this.write('error', message, details);
  }

  fatal(message: unknown, ...details: unknown[]): void {
    this.write('error', message, details);
  }

  private write(level: LogLevel, message: unknown, details: unknown[]): void {
    if (LOG_LEVELS.indexOf(level) < this.least) return;
    const text = message instanceof Error ? message.message : typeof message === 'string' ? message : inspect(message);
    const fields = masked(fieldsOf(message instanceof Error ? [message, ...details] : details));
    const line = this.stream.isTTY === true ? this.pretty : this.json;
    this.stream.write(line.call(this, level, withoutPassword(text), fields));
  }

  private json(level: LogLevel, message: string, fields: LogFields): string {
    const time = this.now().toISOString();
    return `${JSON.stringify({ time, level, service: this.options.service, message, ...fields })}\n`;
  }

  private pretty(level: LogLevel, message: string, { stack, ...fields }: LogFields): string {
    const label = level.padEnd(5);
    const colourful = this.stream.hasColors?.() === true;
    const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
    const head = `${this.now().toISOString().slice(11, 19)} ${colourful ? styleText(COLOURS[level], label) : label}`;
    return `${head} ${message}${facts.join('')}\n${typeof stack === 'string' ? `${stack}\n` : ''}`;
  }
}

/** Nest passes a stack trace and a context as plain texts; ours are objects and errors. */
function fieldsOf(details: unknown[]): LogFields {
  const fields: LogFields = {};
  for (const detail of details) {
    if (detail instanceof Error) Object.assign(fields, { error: detail.message, stack: stackOf(detail) });
    else if (typeof detail === 'string') fields[/\n\s+at /.test(detail) ? 'stack' : 'context'] = detail;
    else if (typeof detail === 'object' && detail !== null) Object.assign(fields, detail);
  }
  return fields;
}

function stackOf(error: Error): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause instanceof Error ? `${own}\ncaused by ${stackOf(error.cause)}` : own;
}

function masked(fields: LogFields): LogFields {
  const replace = (name: string, value: unknown): unknown => {
    if (SECRET_NAME.test(name) && value !== undefined && value !== null) return '***';
    if (typeof value === 'string') return withoutPassword(value);
    if (typeof value === 'bigint') return String(value);
    return value instanceof Error ? { name: value.name, message: value.message, stack: stackOf(value) } : value;
  };
  try {
    return JSON.parse(JSON.stringify(fields, replace)) as LogFields;
  } catch {
    // Circular, or with a throwing getter: a log line must never be what fails.
    return { fields: withoutPassword(inspect(Object.keys(fields))) };
  }
}
