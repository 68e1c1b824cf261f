import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeSafetensors } from '#models';

export interface Images {
  /** `[batch, height, width, 3]` */
  shape: number[];
  values: Float32Array;
}

/** Puts the images for NAME.safetensors beside it, where torch-exchange.py looks for them. */
export async function writeImages(folder: string, name: string, images: Images): Promise<void> {
  await writeFile(join(folder, `${name}.images`), writeSafetensors({ images }));
}

/**
 * What PyTorch makes of each NAME.safetensors of a folder: see torch-exchange.py.
 * @returns logits by name
 * @throws Error with what Python said where PyTorch does not take one
 */
export async function exchangeWithTorch(python: string, folder: string): Promise<Record<string, number[]>> {
  const script = join(import.meta.dirname, 'torch-exchange.py');
  // PyTorch makes a folder for what it might compile as soon as it is imported.
  const env = { ...process.env, TORCHINDUCTOR_CACHE_DIR: join(folder, 'inductor'), PYTHONDONTWRITEBYTECODE: '1' };
  await promisify(execFile)(python, [script, folder], { env });
  return JSON.parse(await readFile(join(folder, 'logits.json'), 'utf8')) as Record<string, number[]>;
}
