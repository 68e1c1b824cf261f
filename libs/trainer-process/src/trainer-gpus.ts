import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { z } from 'zod';
import { builtProgram } from './built-program.js';

export interface TrainerGpusOptions {
  /** The environment of a trainer. */
  env: NodeJS.ProcessEnv;
  /** Gets one line where the question could not be answered; none are assumed then. */
  onProblem: (line: string) => void;
  /** Whether there may be a GPU at all. Default: whether NVIDIA's driver has made its device, or WSL's has. */
  hasDriver?: boolean;
  /** The program that answers. Default: the built one of this installation. */
  entry?: string;
}

const DEVICES = ['/dev/nvidiactl', '/dev/dxg'];
const TIMEOUT_MS = 30_000;
const GpusSchema = z.array(z.string().min(1));

/**
 * The GPUs that trainers of this machine compute on, by what `CUDA_VISIBLE_DEVICES` takes; none without a driver, at
 * once. Never rejects: a machine whose GPUs cannot be asked for still trains.
 */
export async function trainerGpus({ env, onProblem, hasDriver, entry }: TrainerGpusOptions): Promise<string[]> {
  if (!(hasDriver ?? DEVICES.some((device) => existsSync(device)))) return [];
  try {
    const program = entry ?? builtProgram('apps/trainer/src/gpus.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program], { env, timeout: TIMEOUT_MS });
    return GpusSchema.parse(JSON.parse(stdout));
  } catch (error) {
    const [line] = (error as Error).message.split('\n');
    onProblem(`the GPUs of this machine could not be asked for, trainers use the processor: ${line}`);
    return [];
  }
}
