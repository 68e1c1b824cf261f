import type { Precision } from '../program.js';
import { bfloat16 } from './bfloat16.js';
import type { GraphPass } from './graph-pass.js';

/** The passes that every captured graph goes through, in their order. */
export function passesFor(precision: Precision): readonly GraphPass[] {
  return precision === 'bfloat16' ? [bfloat16] : [];
}
