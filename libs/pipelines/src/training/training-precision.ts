import type { TrainingSpec } from '#contracts';
import { bfloat16Advice, type Bfloat16Advice, type Engine, type Precision } from '#engine';
import type { RunContext } from '../run-context.js';

/**
 * In which precision a training's convolutions and matrix products are computed; said in the log. Weights, statistics,
 * losses and the test are float32 in any case.
 * @param begun the precision that an earlier attempt at the same run began with, which another machine keeps to
 * @param advice whether this machine gains from bfloat16, and why
 */
export async function trainingPrecision(
  engine: Pick<Engine, 'backend'>,
  asked: TrainingSpec['precision'],
  begun: Precision | undefined,
  context: Pick<RunContext, 'log'>,
  advice: () => Promise<Bfloat16Advice> = bfloat16Advice,
): Promise<Precision> {
  if (engine.backend !== 'tensorflow') {
    if (asked === 'bfloat16') {
      context.log('warn', `training.precision bfloat16 needs TensorFlow; ${engine.backend} computes in float32`);
    }
    return 'float32';
  }
  if (asked !== 'auto') return asked;
  if (begun !== undefined) {
    context.log('info', `Training goes on in ${begun}, as it began`);
    return begun;
  }
  const { pays, reason } = await advice();
  const chosen = pays ? 'bfloat16' : 'float32';
  context.log('info', `Training in ${chosen}: ${reason}`);
  return chosen;
}
