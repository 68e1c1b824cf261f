import type { StateDict } from '../../model.js';
import { refuseTooLarge, type ByteSource } from '../byte-source.js';
import { parseTflite, refusalOf } from './tflite-model.js';

const MAX_TFLITE_BYTES = 512 * 1024 ** 2;

/**
 * Every constant of a TensorFlow Lite graph that is made of numbers, by its tensor's name, as float32. What they would take
 * together is counted before the first is read: they may be of eight bits, and share their numbers.
 * @throws UserError that says what is wrong with the file
 */
export async function readTflite(source: ByteSource, file: string): Promise<StateDict> {
  const refuse = refusalOf(file);
  if (source.size > MAX_TFLITE_BYTES) return refuse(`it has ${source.size} bytes, more than ${MAX_TFLITE_BYTES}`);
  const { operators, tensors } = parseTflite(await source.read(0, source.size), file);
  const made = new Set(operators.flatMap(({ outputs }) => outputs));
  const used = new Set(operators.flatMap(({ inputs }) => inputs));
  const constants = tensors.filter((tensor, index) => used.has(index) && !made.has(index) && tensor.isConstant);
  refuseTooLarge(
    constants.reduce((sum, { decodedBytes }) => sum + decodedBytes, 0),
    refuse,
  );
  return Object.fromEntries(constants.map((tensor) => [tensor.name, tensor.read()]));
}
