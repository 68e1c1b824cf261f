import { CommanderError, type Command } from 'commander';
import { OperationalError, UserError } from '#contracts';
import { CliError } from './cli-error.js';
import { createContext, type Context } from './context.js';
import { ExitCode } from './exit-code.js';
import { createProgram } from './program.js';
import { SpecFileError } from './spec-file.js';
import { Terminal } from './terminal/terminal.js';

/** Runs one command line and sets the exit code. */
export async function main(argv: readonly string[] = process.argv): Promise<void> {
  const terminal = new Terminal();
  const interruption = new AbortController();
  let signalled = false;
  const onSignal = () => {
    signalled = true;
    interruption.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, onSignal);
  // `distillery ls | head`: the reader has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? ExitCode.ok : ExitCode.failed),
  );
  let context: Context | undefined;
  let serves = false;
  const servesUntilStopped = () => void (serves = true);
  const program = createProgram(
    () => (context ??= createContext({ terminal, interrupted: interruption.signal, servesUntilStopped })),
  );
  try {
    await program.parseAsync(argv);
    if (signalled && !serves) process.exitCode = ExitCode.interrupted;
  } catch (error) {
    process.exitCode = report(error, terminal, program, signalled);
  }
}

function report(error: unknown, terminal: Terminal, program: Command, signalled: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  if (program.opts<{ debug?: boolean }>().debug) terminal.note(stackOf(error));
  if (signalled && !(error instanceof CliError)) return ExitCode.interrupted;
  if (error instanceof SpecFileError) {
    // As compilers print them: each line begins with its file.
    error.lines.forEach((line) => terminal.note(line));
    return error.exitCode;
  }
  const known = isKnown(error);
  if (known || !program.opts<{ debug?: boolean }>().debug) {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== '') terminal.note(`${terminal.paintNote('red', 'error:')} ${message}`);
  }
  if (known?.remedy !== undefined) terminal.note(`${terminal.paintNote('cyan', 'remedy:')} ${known.remedy}`);
  else if (known === undefined)
    terminal.note('This is a defect of Distillery; "--debug" before the command shows where.');
  return known?.exitCode ?? ExitCode.failed;
}

/** Failures that are understood: theirs is no stack trace. */
function isKnown(error: unknown): { exitCode: ExitCode; remedy?: string } | undefined {
  if (error instanceof CliError) return error;
  if (error instanceof UserError) return { exitCode: ExitCode.usage, remedy: error.remedy };
  if (error instanceof OperationalError) return { exitCode: ExitCode.failed, remedy: error.remedy };
  // A system call on a file or a socket says itself what was wrong.
  const { name, syscall } = error as NodeJS.ErrnoException;
  if (name === 'ConfigError') return { exitCode: ExitCode.usage };
  return syscall === undefined ? undefined : { exitCode: ExitCode.failed };
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
