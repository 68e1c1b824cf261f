import type { Tensor } from '../engine.js';

type KernelInputs = Readonly<Record<string, Tensor | readonly Tensor[] | null | undefined>>;

/**
 * What a function did when it was called, op by op, to tell whether it does the same when it is called again: what
 * JavaScript decides or counts anew at every call would be frozen into the graph.
 */
export class Trace {
  readonly steps: string[] = [];

  op(name: string, inputs: KernelInputs, attributes: unknown): void {
    const shapes = Object.values(inputs).map((input) => {
      if (!input) return 'none';
      return 'length' in input ? `${input.length} tensors` : `[${input.shape.join(', ')}]`;
    });
    this.steps.push([name, ...shapes, ...(attributes === undefined ? [] : [JSON.stringify(attributes)])].join(' '));
  }

  constant(values: ArrayLike<unknown>, shape: readonly number[] | undefined): void {
    const value = values.length === 1 ? String(values[0]) : `with checksum ${checksum(values)}`;
    this.steps.push(`the constant [${(shape ?? []).join(', ')}] ${value}`);
  }
}

/** Where two calls of a function part, in words; `undefined` where they do not. */
export function difference(first: Trace, second: Trace): string | undefined {
  const length = Math.max(first.steps.length, second.steps.length);
  for (let i = 0; i < length; i++) {
    const [one, other] = [first.steps[i] ?? 'the end', second.steps[i] ?? 'the end'];
    if (one !== other) return `operation ${i + 1} is ${one} in one call and ${other} in the next`;
  }
  return undefined;
}

/** FNV-1a over the numbers' bytes. */
function checksum(values: ArrayLike<unknown>): number {
  const numbers = typeof values[0] === 'number' ? (values as ArrayLike<number>) : [];
  let state = 0x811c9dc5;
  for (const byte of new Uint8Array(Float32Array.from(numbers).buffer)) state = Math.imul(state ^ byte, 0x01000193);
  return state >>> 0;
}
