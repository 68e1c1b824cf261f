import type { Precision } from '../program.js';
import { bfloat16 } from './bfloat16.js';
import { explicitPadding } from './explicit-padding.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { fuseAdam } from './fuse-adam.js';
import { fuseMomentum } from './fuse-momentum.js';
import { fuseConvolutions } from './fuse-convolutions.js';
import type { GraphPass } from './graph-pass.js';
import { prune } from './prune.js';

/**
 * The passes that every captured graph goes through, in their order. Fused convolutions are oneDNN's alone, and not
 * in bfloat16.
 */
export function passesFor({ precision, oneDnn }: { precision: Precision; oneDnn: boolean }): readonly GraphPass[] {
  const inPrecision = precision === 'bfloat16' ? [bfloat16] : oneDnn ? [fuseConvolutions] : [];
  return [explicitPadding, foldBatchNorm, ...inPrecision, fuseMomentum, fuseAdam, prune];
}
