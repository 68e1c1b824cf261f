import type { EngineReport, SpeedCheck } from '#engine';
import type { SlotPlan } from '#trainer-process';
import { bytes } from '../terminal/units.js';
import type { Check } from './check.js';
import { gpuLine, speedLines, trainersLine } from './engine-lines.js';

const LITTLE_MEMORY_BYTES = 2e9;

/** What trains, and what installing it would need. */
export function engineChecks(report: EngineReport, trainers: SlotPlan): Check[] {
  const checks = [engine(report), pip(report), compiler(report), gpu(report), memory(report), sharing(trainers)];
  return report.speed === undefined ? checks : [...checks, speed(report, report.speed)];
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

function gpu({ gpus, problems }: EngineReport): Check {
  const name = 'GPU';
  if (gpus.length === 0) {
    const problem = problems.find((each) => /NVIDIA|nvidia-smi/.test(each.problem));
    if (problem) return { name, status: 'warning', detail: problem.problem, remedy: problem.remedy };
    return { name, status: 'ok', detail: 'none that NVIDIA’s driver knows; runs use the processor' };
  }
  const detail = gpus.map(gpuLine).join('; ');
  const unused = problems.find((each) => gpus.some(({ why }) => why === each.problem));
  return unused ? { name, status: 'warning', detail, remedy: unused.remedy } : { name, status: 'ok', detail };
}

function sharing(trainers: SlotPlan): Check {
  return { name: 'trainers', status: 'ok', detail: trainersLine(trainers) };
}

function speed({ problems }: EngineReport, found: SpeedCheck): Check {
  const name = 'speed';
  const problem = problems.find((each) => /^(The speed|Matrix products)/.test(each.problem));
  const detail = speedLines(found).slice(0, 2).join('; ');
  return problem ? { name, status: 'warning', detail, remedy: problem.remedy } : { name, status: 'ok', detail };
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
