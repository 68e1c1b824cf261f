import type { LogLevel } from '#contracts';

export interface LogLine {
  level: LogLevel;
  message: string;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface LogLimits {
  /** Lines per second that a trainer may write for long. */
  perSecond: number;
  /** Lines that it may write at once. */
  burst: number;
  /** Lines of one attempt in all. */
  total: number;
}

const DEFAULTS: LogLimits = { perSecond: 100, burst: 2000, total: 100_000 };
/** A line this long, in characters, counts as two, one twice as long as three. */
const LINE_CHARACTERS = 256;
/** What is kept of one line, characters. */
const LONGEST_LINE = 16_384;

/**
 * Bounds what a trainer logs. What is beyond is left out, and a line in its place says how many were. A bucket of
 * allowances that fills up slowly: short bursts pass, a flood does not.
 */
export class LogLimit {
  private readonly limits: LogLimits;
  private allowance: number;
  private filledAt = 0;
  private admitted = 0;
  private leftOut = 0;

  constructor(limits: Partial<LogLimits> = {}) {
    this.limits = { ...DEFAULTS, ...limits };
    this.allowance = this.limits.burst;
  }

  /** The lines to keep in place of this one: none, itself, or a note of what was left out and itself. */
  admit(line: LogLine, nowMs: number): LogLine[] {
    const { perSecond, burst, total } = this.limits;
    if (this.admitted > total) return [];
    this.allowance = Math.min(burst, this.allowance + ((nowMs - this.filledAt) / 1000) * perSecond);
    this.filledAt = nowMs;
    if (this.allowance < 1) {
      this.leftOut++;
      return [];
    }
    const message = line.message.slice(0, LONGEST_LINE);
    this.allowance -= 1 + Math.floor(message.length / LINE_CHARACTERS);
    const kept = [...this.rest(line.at), { ...line, message }];
    this.admitted += kept.length;
    if (this.admitted > total) {
      kept.push({ level: 'warn', message: `The log ends here: an attempt may write ${total} lines.`, at: line.at });
    }
    return kept;
  }

  /** What is to be said of lines that were left out last. */
  rest(at: number): LogLine[] {
    if (this.leftOut === 0) return [];
    const { leftOut } = this;
    this.leftOut = 0;
    const lines = leftOut === 1 ? '1 line is' : `${leftOut} lines are`;
    const message = `${lines} left out here: the trainer wrote more than ${this.limits.perSecond} lines per second.`;
    return [{ level: 'warn', message, at }];
  }
}
