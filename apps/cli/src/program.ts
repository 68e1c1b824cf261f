import { Command } from 'commander';
import { cacheCommand } from './commands/cache.js';
import { cancelCommand } from './commands/cancel.js';
import { doctorCommand } from './commands/doctor.js';
import { downloadCommand } from './commands/download.js';
import { engineCommand } from './commands/engine.js';
import { logsCommand } from './commands/logs.js';
import { lsCommand } from './commands/ls.js';
import { modelsCommand } from './commands/models.js';
import { predictCommand } from './commands/predict.js';
import { retryCommand } from './commands/retry.js';
import { schedulesCommand } from './commands/schedules.js';
import { serveCommands } from './commands/serve.js';
import { showCommand } from './commands/show.js';
import { startCommand } from './commands/start.js';
import { studyCommand } from './commands/study.js';
import { submitCommand } from './commands/submit.js';
import { trainCommand } from './commands/train.js';
import { weightsCommand } from './commands/weights.js';
import type { Context } from './context.js';
import { version } from './installation.js';

const EXIT_CODES = `
Exit codes: 0 done; 1 failed; 2 wrong command line or spec; 3 no server answers; 130 interrupted.
Environment: DISTILLERY_URL, DISTILLERY_TOKEN (server), DISTILLERY_CACHE (downloads), NO_COLOR. See .env.example.`;

/** The whole command line. Each command is a file of `commands/`. */
export function createProgram(context: () => Context): Command {
  const program = new Command('distillery')
    .description('Train small, accurate image classifiers by knowledge transfer.')
    .version(version(), '--version', 'print the version')
    .option('--debug', 'show stack traces of errors')
    .helpOption('-h, --help', 'show help')
    .addHelpText('after', EXIT_CODES)
    .showSuggestionAfterError()
    .exitOverride();
  const commands = [
    startCommand,
    submitCommand,
    lsCommand,
    showCommand,
    studyCommand,
    logsCommand,
    cancelCommand,
    retryCommand,
    downloadCommand,
    schedulesCommand,
    modelsCommand,
    trainCommand,
    predictCommand,
    weightsCommand,
    cacheCommand,
    serveCommands,
    doctorCommand,
    engineCommand,
  ];
  for (const register of commands) register(program, context);
  return program;
}
