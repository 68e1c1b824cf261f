import os from 'node:os';
import path from 'node:path';

/**
 * The default folder for what can be fetched or computed again: datasets, weights, the engine, copies of teachers.
 * `DISTILLERY_CACHE`, else the platform's own place for caches. Shared with the engine, which keeps the same rule.
 */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = os.homedir(),
): string {
  if (env.DISTILLERY_CACHE) return path.resolve(env.DISTILLERY_CACHE);
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'distillery');
  if (platform === 'win32') {
    return path.join(env.LOCALAPPDATA || path.join(home, 'AppData', 'Local'), 'distillery', 'cache');
  }
  // The XDG specification: a relative path is invalid and must be ignored.
  const base = env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : undefined;
  return path.join(base ?? path.join(home, '.cache'), 'distillery');
}
