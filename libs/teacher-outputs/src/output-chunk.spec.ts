import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DamagedOutputsError, decodeChunk, encodeChunk } from './output-chunk.js';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const chunk = {
  width: 3,
  hashes: [hashOf('one'), hashOf('two')],
  values: Float32Array.of(1, -2, 0.5, 10 / 3, 1e-3, -7.7),
  deviceMs: 12.5,
};

describe('a chunk of outputs', () => {
  it('comes back as it was, to the bit, in float32', () => {
    expect(decodeChunk(encodeChunk(chunk, 'float32'))).toEqual({ ...chunk, largestError: 0 });
  });

  it('says of float16 how far its numbers are from those that were computed', () => {
    const found = decodeChunk(encodeChunk(chunk, 'float16'));
    const differences = Array.from(found.values, (value, at) => Math.abs(value - chunk.values[at]));
    expect(found.largestError).toBe(Math.max(...differences));
    expect(found.largestError).toBeGreaterThan(0);
    expect(found.largestError).toBeLessThan(7.7 * 2 ** -11);
    expect(found.hashes).toEqual(chunk.hashes);
    // Once rounded, a number stays what it is.
    expect(decodeChunk(encodeChunk(found, 'float16')).values).toEqual(found.values);
  });

  it('keeps numbers that float16 does not have', () => {
    const values = Float32Array.of(70_000, 1 / 3, 0, 0, 0, 0);
    expect(decodeChunk(encodeChunk({ ...chunk, values }, 'float16')).values).toEqual(values);
    const notANumber = Float32Array.of(NaN, 1, 0, 0, 0, 0);
    expect(decodeChunk(encodeChunk({ ...chunk, values: notANumber }, 'float16')).values[0]).toBeNaN();
  });

  it('is read wherever it begins in a buffer', () => {
    const bytes = encodeChunk(chunk, 'float32');
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeChunk(shifted.subarray(3)).values).toEqual(chunk.values);
  });

  it('is refused where it is cut off, longer than it says, or something else', () => {
    const bytes = encodeChunk(chunk, 'float16');
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeChunk(bytes.subarray(0, length))).toThrow(DamagedOutputsError);
    }
    expect(() => decodeChunk(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(/bytes instead of/);
    expect(() => decodeChunk(Buffer.from('{"format":"something else"}'))).toThrow('it is no file of outputs');
  });

  it('is refused where its header says other things than counts', () => {
    const forged = (header: string) => {
      const prefix = Buffer.alloc(12);
      prefix.write('distout1', 'latin1');
      prefix.writeUInt32LE(header.length, 8);
      return Buffer.concat([prefix, Buffer.from(header)]);
    };
    for (const header of [
      'not JSON',
      'null',
      '{"rows":-1,"width":3,"type":"float16","deviceMs":0,"largestError":0}',
      '{"rows":1e300,"width":3,"type":"float16","deviceMs":0,"largestError":0}',
      '{"rows":0,"width":3,"type":"int8","deviceMs":0,"largestError":0}',
      '{"rows":0,"width":3,"type":"float16","deviceMs":0}',
    ]) {
      expect(() => decodeChunk(forged(header))).toThrow(DamagedOutputsError);
    }
  });

  it('takes only rows that have a hash each', () => {
    expect(() => encodeChunk({ ...chunk, hashes: ['ab'] }, 'float16')).toThrow('not 1 rows of 3');
    expect(() => encodeChunk({ ...chunk, hashes: [hashOf('one'), 'xy'] }, 'float16')).toThrow('no SHA-256');
  });
});
