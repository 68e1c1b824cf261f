import { OperationalError } from '#contracts';
import { findEngine, installEngine } from '#engine';
import type { ProgressDisplay } from '../terminal/progress-display.js';

export interface EnsureEngineOptions {
  display: ProgressDisplay;
  signal?: AbortSignal;
}

const LABEL = 'TensorFlow';

/**
 * Installs TensorFlow where it is missing, with a progress bar.
 * @returns undefined, or, where it can't be had, why, in one line: runs then use WebAssembly
 */
export async function ensureEngine({ display, signal }: EnsureEngineOptions): Promise<string | undefined> {
  if ((await findEngine()) !== undefined) return undefined;
  try {
    const engine = await installEngine({
      signal,
      onProgress: ({ fraction, label, etaMs }) => display.update(LABEL, { fraction, detail: label, etaMs }),
    });
    display.finish(LABEL, `installed TensorFlow ${engine.tensorflow} in ${engine.folder}`);
    return undefined;
  } catch (error) {
    display.finish(LABEL);
    const { message } = error as Error;
    const remedy = error instanceof OperationalError && error.remedy !== undefined ? ` (${error.remedy})` : '';
    return `TensorFlow could not be installed, runs use WebAssembly and take longer: ${message}${remedy}`;
  }
}
