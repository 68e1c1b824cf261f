import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectRefusedWithinBounds } from '../../../test/weights/refused-within-bounds.js';
import type { StateDict } from './model.js';
import { parseSafetensors, readSafetensors, writeSafetensors } from './safetensors.js';

const tensors: StateDict = {
  'conv1.weight': { shape: [1, 2, 3], values: Float32Array.of(1, -2.5, 3e38, 1e-40, 0, -0) },
  scalar: { shape: [], values: Float32Array.of(7) },
  empty: { shape: [0, 4], values: new Float32Array(0) },
  'größe/ключ': { shape: [1], values: Float32Array.of(NaN) },
};

/** A file by hand: the header as it is given, then the data. */
function file(header: unknown, dataBytes: number, declaredLength?: bigint): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(declaredLength ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}
const entry = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  it('reads back what it wrote, to the bit', async () => {
    const bytes = writeSafetensors(tensors, { position: '{"epoch":3}' });
    const read = await readSafetensors(bytes);
    expect(read).toEqual({ tensors, metadata: { position: '{"epoch":3}' } });
    expect(Object.is(read.tensors['conv1.weight'].values[5], -0)).toBe(true);
    expect(Buffer.from(writeSafetensors(read.tensors, read.metadata)).equals(Buffer.from(bytes))).toBe(true);
  });

  it('writes the published layout: length, JSON padded to 8 bytes, little-endian numbers', () => {
    const bytes = Buffer.from(writeSafetensors({ a: { shape: [1], values: Float32Array.of(1) } }));
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toEqual({
      a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    });
    expect(bytes.subarray(8 + length)).toEqual(Buffer.from([0, 0, 0x80, 0x3f]));
  });

  it('reads a file, and values that begin at an odd byte', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
    try {
      const path = join(folder, 'odd.safetensors');
      await writeFile(path, file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} ', 4));
      expect((await readSafetensors(path)).tensors).toEqual({ a: { shape: [1], values: Float32Array.of(0) } });
      await expect(readSafetensors(join(folder, 'none'))).rejects.toThrow(/cannot read weights from .*none/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('reads half precision and bfloat16', () => {
    // IEEE 754-2019, binary16: 1, -2, 65504 (largest), 2^-24 (smallest), infinity. bfloat16: upper half of a float32.
    const bytes = file({ half: entry([5], 0, 10, 'F16'), brain: entry([2], 10, 14, 'BF16') }, 14);
    const data = Buffer.from(bytes.buffer, bytes.byteOffset + bytes.length - 14);
    [0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x3f80, 0xc040].forEach((bits, i) => data.writeUInt16LE(bits, 2 * i));
    const read = parseSafetensors(bytes);
    expect([...read.tensors.half.values]).toEqual([1, -2, 65504, 2 ** -24, Infinity]);
    expect([...read.tensors.brain.values]).toEqual([1, -3]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /it has 0 bytes/],
    ['a header length beyond any limit', file({}, 0, 2n ** 63n), /header would be 9223372036854775808 bytes/],
    ['a header of more than 10 MB', file(' '.repeat(10_000_001), 0), /header would be 10000001 bytes/],
    ['a header that is cut off', file({}, 0, 100n), /header is cut off/],
    ['a header that is not JSON', file('{"a":', 0), /not JSON/],
    ['a header that is not UTF-8', Buffer.concat([file('', 0, 3n), Buffer.from([0x22, 0xff, 0x22])]), /not JSON/],
    ['a header that is a list', file([], 0), /not an object/],
    ['metadata that is no strings', file({ __metadata__: { a: 1 } }, 0), /something else than strings/],
    ['an entry that is no object', file({ a: 3 }, 0), /a is not described by an object/],
    ['a header of 2^60 bytes', file({}, 0, 2n ** 60n), /header would be 1152921504606846976 bytes/],
    ['another type', file({ a: entry([8], 0, 8, 'F8_E4M3') }, 8), /a has the type "F8_E4M3"; only F32, F64, I64, F16/],
    ['an inherited type', file({ a: entry([1], 0, 4, 'constructor') }, 4), /a has the type "constructor"/],
    ['a negative size', file({ a: entry([-1], 0, 4) }, 4), /shape that is not a list of counts/],
    ['a fractional size', file({ a: entry([0.5], 0, 2) }, 2), /shape that is not a list of counts/],
    ['a shape that is no list', file({ a: entry('1', 0, 4) }, 4), /shape that is not a list of counts/],
    ['sizes whose product overflows', file({ a: entry([2 ** 40, 2 ** 40], 0, 4) }, 4), /bytes, but has 4/],
    ['a negative offset', file({ a: entry([1], -4, 0) }, 4), /offsets that are not two counts/],
    ['three offsets', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 8), /not two counts/],
    ['offsets in reverse', file({ a: entry([1], 4, 0) }, 4), /lies at bytes 4 to 0/],
    ['an offset beyond the end', file({ a: entry([2], 0, 8) }, 4), /lies at bytes 0 to 8 of 4/],
    ['a shape that needs other bytes', file({ a: entry([2], 0, 4) }, 4), /is \[2\] F32, 8 bytes, but has 4/],
    ['tensors that overlap', file({ a: entry([2], 0, 8), b: entry([1], 4, 8) }, 8), /b shares bytes/],
    ['a gap', file({ a: entry([1], 0, 4), b: entry([1], 8, 12) }, 12), /bytes 4 to 8, before b, belong to no tensor/],
    ['bytes after the last tensor', file({ a: entry([1], 0, 4) }, 9), /bytes 4 to 9 belong to no tensor/],
    ['bytes before the first tensor', file({ a: entry([1], 4, 8) }, 8), /bytes 0 to 4, before a/],
  ])('refuses %s', async (_, bytes, message) => {
    await expectRefusedWithinBounds(() => parseSafetensors(bytes), message);
  });

  it('reads double precision and counters as float32', () => {
    const bytes = file({ double: entry([2], 0, 16, 'F64'), count: entry([], 16, 24, 'I64') }, 24);
    const data = Buffer.from(bytes.buffer, bytes.byteOffset + bytes.length - 24);
    data.writeDoubleLE(1 / 3, 0);
    data.writeDoubleLE(1e300, 8);
    data.writeBigInt64LE(-12345n, 16);
    const { tensors: read } = parseSafetensors(bytes);
    expect([...read.double.values]).toEqual([Math.fround(1 / 3), Infinity]);
    expect(read.count).toEqual({ shape: [], values: Float32Array.of(-12345) });
  });

  it('writes counters as int64', () => {
    const bytes = writeSafetensors({ count: { shape: [], values: BigInt64Array.of(3n) } });
    expect(Buffer.from(bytes).toString('latin1')).toContain(
      '{"count":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}',
    );
    expect(parseSafetensors(bytes).tensors.count.values).toEqual(Float32Array.of(3));
  });

  it('refuses a file of two gigabytes by its header alone, and a larger one by its size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
    try {
      const path = join(folder, 'large.safetensors');
      await writeFile(path, file({}, 0, 2n ** 60n));
      // Sparse: the file system keeps no zeros.
      await truncate(path, 2 * 1024 ** 3);
      await expectRefusedWithinBounds(() => readSafetensors(path), /header would be 1152921504606846976 bytes/);
      await truncate(path, 2 * 1024 ** 3 + 1);
      await expectRefusedWithinBounds(() => readSafetensors(path), /2147483649 bytes, more than 2147483648/);
      await expect(readSafetensors(folder)).rejects.toThrow(/it is no file|EISDIR/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('counts half precision as the float32 that it becomes, before it reads any', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
    try {
      const path = join(folder, 'half.safetensors');
      const numbers = 600 * 1024 ** 2;
      const header = file({ half: entry([numbers], 0, 2 * numbers, 'F16') }, 0);
      await writeFile(path, header);
      await truncate(path, header.length + 2 * numbers);
      await expectRefusedWithinBounds(
        () => readSafetensors(path),
        /would have 2516582400 bytes as float32, more than 2147483648/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('keeps names that are dangerous as keys as plain names', () => {
    const bytes = file('{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4);
    const { tensors: read } = parseSafetensors(bytes);
    expect(Object.keys(read)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).shape).toBeUndefined();
  });

  it('refuses to write a shape that does not fit its numbers', () => {
    expect(() => writeSafetensors({ a: { shape: [2], values: Float32Array.of(1) } })).toThrow(/a is \[2\] but has 1/);
  });
});
