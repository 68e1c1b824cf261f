import { createModel } from './create-model.js';
import type { Model } from './model.js';
import { loadStateDict, stateDict } from './state-dict.js';

/**
 * The same backbone, weights and statistics, with a new classification head for other classes: N(0, 0.01²) weights and
 * zero bias, so every class begins at nearly the same probability. The given model stays as it is, and the caller's.
 */
export function newHead(model: Model, { classes, seed }: { classes: number; seed: number }): Model {
  const { engine, name, variant, head } = model;
  const backbone = Object.fromEntries(Object.entries(stateDict(model)).filter(([key]) => !head.includes(key)));
  const renewed = createModel(engine, name, { classes, seed, variant });
  loadStateDict(renewed, backbone, { strict: false });
  return renewed;
}
