import type { Tensor } from '../engine.js';
import type { InputSignature } from '../program.js';
import { InputMismatchError } from './capture-error.js';

/**
 * TensorFlow itself would accept other shapes and compute something else: a captured graph has the batch size in it.
 * @throws InputMismatchError for the first input that is missing, unknown, disposed of or unlike its signature
 */
export function checkInputs(
  functionName: string,
  signatures: Readonly<Record<string, InputSignature>>,
  inputs: Readonly<Record<string, Tensor>>,
): void {
  for (const [name, { shape, dtype = 'float32' }] of Object.entries(signatures)) {
    const tensor = inputs[name];
    const wanted = `${dtype} [${shape.join(', ')}]`;
    if (!tensor) throw new InputMismatchError(functionName, name, `is missing, it must be ${wanted}`);
    if (tensor.isDisposed) throw new InputMismatchError(functionName, name, 'has been disposed of');
    const sameShape = tensor.shape.length === shape.length && tensor.shape.every((size, axis) => size === shape[axis]);
    if (!sameShape || tensor.dtype !== dtype) {
      const got = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
      throw new InputMismatchError(functionName, name, `must be ${wanted}, got ${got}`);
    }
  }
  for (const name of Object.keys(inputs)) {
    if (Object.hasOwn(signatures, name)) continue;
    const known = Object.keys(signatures).join(', ') || 'none';
    throw new InputMismatchError(functionName, name, `is not declared (declared: ${known})`);
  }
}
