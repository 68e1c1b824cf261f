import { describe, expect, it } from 'vitest';
import type { TrainingSpec } from '#contracts';
import type { Backend, Precision } from '#engine';
import { trainingPrecision } from './training-precision.js';

describe('trainingPrecision', () => {
  const choose = async (
    asked: TrainingSpec['precision'],
    { pays = true, begun, backend = 'tensorflow' }: { pays?: boolean; begun?: Precision; backend?: Backend } = {},
  ) => {
    const lines: string[] = [];
    const context = { log: (level: string, message: string) => void lines.push(`${level}: ${message}`) };
    const advice = async () => ({ pays, reason: 'the reason' });
    return { precision: await trainingPrecision({ backend }, asked, begun, context, advice), lines };
  };

  it('is bfloat16 by itself only where the machine gains from it, and the log says which and why', async () => {
    const chosen = (precision: Precision) => ({ precision, lines: [`info: Training in ${precision}: the reason`] });
    expect(await choose('auto')).toEqual(chosen('bfloat16'));
    expect(await choose('auto', { pays: false })).toEqual(chosen('float32'));
  });

  it('is what the spec asks for, whatever pays', async () => {
    expect(await choose('float32')).toEqual({ precision: 'float32', lines: [] });
    expect(await choose('bfloat16', { pays: false })).toEqual({ precision: 'bfloat16', lines: [] });
  });

  it('stays what it was when a run goes on, on a machine that would choose otherwise', async () => {
    expect((await choose('auto', { begun: 'float32' })).precision).toBe('float32');
    expect((await choose('auto', { begun: 'bfloat16', pays: false })).precision).toBe('bfloat16');
  });

  it('is float32 without TensorFlow, with a warning where bfloat16 was asked for', async () => {
    expect(await choose('auto', { backend: 'wasm' })).toEqual({ precision: 'float32', lines: [] });
    expect(await choose('bfloat16', { backend: 'wasm' })).toEqual({
      precision: 'float32',
      lines: ['warn: training.precision bfloat16 needs TensorFlow; wasm computes in float32'],
    });
  });
});
