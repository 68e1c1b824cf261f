import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '../install/run-command.js';
import { firstLine } from '../install/install-error.js';
import { cpuFacts, cpuPeak } from './cpu-peak.js';
import type { Speed } from './measure-speed.js';

/** What the engine reaches here, beside numbers to judge it by. */
export interface SpeedReport extends Speed {
  /** What the processor's multipliers could do at best, and how that was counted; where it can be known. */
  peak?: { gflops: number; how: string };
  /** The same measurement on another machine. */
  reference: typeof REFERENCE;
  /** Runnable programs when it was measured, averaged over a minute: with more than there are cores, it tells little. */
  load: number;
}

export type SpeedCheck = SpeedReport | { failed: string };

/** Measured by this program with nothing else running. */
export const REFERENCE = {
  machine: 'two cores of an AMD EPYC (Zen 3, AVX2), Linux, TensorFlow with oneDNN',
  matmulGflops: 138,
  imagesPerSecond: 1380,
};

const TIMEOUT_MS = 60_000;

/** Measures in a process of its own, for about two seconds: the engine is loaded once per process, and threads stay. */
export async function checkSpeed(load: number, env: NodeJS.ProcessEnv = process.env): Promise<SpeedCheck> {
  const program = builtProgram();
  if (!existsSync(program)) return { failed: 'it has to be built: "npm run build"' };
  const { code, output } = await runCommand(process.execPath, [program], {
    env: { ...env, NODE_OPTIONS: '' },
    timeoutMs: TIMEOUT_MS,
  });
  const line = output.split('\n').findLast((each) => each.startsWith('{'));
  if (code !== 0 || line === undefined) return { failed: firstLine(output.trim()) || 'it took longer than a minute' };
  const facts = await cpuFacts();
  return { ...(JSON.parse(line) as Speed), peak: facts && cpuPeak(facts), reference: REFERENCE, load };
}

/** `measure-speed.js` in `dist/`, found from wherever this file runs: the sources or `dist/`. */
function builtProgram(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'dist', 'libs', 'engine', 'src', 'doctor', 'measure-speed.js');
}
