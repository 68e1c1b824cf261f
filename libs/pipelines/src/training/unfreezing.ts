import type { Stage } from './stages.js';

/** Parameters whose training begins at a step; up to then they, and their optimizer's slots, stay as they are to the bit. */
export interface ParameterGroup {
  parameters: readonly string[];
  fromStep: number;
}

/**
 * Gradual unfreezing (Howard & Ruder, "Universal Language Model Fine-tuning for Text Classification", 2018): the head is
 * trained alone at first, and after every `epochs` one stage more, from the head down, so that a new head does not throw
 * about what the backbone knows.
 */
export function gradualUnfreezing(stages: readonly Stage[], epochs: number, stepsPerEpoch: number): ParameterGroup[] {
  return [...stages]
    .reverse()
    .map(({ parameters }, index) => ({ parameters, fromStep: Math.round(index * epochs * stepsPerEpoch) }));
}

/** Which groups are trained between two moments of unfreezing. */
export interface Phase {
  /** Of the groups: the first so many of them are trained. */
  groups: number;
  /** The first step that is of a later phase; infinite in the last one. */
  endStep: number;
}

/** The phase that a step is of. */
export function phaseAt(groups: readonly ParameterGroup[], step: number): Phase {
  const later = groups.filter(({ fromStep }) => fromStep > step);
  return {
    groups: groups.length - later.length,
    endStep: later.reduce((end, { fromStep }) => Math.min(end, fromStep), Infinity),
  };
}
