import type { Engine, Tensor } from '../engine.js';
import type { Program, ProgramOptions } from '../program.js';
import { CaptureError } from './capture-error.js';
import { checkInputs, sizedSignatures, type SizedSignature } from './check-inputs.js';
import { mapValues, rehearse } from './rehearse.js';

/**
 * A program on a backend without graphs: its functions run eagerly, on the variables themselves. Rehearsed once all
 * the same for each combination of sizes, so that a function that could not be captured elsewhere does not pass here.
 */
export function createEagerProgram({ tf }: Engine, { state, constants = {}, functions }: ProgramOptions): Program {
  const rehearsed = new Map<string, Set<string>>(Object.keys(functions).map((name) => [name, new Set()]));
  for (const [name, { inputs }] of Object.entries(functions)) {
    const sized = sizedSignatures(inputs);
    if (sized) rehearseOnce(name, sized);
  }
  let disposed = false;

  function rehearseOnce(name: string, inputs: Readonly<Record<string, SizedSignature>>): void {
    const sizes = JSON.stringify(Object.values(inputs).map(({ shape }) => shape));
    const known = rehearsed.get(name)!;
    if (known.has(sizes)) return;
    const onlooker = { before: () => {}, during: <T>(call: () => T) => call(), after: () => undefined };
    rehearse(tf, { functionName: name, run: functions[name]!.run, inputs, state, constants }, onlooker);
    known.add(sizes);
  }

  return {
    call(name, inputs) {
      const definition = functions[name];
      if (!definition) throw new RangeError(`the program has no function "${name}"`);
      if (disposed) throw new CaptureError('the program has been disposed of');
      const sized = checkInputs(name, definition.inputs, inputs);
      rehearseOnce(name, sized);
      // A clone, since an output may be an input or a variable, which the caller must not dispose of with it.
      return tf.tidy(() => {
        const tensors = mapValues(inputs, (input, key) =>
          input instanceof Uint8Array ? tf.tensor(input, [...sized[key]!.shape], 'int32') : input,
        );
        return mapValues<Tensor, Tensor>(definition.run(tensors), (output) => output.clone());
      });
    },
    pull() {},
    push() {},
    dispose() {
      disposed = true;
    },
  };
}
