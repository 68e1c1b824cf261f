import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readRunRecord, runName } from './run-folder.js';

/** Where `train` writes when it is not told. */
export const RUNS_FOLDER = 'runs';

/** What a completed run below the local runs folder has made. */
export interface LocalModel {
  /** Model folder, absolute. */
  folder: string;
  /** ISO 8601. */
  finishedAt: string;
}

/** The model of the newest completed run of this name below the local runs folder. */
export async function latestLocalModel(name: string, runs = RUNS_FOLDER): Promise<LocalModel | undefined> {
  const found: LocalModel[] = [];
  const candidates = await subfolders(runs);
  for (const folder of [...candidates, ...(await Promise.all(candidates.map(subfolders))).flat()]) {
    const record = await readRunRecord(folder);
    if (record?.state !== 'completed' || record.model === undefined) continue;
    if ((await runName(folder)) !== name) continue;
    found.push({ folder: path.resolve(folder, record.model), finishedAt: record.finishedAt ?? '' });
  }
  return found.sort((a, b) => b.finishedAt.localeCompare(a.finishedAt))[0];
}

/** A model's folder from what a person names: itself, or the folder of the run that made it. */
export async function modelFolder(named: string): Promise<string | undefined> {
  const folder = path.resolve(named);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) return undefined;
  const record = await readRunRecord(folder);
  if (record?.model !== undefined) return path.join(folder, record.model);
  const inside = path.join(folder, 'model');
  return (await stat(inside).catch(() => undefined))?.isDirectory() ? inside : folder;
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(folder, entry.name));
}
