import { cacheFolder } from '#engine';
import { localOutputs } from './outputs/local-outputs.js';
import type { RunContext } from './run-context.js';

/** A context without surroundings: keeps nothing, says nothing, is never aborted. With it a pipeline is a plain function. */
export function nullRunContext(overrides: Partial<RunContext> = {}): RunContext {
  const folder = overrides.cacheFolder ?? cacheFolder();
  return {
    signal: new AbortController().signal,
    log: () => {},
    metrics: () => {},
    progress: () => {},
    saveCheckpoint: async () => {},
    loadCheckpoint: async () => undefined,
    writeArtifact: async () => {},
    cacheFolder: folder,
    teacherOutputs: localOutputs(folder),
    ...overrides,
  };
}
