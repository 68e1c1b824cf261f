import type { Spec } from '#contracts';
import type { Engine } from '#engine';

/** What a run of reduced size gets at most. */
const SLOW_ENGINE = { epochs: 2, train: 1000, unlabelled: 1000, test: 1000 };

/**
 * What this engine shall run. A spec may allow (`resources.onSlowEngine: reduced`) that the WebAssembly and JavaScript
 * engines, which are ten times slower and more, do less: fewer epochs, and fewer images where it names how many.
 * @returns the spec, and in words what is less than what was asked for
 */
export function budgetFor<S extends Spec>(engine: Pick<Engine, 'backend'>, spec: S): { spec: S; reduced?: string } {
  if (engine.backend === 'tensorflow' || spec.resources.onSlowEngine === 'full') return { spec };
  const { dataset, training } = spec;
  const cap = (asked: number | undefined, most: number) => (asked === undefined ? undefined : Math.min(asked, most));
  const smaller = {
    'training.epochs': [training.epochs, Math.min(training.epochs, SLOW_ENGINE.epochs)],
    'dataset.train': [dataset.train, cap(dataset.train, SLOW_ENGINE.train)],
    'dataset.unlabelled': [dataset.unlabelled, Math.min(dataset.unlabelled, SLOW_ENGINE.unlabelled)],
    'dataset.test': [
      dataset.test,
      'name' in dataset ? Math.min(dataset.test ?? Infinity, SLOW_ENGINE.test) : dataset.test,
    ],
  } as const;
  const changes = Object.entries(smaller).filter(([, [asked, given]]) => asked !== given);
  if (changes.length === 0) return { spec };
  const [epochs, train, unlabelled, test] = Object.values(smaller).map(([, given]) => given);
  const reduced = changes.map(([field, [asked, given]]) => `${field} ${given} instead of ${asked ?? 'all'}`).join(', ');
  return {
    spec: {
      ...spec,
      dataset: { ...dataset, train, unlabelled, test },
      training: { ...training, epochs },
    },
    reduced: `The ${engine.backend} engine is slow, and resources.onSlowEngine is "reduced": ${reduced}`,
  };
}
