import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../cli-error.js';
import { RUNS_FOLDER } from './local-runs.js';
import { slug } from './plan-folders.js';
import { readRunRecord } from './run-folder.js';

/** `--out`, else runs/NAME; a folder that has a run already is continued or left alone, never mixed with another run. */
export async function outFolder(name: string, { out, resume }: { out?: string; resume?: boolean }): Promise<string> {
  if (out !== undefined) {
    if (!resume && (await isUsed(out))) {
      throw new UsageError(`${out} is not empty`, '"--resume" goes on with the run in it; or choose another --out');
    }
    return out;
  }
  const base = path.join(RUNS_FOLDER, slug(name));
  let folder = base;
  let last = base;
  for (let n = 2; await isUsed(folder); n++) {
    last = folder;
    folder = `${base}-${n}`;
  }
  return resume ? last : folder;
}

/** A run that came to nothing, for a mistake in its spec mostly, leaves its folder to the next one. */
async function isUsed(folder: string): Promise<boolean> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) return false;
  if ((await readdir(folder)).length === 0) return false;
  const run = await readRunRecord(folder);
  const hasEnded = run?.state === 'failed' || run?.state === 'cancelled';
  return !(hasEnded && run.checkpoint === undefined && run.model === undefined);
}
