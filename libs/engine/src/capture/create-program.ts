import type { CreateProgram } from '../program.js';
import { CaptureError } from './capture-error.js';
import { createCapturedProgram } from './captured-program.js';
import { createEagerProgram } from './eager-program.js';

/**
 * Captures functions into one program: one TensorFlow graph and session on `tensorflow`, plain calls elsewhere, and where
 * `capture` is false.
 * @throws CaptureError naming the function and what it does that cannot be captured
 */
export const createProgram: CreateProgram = (engine, options) => {
  const owners = new Map<unknown, string>();
  for (const [name, variable] of [...Object.entries(options.state), ...Object.entries(options.constants ?? {})]) {
    if (variable.isDisposed) throw new CaptureError(`the variable "${name}" has been disposed of`);
    const other = owners.get(variable);
    if (other !== undefined) throw new CaptureError(`"${other}" and "${name}" are one variable`);
    owners.set(variable, name);
  }
  const { capture = engine.captures } = options;
  return capture && engine.backend === 'tensorflow'
    ? createCapturedProgram(engine, options)
    : createEagerProgram(engine, options);
};
