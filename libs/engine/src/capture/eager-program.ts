import type { Engine, Tensor } from '../engine.js';
import type { Program, ProgramOptions } from '../program.js';
import { CaptureError } from './capture-error.js';
import { checkInputs } from './check-inputs.js';
import { mapValues, rehearse } from './rehearse.js';

/**
 * A program on a backend without graphs: its functions run eagerly, on the variables themselves. Rehearsed once all
 * the same, so that a function that could not be captured elsewhere does not pass here.
 */
export function createEagerProgram({ tf }: Engine, { state, functions }: ProgramOptions): Program {
  for (const [name, definition] of Object.entries(functions)) {
    rehearse(tf, name, definition, state, { before: () => {}, during: (call) => call(), after: () => undefined });
  }
  let disposed = false;
  return {
    call(name, inputs) {
      const definition = functions[name];
      if (!definition) throw new RangeError(`the program has no function "${name}"`);
      if (disposed) throw new CaptureError('the program has been disposed of');
      checkInputs(name, definition.inputs, inputs);
      // A clone, since an output may be an input or a variable, which the caller must not dispose of with it.
      return tf.tidy(() => mapValues<Tensor, Tensor>(definition.run({ ...inputs }), (output) => output.clone()));
    },
    pull() {},
    push() {},
    dispose() {
      disposed = true;
    },
  };
}
