import type { EngineReport } from '#engine';
import { bytes } from '../terminal/units.js';
import type { Check } from './check.js';

const LITTLE_MEMORY_BYTES = 2e9;

/** What trains, and what installing it would need. */
export function engineChecks(report: EngineReport): Check[] {
  return [engine(report), pip(report), compiler(report), gpu(report), memory(report)];
}

function engine({ backend, reason, problems }: EngineReport): Check {
  const name = 'engine';
  if (backend === 'tensorflow') return { name, status: 'ok', detail: reason };
  // The last of the errors is that of the engine itself; those before it say what an installation lacks.
  const problem = problems.filter(({ severity }) => severity === 'error').at(-1);
  const detail = `${problem?.problem ?? reason}; WebAssembly is used, which is slower`;
  return { name, status: 'warning', detail, remedy: problem?.remedy };
}

function pip(report: EngineReport): Check {
  const name = 'pip';
  if (report.pip !== undefined) return { name, status: 'ok', detail: `pip ${report.pip}` };
  if (report.installed !== undefined) return { name, status: 'ok', detail: 'not found, and not needed any more' };
  return {
    name,
    status: 'warning',
    detail: 'not found: TensorFlow is fetched with it',
    remedy: 'Install Python 3 with pip (Debian: apt install python3-pip).',
  };
}

function compiler(report: EngineReport): Check {
  const name = 'compiler';
  if (report.compiler !== undefined) return { name, status: 'ok', detail: report.compiler };
  if (report.installed !== undefined) return { name, status: 'ok', detail: 'not found, and not needed any more' };
  if (report.pip !== undefined) return { name, status: 'ok', detail: 'not found; zig, which pip brings, is used' };
  return {
    name,
    status: 'warning',
    detail: 'no C++ compiler was found',
    remedy: 'Install one (Debian: apt install g++), or pip, which brings one.',
  };
}

function gpu({ gpus }: EngineReport): Check {
  const name = 'GPU';
  if (gpus.length === 0)
    return { name, status: 'ok', detail: 'none that NVIDIA’s driver knows; runs use the processor' };
  const list = gpus.map((each) => `${each.name} (${bytes(each.memoryBytes)}, driver ${each.driver})`).join(', ');
  return {
    name,
    status: 'warning',
    detail: `${list}: unused by the engine of this version`,
    remedy: 'Nothing to do: runs use the processor.',
  };
}

function memory({ memory: { totalBytes, freeBytes }, cpu }: EngineReport): Check {
  const detail = `${bytes(freeBytes)} of ${bytes(totalBytes)} free; ${cpu.threads} threads`;
  if (freeBytes >= LITTLE_MEMORY_BYTES) return { name: 'memory', status: 'ok', detail };
  return {
    name: 'memory',
    status: 'warning',
    detail,
    remedy: 'Lower training.batchSize or image.size, or WORKER_SLOTS.',
  };
}
