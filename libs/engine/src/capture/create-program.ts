import type { CreateProgram } from '../program.js';
import { CaptureError } from './capture-error.js';
import { createCapturedProgram } from './captured-program.js';
import { createEagerProgram } from './eager-program.js';
import { ONCE, refuseWhileCapturing } from './guards.js';

const BETWEEN_CALLS = `${ONCE}; do it between the calls`;

/**
 * Captures functions into one program: one TensorFlow graph and session on `tensorflow`, plain calls elsewhere, and where
 * `capture` is false.
 * @throws CaptureError naming the function and what it does that cannot be captured
 */
export const createProgram: CreateProgram = (engine, options) => {
  refuseWhileCapturing('creates a program', 'create it before');
  const owners = new Map<unknown, string>();
  for (const [name, variable] of [...Object.entries(options.state), ...Object.entries(options.constants ?? {})]) {
    if (variable.isDisposed) throw new CaptureError(`the variable "${name}" has been disposed of`);
    const other = owners.get(variable);
    if (other !== undefined) throw new CaptureError(`"${other}" and "${name}" are one variable: give it one name`);
    owners.set(variable, name);
  }
  const { capture = engine.captures } = options;
  const create = capture && engine.backend === 'tensorflow' ? createCapturedProgram : createEagerProgram;
  const program = create(engine, options);
  return {
    call(name, inputs) {
      refuseWhileCapturing(
        `calls the function "${name}" of a program`,
        `${ONCE}; call it before and pass its outputs as inputs, or make it a plain function and its variables part of the state`,
      );
      return program.call(name, inputs);
    },
    pull() {
      refuseWhileCapturing('pulls the state of a program', BETWEEN_CALLS);
      program.pull();
    },
    push() {
      refuseWhileCapturing('pushes the state of a program', BETWEEN_CALLS);
      program.push();
    },
    dispose: () => program.dispose(),
  };
};
