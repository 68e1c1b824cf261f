import { ExitCode } from './exit-code.js';

export interface CliErrorOptions {
  exitCode?: ExitCode;
  /** What to do next, in words; printed on a line of its own. */
  remedy?: string;
  cause?: unknown;
}

/** A failure that is understood: printed as a message and a remedy, without a stack. */
export class CliError extends Error {
  override name = 'CliError';
  readonly exitCode: ExitCode;
  readonly remedy?: string;

  constructor(message: string, options: CliErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? ExitCode.failed;
    this.remedy = options.remedy;
  }
}

/** The command line is at fault. */
export class UsageError extends CliError {
  override name = 'UsageError';

  constructor(message: string, remedy?: string) {
    super(message, { exitCode: ExitCode.usage, remedy });
  }
}
