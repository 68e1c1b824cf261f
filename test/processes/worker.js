// A worker whose trainers are the scripted ones: argv[2] is the program to fork instead of the built trainer.
import { loadConfig } from '#config';
import { runWorker } from '../../dist/apps/worker/src/run-worker.js';

await runWorker(loadConfig(), process.argv[2]);
