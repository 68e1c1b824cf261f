import type { InputSignature, ProgramInput } from '../program.js';
import { InputMismatchError } from './capture-error.js';

/**
 * TensorFlow itself would accept other shapes and compute something else: a captured graph has the batch size in it.
 * @returns the signatures with the sizes of this call
 * @throws InputMismatchError for the first input that is missing, unknown, disposed of or unlike its signature
 */
export function checkInputs(
  functionName: string,
  signatures: Readonly<Record<string, InputSignature>>,
  inputs: Readonly<Record<string, ProgramInput>>,
): Record<string, SizedSignature> {
  const sized: Record<string, SizedSignature> = {};
  for (const [name, signature] of Object.entries(signatures)) {
    const input = inputs[name];
    const mismatch = (problem: string) => new InputMismatchError(functionName, name, problem);
    if (!input) throw mismatch(`is missing, it must be ${wanted(signature)}`);
    const bytes = input instanceof Uint8Array;
    if (!bytes && input.isDisposed) throw mismatch('has been disposed of');
    const shape = bytes ? shapeOfBytes(signature, input) : shapeOfTensor(signature, input.shape);
    const { dtype = 'float32' } = signature;
    if (!shape || (bytes ? 'uint8' : input.dtype) !== dtype) {
      throw mismatch(`must be ${wanted(signature)}, got ${got(input)}`);
    }
    sized[name] = { shape, dtype };
  }
  for (const name of Object.keys(inputs)) {
    if (Object.hasOwn(signatures, name)) continue;
    const known = Object.keys(signatures).join(', ') || 'none';
    throw new InputMismatchError(functionName, name, `is not declared (declared: ${known})`);
  }
  return sized;
}

/** A signature whose sizes are all known. */
export interface SizedSignature {
  shape: readonly number[];
  dtype: 'float32' | 'int32' | 'uint8';
}

/** The signatures as they are, where none leaves a size open. */
export function sizedSignatures(
  signatures: Readonly<Record<string, InputSignature>>,
): Record<string, SizedSignature> | undefined {
  const sized = Object.entries(signatures).map(([name, { shape, dtype = 'float32' }]) => [name, { shape, dtype }]);
  const open = Object.values(signatures).some(({ shape }) => shape.includes(null));
  return open ? undefined : (Object.fromEntries(sized) as Record<string, SizedSignature>);
}

function shapeOfTensor({ shape }: InputSignature, actual: readonly number[]): readonly number[] | undefined {
  const alike = actual.length === shape.length && actual.every((size, axis) => (shape[axis] ?? size) === size);
  return alike ? actual : undefined;
}

/** Bytes carry no shape: one open size follows from their number. */
function shapeOfBytes({ shape }: InputSignature, { length }: Uint8Array): readonly number[] | undefined {
  const known = shape.reduce<number>((product, size) => product * (size ?? 1), 1);
  const open = shape.filter((size) => size === null).length;
  if (open === 0) return length === known ? (shape as readonly number[]) : undefined;
  const size = length / known;
  if (open > 1 || !Number.isInteger(size) || size < 1) return undefined;
  return shape.map((own) => own ?? size);
}

function wanted({ shape, dtype = 'float32' }: InputSignature): string {
  const sizes = `[${shape.map((size) => size ?? 'any').join(', ')}]`;
  return dtype === 'uint8' ? `a Uint8Array of ${sizes}` : `${dtype} ${sizes}`;
}

function got(input: ProgramInput): string {
  if (input instanceof Uint8Array) return `a Uint8Array of ${input.length} bytes`;
  return `${input.dtype} [${input.shape.join(', ')}]`;
}
