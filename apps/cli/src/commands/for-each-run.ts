import type { Run } from '#contracts';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import type { ServerOptions } from '../options.js';

/** Does something to each run that is named; one that fails keeps no other from being done. */
export async function forEachRun(
  { terminal }: Context,
  references: readonly string[],
  { json }: ServerOptions,
  act: (reference: string) => Promise<{ run: Run; line: string }>,
): Promise<void> {
  const done: Run[] = [];
  const failures: CliError[] = [];
  for (const reference of references) {
    try {
      const { run, line } = await act(reference);
      done.push(run);
      if (!json) terminal.print(line);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      failures.push(error);
      if (references.length > 1) terminal.note(`${reference}: ${error.message}`);
    }
  }
  if (json) terminal.json(done);
  if (failures.length === 0) return;
  if (references.length === 1) throw failures[0];
  throw new CliError(`${failures.length} of ${references.length} runs could not be changed`, {
    exitCode: failures[0].exitCode,
  });
}
