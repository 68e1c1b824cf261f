// A worker whose trainers are the scripted ones: argv[2] is the program to fork instead of the built trainer. TEST_GPUS
// names GPUs that the machine is to have.
import { loadConfig } from '#config';
import { runWorker } from '../../dist/apps/worker/src/run-worker.js';

await runWorker(loadConfig(), { trainer: process.argv[2], gpus: process.env.TEST_GPUS?.split(',') });
