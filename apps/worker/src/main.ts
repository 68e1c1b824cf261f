import { ConfigError, loadConfig } from '#config';
import { runWorker } from './run-worker.js';

/** What sysexits.h calls EX_CONFIG: a supervisor need not start it again before somebody has looked. */
const EXIT_CONFIG = 78;

try {
  await runWorker(loadConfig());
} catch (error) {
  const { message, stack } = error as Error;
  process.stderr.write(`${error instanceof ConfigError ? message : (stack ?? message)}\n`);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
}
