import { StoredTensor } from './stored-tensor.js';
import type { Pickled, PickleHost } from './unpickle.js';

/** Where training scripts keep the weights in a checkpoint, the likeliest first. */
const KEYS = ['state_dict', 'model_state_dict', 'model', 'net', 'weights'];

/**
 * The named tensors of what a file holds: of a state dictionary itself, or of a checkpoint with one in it. What is no
 * tensor is passed over.
 */
export function stateDictIn(value: Pickled, refuse: PickleHost['refuse']): ReadonlyMap<string, StoredTensor> {
  if (!(value instanceof Map)) return refuse('it holds no dictionary of weights');
  const inside = KEYS.map((key) => value.get(key)).filter((each) => each instanceof Map);
  for (const candidate of [...inside, value]) {
    const tensors = [...candidate].flatMap(([name, tensor]) =>
      tensor instanceof StoredTensor ? [[String(name), tensor] as const] : [],
    );
    if (tensors.length > 0) return new Map(tensors);
  }
  return refuse('it holds no dictionary of weights');
}
