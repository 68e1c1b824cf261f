import { createProgram, type Engine, type Program } from '#engine';
import type { Classifier } from '../classifier/classifier.js';
import { adversarialStep } from './adversarial-step.js';

/**
 * All that a report computes with a network, in one program: `look` (images → logits), `teacher` (the same of a teacher
 * that sees the same images) and `attack`. Of any batch size; what is never called is never captured.
 */
export function reportProgram(
  engine: Engine,
  classifier: Classifier,
  imageSize: number,
  teacher: Classifier | undefined,
): Program {
  const inputs = { images: { shape: [null, imageSize, imageSize, 3], dtype: 'uint8' } } as const;
  return createProgram(engine, {
    state: {},
    constants: { ...prefixed('own', classifier), ...(teacher === undefined ? {} : prefixed('teacher', teacher)) },
    functions: {
      look: { inputs, run: ({ images }) => ({ logits: classifier.forward(images).logits }) },
      attack: adversarialStep(engine, classifier, imageSize),
      ...(teacher === undefined
        ? {}
        : { teacher: { inputs, run: ({ images }) => ({ logits: teacher.forward(images).logits }) } }),
    },
  });
}

function prefixed(prefix: string, { variables }: Classifier): Classifier['variables'] {
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [`${prefix}/${name}`, variable]));
}

/** Waits for the logits of a batch. */
export function logitsOfBatch(program: Program, name: 'look' | 'teacher', images: Uint8Array): Float32Array {
  const { logits } = program.call(name, { images });
  const values = logits.dataSync() as Float32Array;
  logits.dispose();
  return values;
}
