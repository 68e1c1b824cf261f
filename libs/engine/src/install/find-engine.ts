import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BINDING_FILE, BINDING_REVISION, bindingSources } from './compile-binding.js';
import { cacheFolder } from './cache-folder.js';
import { cudaTarget, type EngineTarget, engineTarget, TENSORFLOW_VERSION } from './platform.js';

/** What `engine.json` in an installed engine's folder says. */
export interface InstalledEngine {
  folder: string;
  binding: string;
  tensorflow: string;
  tfjs: string;
  platform: string;
  /** What it was made for; one for `gpu` computes on the CPU where it finds no GPU. */
  accelerator: 'cpu' | 'gpu';
  compiler: string;
  /** ISO 8601. */
  installedAt: string;
}

export const MANIFEST_FILE = 'engine.json';

/** One folder per TensorFlow version, platform and binding version: an upgrade never meets an old build. */
export function engineFolder(target: EngineTarget, cache: string = cacheFolder()): string {
  const binding = `tfjs-${bindingSources().version}-${BINDING_REVISION}`;
  return join(cache, 'engine', `tensorflow-${TENSORFLOW_VERSION}-${target.key}-${binding}`);
}

/**
 * The engine that is installed for this machine, or `undefined`; the one that knows GPUs, where both are. Loads nothing.
 */
export async function findEngine(cache: string = cacheFolder()): Promise<InstalledEngine | undefined> {
  try {
    const cuda = cudaTarget();
    const withGpu = cuda && (await readEngine(engineFolder(cuda, cache)));
    return withGpu ?? (await readEngine(engineFolder(engineTarget(), cache)));
  } catch {
    return undefined;
  }
}

/** Reads the engine in a folder; `undefined` when it is not all there. */
export async function readEngine(folder: string): Promise<InstalledEngine | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8')) as InstalledEngine;
    const binding = join(folder, BINDING_FILE);
    await access(binding);
    return { ...manifest, folder, binding };
  } catch {
    return undefined;
  }
}
