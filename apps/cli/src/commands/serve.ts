import { existsSync } from 'node:fs';
import path from 'node:path';
import { environmentWith, loadConfig } from '#config';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { ExitCode } from '../exit-code.js';
import { PROGRAMS } from '../installation.js';
import { examples } from '../options.js';
import { runInForeground } from '../platform/foreground-process.js';

const DESCRIPTIONS = {
  api: 'run the API and the dashboard in the foreground; as many as you like over one database',
  worker: 'run a worker in the foreground: it takes runs from the queue and trains them',
} as const;

/** `api` and `worker`: one program of the platform, as the environment says. */
export function serveCommands(program: Command, context: () => Context): void {
  for (const name of ['api', 'worker'] as const) {
    const services = 'DATABASE_URL=postgres://… QUEUE_URL=redis://… ARTIFACTS_URL=s3://…';
    program
      .command(name)
      .description(DESCRIPTIONS[name])
      .addHelpText('after', '\nThe environment says the rest: every variable is described in .env.example.')
      .addHelpText('after', examples(`${services} distillery ${name}`))
      .action(() => serve(context(), name));
  }
}

async function serve(context: Context, name: 'api' | 'worker'): Promise<void> {
  // Checked here, too: a wrong environment is the command line's fault, and its exit code says so.
  loadConfig();
  const entry = path.join(PROGRAMS, 'apps', name, 'src', 'main.js');
  if (!existsSync(entry)) {
    throw new CliError(`the ${name} is not built: ${entry} is missing`, { remedy: 'run "npm run build"' });
  }
  context.servesUntilStopped();
  const { code, signal } = await runInForeground(entry, environmentWith({}), context.interrupted);
  if (context.interrupted.aborted && (code === 0 || signal === 'SIGTERM')) return;
  if (signal !== null) throw new CliError(`the ${name} was ended by ${signal}`);
  // It has said why, itself.
  if (code !== 0)
    throw new CliError('', { exitCode: context.interrupted.aborted ? ExitCode.interrupted : ExitCode.failed });
}
