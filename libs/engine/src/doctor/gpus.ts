import { runCommand } from '../install/run-command.js';

export interface Gpu {
  name: string;
  memoryBytes: number;
  driver: string;
}

/** NVIDIA's GPUs as `nvidia-smi` lists them; none where it is missing. */
export async function findGpus(env: NodeJS.ProcessEnv = process.env): Promise<Gpu[]> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'];
  const { code, output } = await runCommand('nvidia-smi', query, { env, timeoutMs: 10_000 });
  if (code !== 0) return [];
  return output
    .split('\n')
    .map((line) => line.split(',').map((field) => field.trim()))
    .filter((fields) => fields.length === 3)
    .map(([name, mebibytes, driver]) => ({
      name: name!,
      memoryBytes: Number(mebibytes) * 1024 * 1024,
      driver: driver!,
    }));
}
