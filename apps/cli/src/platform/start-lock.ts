import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import { commandLine, isAlive } from '../postgres/postmaster.js';

const RunningSchema = z.object({ pid: z.int(), url: z.string(), startedAt: z.string() });

/** The `start` that serves a data folder. */
export type Running = z.infer<typeof RunningSchema>;

const FILE = 'start.json';

/** The `start` that serves this data folder now; undefined where there is none, or it was killed. */
export async function runningStart(dataFolder: string): Promise<Running | undefined> {
  const text = await readFile(path.join(dataFolder, FILE), 'utf8').catch(() => undefined);
  const running = text === undefined ? undefined : parse(text);
  return running !== undefined && (await holds(running)) ? running : undefined;
}

/**
 * Takes the data folder for this process, so that no second `start` serves it at the same time.
 * @returns a function that gives it back
 */
export async function lockDataFolder(dataFolder: string, url: string): Promise<() => Promise<void>> {
  const file = path.join(dataFolder, FILE);
  const mine = JSON.stringify({ pid: process.pid, url, startedAt: new Date().toISOString() } satisfies Running);
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, `${mine}\n`);
  try {
    for (;;) {
      try {
        // A link appears whole or not at all, and only where there is none.
        await link(draft, file);
        return async () => {
          if ((await readFile(file, 'utf8').catch(() => '')).trim() === mine) await rm(file, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      await removeStale(dataFolder, file);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function removeStale(dataFolder: string, file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const running = parse(text);
  if (running !== undefined && (await holds(running))) {
    throw new CliError(`Distillery is already running on ${dataFolder}: ${running.url} (process ${running.pid})`, {
      remedy: 'use that one, stop it, or start a second one with --data DIR and --port N',
    });
  }
  // Two starts may find the same stale lock: the one that moved a fresh lock away by mistake puts it back.
  const aside = `${file}.${process.pid}.stale`;
  await rename(file, aside).catch(() => {});
  if ((await readFile(aside, 'utf8').catch(() => text)) !== text) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
}

/** Whether the process of a lock lives and still is a `start`: its number may have gone to another program. */
async function holds({ pid }: Running): Promise<boolean> {
  if (pid === process.pid || !isAlive(pid)) return false;
  const command = await commandLine(pid);
  return command === '' || /node|distillery/i.test(command);
}

function parse(text: string): Running | undefined {
  try {
    return RunningSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
