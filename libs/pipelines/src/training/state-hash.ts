import { createHash } from 'node:crypto';
import type { StateDict } from '#models';

/** SHA-256 (hex) of named tensors: names, shapes and bits, whatever their order. */
export function stateHash(state: StateDict): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(state).sort()) {
    const { shape, values } = state[name];
    hash.update(`${JSON.stringify(name)} ${shape.join()}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
