import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '#contracts';
import { cacheFolder } from '#engine';
import { inceptionFolder } from '../../pretrained/imagenet-inception-v3.js';
import { CONV_2D, parseTflite } from './tflite-model.js';

describe('parseTflite', () => {
  let bytes: Buffer;
  beforeAll(async () => {
    bytes = readFileSync(join(await inceptionFolder({ cacheFolder: cacheFolder() }), 'graph.lite'));
  });

  it('reads operators, tensors and dequantised constants', () => {
    const { operators, tensors } = parseTflite(bytes, 'graph.lite');
    const convolutions = operators.filter(({ code }) => code === CONV_2D);
    expect(convolutions).toHaveLength(95);
    const filter = tensors[convolutions[0].inputs[1]];
    // As the interpreter of ai-edge-litert says it.
    expect(filter).toMatchObject({ shape: [32, 3, 3, 3], zeroPoint: 131, isConstant: true });
    expect(filter.scale).toBeCloseTo(0.044160082936286926, 8);
    const { values } = filter.read();
    expect(values).toHaveLength(864);
    const steps = Array.from(values, (value) => value / filter.scale + 131);
    expect(Math.max(...steps.map((step) => Math.abs(step - Math.round(step))))).toBeLessThan(1e-3);
    expect([Math.round(Math.min(...steps)) >= 0, Math.round(Math.max(...steps)) <= 255]).toEqual([true, true]);
  });

  it('refuses what is broken, wherever it is, and never reads beyond the buffer', () => {
    const beginning = Buffer.from(bytes.subarray(0, 4096));
    expect(() => parseTflite(beginning, 'cut')).toThrow(UserError);
    for (let at = 8; at < 600; at += 4) {
      const broken = Buffer.from(beginning);
      broken.writeUInt32LE(0xfffffff0, at);
      expect(() => parseTflite(broken, 'broken')).toThrow(UserError);
    }
    const far = Buffer.from(beginning);
    far.writeUInt32LE(2 ** 31, 0);
    expect(() => parseTflite(far, 'far')).toThrow('far is not a usable TensorFlow Lite model: it is broken');
  });

  it('refuses another file', () => {
    expect(() => parseTflite(Buffer.from('TFL3'), 'x')).toThrow('x is not a usable TensorFlow Lite model: it is none');
    expect(() => parseTflite(Buffer.alloc(0), 'x')).toThrow(UserError);
  });
});
