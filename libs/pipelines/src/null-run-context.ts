import { cacheFolder } from '#engine';
import type { RunContext } from './run-context.js';

/** A context without surroundings: keeps nothing, says nothing, is never aborted. With it a pipeline is a plain function. */
export function nullRunContext(overrides: Partial<RunContext> = {}): RunContext {
  return {
    signal: new AbortController().signal,
    log: () => {},
    metrics: () => {},
    progress: () => {},
    saveCheckpoint: async () => {},
    loadCheckpoint: async () => undefined,
    writeArtifact: async () => {},
    cacheFolder: overrides.cacheFolder ?? cacheFolder(),
    ...overrides,
  };
}
