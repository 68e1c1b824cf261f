import type { Engine, Program, ProgramFunction, Tensor, Variable } from '#engine';

const NAMES = ['loss', 'divergence', 'correct', 'labelled'] as const;

/** Before the sums' names in a checkpoint. */
export const SUMS = 'sums/';

/** Over the steps since the sums were last taken. */
export type Sums = Record<(typeof NAMES)[number], number>;

/**
 * Sums of a training's losses, divergences and right answers, as state of its program: a step adds to them and reads
 * nothing back, which on a GPU it would have to wait for. Being state, they are part of every checkpoint.
 */
export interface RunningSums {
  /** Sum → scalar variable, for the program's state. */
  readonly slots: Readonly<Record<string, Variable>>;
  /** Called within the captured step. Scalars. */
  add(amounts: Partial<Record<keyof Sums, Tensor | undefined>>): void;
  /** Belongs into the program under the name `sums`, for `look` and `take`. */
  readonly function: ProgramFunction;
  /** What the sums are. A sum that once was no number stays none until it is taken. */
  look(program: Program): Sums;
  /** What the sums are; they begin again at zero. */
  take(program: Program): Sums;
  dispose(): void;
}

export function runningSums({ tf }: Engine): RunningSums {
  const variables = Object.fromEntries(
    NAMES.map((name) => [name, tf.tidy(() => tf.variable(tf.scalar(0), false))]),
  ) as Record<keyof Sums, Variable>;
  const read = (program: Program, kept: 0 | 1): Sums => {
    const keep = tf.scalar(kept);
    const found = program.call('sums', { keep });
    const sums = Object.fromEntries(NAMES.map((name) => [name, found[name].dataSync()[0]])) as Sums;
    tf.dispose([keep, found]);
    return sums;
  };
  return {
    slots: Object.fromEntries(NAMES.map((name) => [`${SUMS}${name}`, variables[name]])),
    add: (amounts) => {
      for (const name of NAMES) {
        const amount = amounts[name];
        if (amount !== undefined) tf.tidy(() => variables[name].assign(tf.add(variables[name], amount)));
      }
    },
    function: {
      inputs: { keep: { shape: [] } },
      run: ({ keep }) => {
        const found = Object.fromEntries(NAMES.map((name) => [name, variables[name].clone()]));
        for (const name of NAMES) {
          // Chosen, not multiplied: what is no number times zero is none either.
          const next = tf.where(tf.greater(keep, 0), variables[name] as Tensor, tf.scalar(0));
          variables[name].assign(next);
        }
        return found;
      },
    },
    look: (program) => read(program, 1),
    take: (program) => read(program, 0),
    dispose: () => tf.dispose(Object.values(variables)),
  };
}
