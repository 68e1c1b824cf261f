import type { Engine, Variable } from '#engine';
import { chooseForm } from './create-model.js';
import { Layers } from './layers.js';

/** What an architecture consists of, without a number in it. */
export interface DeclaredShapes {
  /** Of every parameter and statistic, by name, in the order of their declaration; TensorFlow's layout. */
  shapes: Readonly<Record<string, readonly number[]>>;
  /** Names of those that are statistics of batch normalisation. */
  statistics: ReadonlySet<string>;
  /** Name of the classifier, such as `fc`: its parts are `fc.weight` and `fc.bias`. */
  classifier: string;
}

/**
 * Names and shapes of an architecture's variables, known without an engine and without making one of them.
 * @throws UserError where the name or the variant is not known
 */
export function declaredShapes(
  name: string,
  { classes, variant }: { classes: number; variant?: string },
): DeclaredShapes {
  const { architecture, batchNorm } = chooseForm(name, variant);
  const layers = new ShapesAlone(batchNorm);
  const { classifierName } = architecture.build(layers, classes, variant);
  const variables = { ...layers.parameters, ...layers.statistics };
  return {
    shapes: Object.fromEntries(Object.entries(variables).map(([key, { shape }]) => [key, shape])),
    statistics: new Set(Object.keys(layers.statistics)),
    classifier: classifierName,
  };
}

class ShapesAlone extends Layers {
  constructor(batchNorm: Layers['batchNormOptions']) {
    // Building a network only declares; what would need an engine is called when images come.
    super({} as Engine, 0, batchNorm);
  }

  protected override declare(shape: number[]): Variable {
    return { shape } as Variable;
  }
}
