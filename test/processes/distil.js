// Runs a distillation in a process of its own and prints its report; with `holdAt`, it says so and waits to be killed once
// the teacher has looked at so many images.
import { writeSync } from 'node:fs';
import { loadEngine } from '#engine';
import { nullRunContext, runPipeline } from '#pipelines';

const { spec, cacheFolder, holdAt } = JSON.parse(process.argv[2]);
const engine = await loadEngine({ backend: 'tensorflow', threads: 1 });
const lines = [];
const context = nullRunContext({
  cacheFolder,
  log: (level, message) => lines.push(message),
  progress: ({ phase, done }) => {
    if (phase !== 'teacher' || holdAt === undefined || done < holdAt) return;
    writeSync(1, 'holding\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
const report = await runPipeline({ engine, spec, seed: 1, context });
process.stdout.write(JSON.stringify({ report, lines }));
