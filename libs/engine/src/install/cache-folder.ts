import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface CacheSurroundings {
  env?: NodeJS.ProcessEnv;
  platform?: NodeJS.Platform;
  home?: string;
}

/**
 * The user's cache folder for this product: `DISTILLERY_CACHE`, else the platform's own convention
 * (`$XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`). The folder may not exist yet.
 */
export function cacheFolder({
  env = process.env,
  platform = process.platform,
  home = homedir(),
}: CacheSurroundings = {}): string {
  if (env.DISTILLERY_CACHE) return resolve(env.DISTILLERY_CACHE);
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'distillery');
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'distillery', 'cache');
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'distillery');
}
