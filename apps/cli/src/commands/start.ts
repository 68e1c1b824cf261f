import path from 'node:path';
import type { Command } from 'commander';
import { followRuns } from '../client/follow-runs.js';
import { DEFAULT_DATA_FOLDER, type Context } from '../context.js';
import { INSTALLATION, PROGRAMS } from '../installation.js';
import { makeFolder } from '../make-folder.js';
import { examples, parsePort } from '../options.js';
import { ensureEngine } from '../platform/ensure-engine.js';
import { submitExamples } from '../platform/examples.js';
import { renderLogLine } from '../platform/log-line.js';
import { Platform } from '../platform/platform.js';
import { progressDisplay, type ProgressDisplay } from '../terminal/progress-display.js';
import { RunProgress } from '../terminal/run-progress.js';

export interface StartOptions {
  port?: number;
  data: string;
  empty?: boolean;
}

export function startCommand(program: Command, context: () => Context): void {
  program
    .command('start')
    .description('run everything on this machine: database, queue, api, dashboard and a worker')
    .option('--port <n>', 'port of the api and the dashboard (default: PORT, or 3000)', parsePort)
    .option('--data <dir>', 'folder of the database and the artifacts', DEFAULT_DATA_FOLDER)
    .option('--empty', 'do not submit the three examples to an empty database')
    .addHelpText(
      'after',
      '\nDATABASE_URL, QUEUE_URL and ARTIFACTS_URL, where set, take the place of the embedded services.\n' +
        'Ctrl-C lets running trainers write their checkpoints and stops everything; a second Ctrl-C stops at once.',
    )
    .addHelpText('after', examples('distillery start', 'distillery start --port 3100 --data ./lab --empty'))
    .action((options: StartOptions) => start(context(), options));
}

/** Serves until it is interrupted. */
async function start(context: Context, options: StartOptions): Promise<void> {
  const { terminal, config, interrupted } = context;
  context.servesUntilStopped();
  const display = progressDisplay(terminal);
  const dataFolder = path.resolve(options.data);
  const platform = new Platform({
    dataFolder,
    port: options.port ?? config.port ?? 3000,
    config,
    programs: PROGRAMS,
    onLine: (part, line) => display.line(renderLogLine(terminal, part, line)),
    onNote: (line) => display.line(terminal.paintNote('yellow', line)),
  });
  const hurry = () => {
    process.once('SIGINT', () => {
      platform.kill();
      process.exit(130);
    });
  };
  interrupted.addEventListener('abort', hurry, { once: true });
  await makeFolder('--data', dataFolder);
  try {
    display.line(`Distillery starts; its data is in ${dataFolder}`);
    await platform.startApi();
    announce(context, display, platform.url);
    await serve(context, options, platform, display, dataFolder);
    display.line('stopping: runs write their checkpoints (Ctrl-C again stops at once)');
  } catch (error) {
    if (!interrupted.aborted) throw error;
  } finally {
    display.stop();
    await platform.stop();
  }
  terminal.note('stopped');
}

async function serve(
  { terminal, interrupted }: Context,
  options: StartOptions,
  platform: Platform,
  display: ProgressDisplay,
  dataFolder: string,
): Promise<void> {
  // The dashboard shows the queued examples while the engine is still being installed.
  const submitted = options.empty
    ? []
    : await submitExamples(platform.client, dataFolder, path.join(INSTALLATION, 'examples'));
  if (submitted.length > 0) {
    display.line('the database is empty: submitted the three examples, which train on CIFAR-10 images');
  }
  const complaint = await ensureEngine({ display, signal: interrupted });
  if (interrupted.aborted) return;
  if (complaint !== undefined) display.line(terminal.paintNote('yellow', complaint));
  await platform.startWorker();
  if (submitted.length > 0) await showExamples(platform, display, terminal, submitted, interrupted);
  if (!interrupted.aborted) {
    await new Promise<void>((resolve) => interrupted.addEventListener('abort', () => resolve(), { once: true }));
  }
}

async function showExamples(
  platform: Platform,
  display: ProgressDisplay,
  terminal: Context['terminal'],
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const progress = new RunProgress(terminal, display);
  try {
    const runs = await followRuns(platform.client, ids, (run) => progress.show(run), signal);
    if (signal.aborted) return;
    const completed = [...runs.values()].filter((run) => run.state === 'completed').length;
    display.line(`${completed} of ${ids.length} examples completed; look at them at ${platform.url}`);
  } catch (error) {
    // The platform serves on; only this view of it is lost.
    if (!signal.aborted) display.line(`progress can't be shown any longer: ${(error as Error).message}`);
  }
}

function announce({ terminal }: Context, display: ProgressDisplay, url: string): void {
  const rule = '─'.repeat(url.length + 15);
  display.line(terminal.paintNote('gray', rule));
  display.line(`  ${terminal.paintNote('bold', 'Dashboard')}  ${terminal.paintNote(['bold', 'cyan'], url)}`);
  display.line(terminal.paintNote('gray', rule));
}
