import { UserError } from '#contracts';
import { MODELS } from '../create-model.js';
import { declaredShapes, type DeclaredShapes } from '../declared-shapes.js';
import type { StateDict } from '../model.js';
import { refuseDifferences, refuseNonFinite } from '../state-dict.js';
import { fromTorch, torchShape, type Layout } from './torch-layout.js';

/** Weights that fit an architecture, under its names and in TensorFlow's layout. */
export interface FittedWeights {
  /** Every parameter and statistic. */
  state: StateDict;
  /** Width of the head. */
  classes: number;
  /** In which the numbers came. */
  layout: Layout;
  /** Names in the file that are no part of the network: counters, an auxiliary classifier. */
  passedOver: string[];
}

export interface FitOptions {
  variant?: string;
  /** Default: decided by the shapes. */
  layout?: Layout;
}

/** What wrappers put before every name: `DataParallel`, `torch.compile`. */
const PREFIXES = ['module.', '_orig_mod.'];
/** One around the other; a name may say millions of times that it is in one. */
const MAX_WRAPPERS = 4;
/** Counts batches for a momentum of `None`, which no architecture here has. */
const COUNTER = /\.num_batches_tracked$/;
/** Serves training from scratch alone, and is part of torchvision's weights of InceptionV3. */
const AUXILIARY = /^AuxLogits\./;

/**
 * Takes weights of a file for an architecture's: in PyTorch's layout or ours, with the names of torchvision.
 * @param file what the weights are called in errors
 * @throws UserError where they are another architecture's, with the first differences on both sides, or hold a number that
 *   is not finite
 */
export function fitWeights(model: string, tensors: StateDict, file: string, options: FitOptions = {}): FittedWeights {
  const { variant } = options;
  const named = withoutPrefix(tensors);
  const passedOver = Object.keys(named).filter(isPassedOver);
  const weights = Object.fromEntries(Object.entries(named).filter(([name]) => !isPassedOver(name)));
  const { classifier } = declaredShapes(model, { classes: 1, variant });
  const classes = weights[`${classifier}.bias`]?.values.length ?? 1;
  const declared = declaredShapes(model, { classes, variant });
  const layout = options.layout ?? layoutOf(declared, weights);
  const owner = variant === undefined ? model : `${model} (${variant})`;
  const shapes = Object.fromEntries(
    Object.entries(declared.shapes).map(([name, shape]) => [name, layout === 'torch' ? torchShape(shape) : shape]),
  );
  try {
    refuseDifferences(shapes, weights, { owner });
  } catch (error) {
    const fitting = architecturesOf(tensors).filter((name) => name !== model);
    throw new UserError(`${file}: ${(error as UserError).message}`, {
      remedy: fitting.length > 0 ? `They fit ${fitting.join(' and ')}: name that model.` : `Give weights of ${owner}.`,
      cause: error,
    });
  }
  refuseNonFinite(weights);
  const state = Object.fromEntries(
    Object.entries(declared.shapes).map(([name, shape]) => [
      name,
      layout === 'torch' ? fromTorch(weights[name], shape) : weights[name],
    ]),
  );
  return { state, classes, layout, passedOver };
}

/** Names of the architectures, in their usual form, whose parameters and statistics the weights are. */
export function architecturesOf(tensors: StateDict): string[] {
  const named = withoutPrefix(tensors);
  const count = Object.keys(named).filter((name) => !isPassedOver(name)).length;
  return Object.keys(MODELS).filter((model) => {
    const { classifier } = declaredShapes(model, { classes: 1 });
    const classes = named[`${classifier}.bias`]?.values.length;
    if (classes === undefined) return false;
    const shapes = Object.entries(declaredShapes(model, { classes }).shapes);
    const has = (shapeOf: (shape: readonly number[]) => readonly number[]) =>
      shapes.every(([name, shape]) => Object.hasOwn(named, name) && sameShape(named[name].shape, shapeOf(shape)));
    return shapes.length === count && (has(torchShape) || has((shape) => shape));
  });
}

/** The layout that more of the shapes fit; a stem of three channels alone tells the two apart in every architecture. */
function layoutOf({ shapes }: DeclaredShapes, weights: StateDict): Layout {
  let torch = 0;
  let tensorflow = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    if (!Object.hasOwn(weights, name)) continue;
    if (sameShape(weights[name].shape, torchShape(shape))) torch++;
    if (sameShape(weights[name].shape, shape)) tensorflow++;
  }
  return torch > tensorflow ? 'torch' : 'tensorflow';
}

function isPassedOver(name: string): boolean {
  return COUNTER.test(name) || AUXILIARY.test(name);
}

function withoutPrefix(tensors: StateDict): StateDict {
  let named = tensors;
  for (let wrapper = 0; wrapper < MAX_WRAPPERS; wrapper++) {
    const names = Object.keys(named);
    const prefix = PREFIXES.find((each) => names.length > 0 && names.every((name) => name.startsWith(each)));
    if (prefix === undefined) break;
    named = Object.fromEntries(Object.entries(named).map(([name, weight]) => [name.slice(prefix.length), weight]));
  }
  return named;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
