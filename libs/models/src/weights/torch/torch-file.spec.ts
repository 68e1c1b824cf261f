import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '#contracts';
import { expectRefusedWithinBounds } from '../../../../../test/weights/refused-within-bounds.js';
import { storedZipFile, type StoredFile } from '../../../../../test/weights/stored-zip-file.js';
import { readTorchFile } from './torch-file.js';

type Expected = Record<string, { shape: number[]; values: number[] }>;
const golden = new URL('../../../../../test/golden/', import.meta.url);
const made = JSON.parse(readFileSync(new URL('torch-files.json', golden), 'utf8')) as Record<string, Expected>;
const torchFile = (name: string) => new URL(`torch-files/${name}`, golden).pathname;

const folder = mkdtempSync(join(tmpdir(), 'torch-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fileOf = (bytes: Uint8Array) => {
  const path = join(folder, 'weights.pth');
  writeFileSync(path, bytes);
  return path;
};

/** A file of `torch.save` with a pickle by hand. */
const archive = (pickle: string | Uint8Array, others: StoredFile[] = []) =>
  storedZipFile([{ name: 'a/data.pkl', content: Buffer.from(pickle as string, 'latin1') }, ...others]);
const numbers = (count: number): StoredFile => ({ name: 'a/data/0', content: Buffer.alloc(4 * count) });

/** Opcodes as in CPython's pickletools: one tensor "w" of so many float32 numbers, with offset, shape and strides. */
function tensorPickle(length: number, offset: number, shape: number[], strides: number[], key = '0'): Buffer {
  const int = (value: number) => {
    const bytes = Buffer.alloc(9);
    bytes.writeUInt8(8);
    bytes.writeBigInt64LE(BigInt(value), 1);
    return Buffer.concat([Buffer.from([0x8a]), bytes]);
  };
  const text = (value: string) => Buffer.from(`X${String.fromCharCode(value.length)}\0\0\0${value}`, 'latin1');
  const tuple = (...parts: Buffer[]) => Buffer.concat([Buffer.from('('), ...parts, Buffer.from('t')]);
  const storage = tuple(text('storage'), Buffer.from('ctorch\nFloatStorage\n'), text(key), text('cpu'), int(length));
  const args = tuple(
    Buffer.concat([storage, Buffer.from('Q')]),
    int(offset),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    Buffer.from([0x89]),
    Buffer.from('}'),
  );
  const rebuilt = Buffer.concat([Buffer.from('ctorch._utils\n_rebuild_tensor_v2\n'), args, Buffer.from('R')]);
  return Buffer.concat([Buffer.from([0x80, 2]), Buffer.from('}'), text('w'), rebuilt, Buffer.from('s.')]);
}

/** The tensor of such a pickle under so many names. */
function sharing(names: number, pickle: Buffer): Buffer {
  const others = Array.from({ length: names - 1 }, (_, index) => {
    const name = `w${index}`;
    return Buffer.from(`X${String.fromCharCode(name.length)}\0\0\0${name}h\0s`, 'latin1');
  });
  return Buffer.concat([pickle.subarray(0, -2), Buffer.from('q\0s'), ...others, Buffer.from('.')]);
}

describe('readTorchFile', () => {
  it.each(['types.pth', 'types.legacy.pth', 'types.protocol4.pth'])(
    'reads what PyTorch wrote in %s: every type, views of any stride, parameters, to the bit',
    async (name) => {
      const read = await readTorchFile(torchFile(name));
      expect(Object.keys(read)).toEqual(Object.keys(made.types));
      for (const [key, { shape, values }] of Object.entries(made.types)) {
        expect({ key, shape: read[key].shape, values: [...read[key].values] }).toEqual({ key, shape, values });
      }
    },
  );

  it('takes the weights of a checkpoint with an optimizer, a learning rate and the like in it', async () => {
    const read = await readTorchFile(torchFile('checkpoint.pth'));
    expect(Object.keys(read)).toEqual(Object.keys(made.checkpoint));
    const name = 'module.1.running_mean';
    expect([...read[name].values]).toEqual(made.checkpoint[name].values);
  });

  it.each([
    ['int32.pth', /weight is of IntStorage; only FloatStorage, .* can be read/],
    ['module.pth', /asks for torch\.nn\.modules\.linear\.Linear/],
    ['script.pth', /only with TorchScript programs/],
  ])('refuses %s in words', async (name, message) => {
    const read = readTorchFile(torchFile(name));
    await expect(read).rejects.toThrow(message);
    await expect(read).rejects.toBeInstanceOf(UserError);
    await expect(read).rejects.toMatchObject({
      remedy: expect.stringContaining('torch.save(model.state_dict(), FILE)'),
    });
  });

  it('reads a tensor of a pickle by hand', async () => {
    const read = await readTorchFile(fileOf(archive(tensorPickle(6, 1, [2, 2], [3, 1]), [numbers(6)])));
    expect(read).toEqual({ w: { shape: [2, 2], values: new Float32Array(4) } });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['a call of os.system', archive('\x80\x02cos\nsystem\nX\x02\0\0\0id\x85R.'), /asks for os\.system/],
    [
      'a call of os.system by protocol 4',
      archive('\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.'),
      /asks for os\.system/,
    ],
    ['eval', archive('\x80\x02cbuiltins\neval\nX\x01\0\0\x001\x85R.'), /asks for builtins\.eval/],
    [
      'a name that only begins like a legal one',
      archive('\x80\x02ctorch._utils\n_rebuild_tensor_v2.x\n.'),
      /asks for torch/,
    ],
    ['an instance of any class (INST)', archive('\x80\x02(ios\nsystem\n.'), /opcode 0x69/],
    ['an extension of the registry (EXT1)', archive('\x80\x02\x82\x01.'), /opcode 0x82/],
    ['a call of what is no function', archive('\x80\x02}}R.'), /calls what is no function/],
    [
      'a legal function in an unusual way',
      archive('\x80\x02ctorch._utils\n_rebuild_parameter\n(tR.'),
      /in an unusual way/,
    ],
    ['a pickle that ends at once', archive('\x80\x02'), /pickle is cut off/],
    ['a text longer than the pickle', archive('\x80\x02X\xff\xff\xff\xff'), /pickle is cut off/],
    ['a whole number of 255 bytes', archive(`\x80\x02\x8a\xff${'1'.repeat(255)}.`), /whole number of 255 bytes/],
    ['an empty stack', archive('\x80\x020.'), /takes what is not there/],
    ['what was never kept', archive('\x80\x02h\x07.'), /recalls what was not kept/],
    ['a pickle of something else', archive('\x80\x02]q\x00h\x00a.'), /no dictionary of weights/],
    ['no pickle at all', storedZipFile([numbers(1)]), /holds no data\.pkl/],
    ['big-endian numbers', archive('\x80\x02}.', [{ name: 'a/byteorder', content: Buffer.from('big') }]), /big-endian/],
    [
      'a tensor that reaches beyond its storage',
      archive(tensorPickle(6, 3, [2, 2], [2, 1]), [numbers(6)]),
      /w reaches beyond/,
    ],
    [
      'numbers that are not there',
      archive(tensorPickle(6, 0, [6], [1], '1'), [numbers(6)]),
      /no numbers for the storage 1/,
    ],
    ['a storage that is cut off', archive(tensorPickle(6, 0, [6], [1]), [numbers(5)]), /storage 0 is cut off/],
    ['a negative stride', archive(tensorPickle(6, 5, [6], [-1]), [numbers(6)]), /describes a tensor in an unusual way/],
    [
      'one number, repeated to a terabyte',
      archive(tensorPickle(1, 0, [2 ** 20, 2 ** 18], [0, 0]), [numbers(1)]),
      /would have 1099511627776 bytes as float32, more than 2147483648$/,
    ],
    [
      'a thousand tensors that share four megabytes',
      archive(sharing(1000, tensorPickle(2 ** 20, 0, [2 ** 20], [1])), [numbers(2 ** 20)]),
      /would have 4194304000 bytes as float32, more than 2147483648/,
    ],
    [
      'tensors without end',
      archive(sharing(100_000, tensorPickle(1, 0, [1], [1])), [numbers(1)]),
      /would hold 100000 tensors, more than 20000/,
    ],
    [
      'a pickle of 16 million dictionaries',
      archive(Buffer.alloc(16_000_000, '}')),
      /makes and keeps more than 500000 values/,
    ],
    [
      'a pickle that keeps a value 16 million times',
      archive(Buffer.concat([Buffer.from('}'), Buffer.alloc(16_000_000, 0x94)])),
      /makes and keeps more than 500000 values/,
    ],
    [
      'a storage outside the archive',
      archive(tensorPickle(6, 0, [6], [1], '../../x'), [numbers(6)]),
      /no numbers for the storage/,
    ],
    [
      'a zip bomb',
      storedZipFile([{ name: 'a/data.pkl', content: Buffer.alloc(300_000_000), compressed: true }]),
      /"a\/data\.pkl" is compressed/,
    ],
    [
      'files that share their bytes',
      archive('\x80\x02}.', [
        { name: 'a/data/0', content: Buffer.alloc(64) },
        { name: 'a/data/0', content: Buffer.alloc(0), says: { offset: 44, bytes: 64, packedBytes: 64 } },
      ]),
      /shares bytes with another file/,
    ],
    ['one name twice', archive('\x80\x02}.', [numbers(1), numbers(1)]), /holds "a\/data\/0" twice/],
    [
      'a directory that names a file otherwise than the file itself',
      archive('\x80\x02}.', [{ ...numbers(1), says: { name: 'a/data/1' } }]),
      /is not where its directory says/,
    ],
    ['an encrypted file', archive('\x80\x02}.', [{ ...numbers(1), says: { flags: 1 } }]), /is encrypted/],
    [
      'a file longer than the archive',
      archive('\x80\x02}.', [{ ...numbers(1), says: { bytes: 2 ** 31, packedBytes: 2 ** 31 } }]),
      /is cut off/,
    ],
    ['more files than the directory has', storedZipFile([numbers(1)], { count: 3 }), /directory is torn/],
    ['65,535 files', storedZipFile([numbers(1)], { count: 65_535 }), /would hold 65535 files/],
    ['the beginning of a zip file', archive('\x80\x02}.').subarray(0, 40), /no zip file, or it is cut off/],
    ['an empty file', new Uint8Array(0), /it is none/],
    ['text', Buffer.from('hello'), /it is none/],
    ['another pickle', Buffer.from('\x80\x02}.', 'latin1'), /it is none/],
  ])('refuses %s', async (_, bytes, message) => {
    const path = fileOf(bytes);
    await expectRefusedWithinBounds(() => readTorchFile(path), message);
  });

  it.each(['types.pth', 'types.legacy.pth'])('refuses %s wherever it is cut off', async (name) => {
    const whole = readFileSync(torchFile(name));
    for (const share of [0.1, 0.4, 0.7, 0.95, 1 - 1 / whole.length]) {
      const read = readTorchFile(fileOf(whole.subarray(0, Math.floor(share * whole.length))));
      await expect(read, `${share}`).rejects.toBeInstanceOf(UserError);
    }
  });

  it('refuses a pickle nested 200,000 deep, and one that holds itself, without following it', async () => {
    await expect(readTorchFile(fileOf(archive(`\x80\x02)${'\x85'.repeat(200_000)}.`)))).rejects.toThrow(
      /no dictionary of weights/,
    );
    await expect(readTorchFile(fileOf(archive('\x80\x02}q\x00X\x01\0\0\0ah\x00s.')))).rejects.toThrow(
      /no dictionary of weights/,
    );
  });

  it('refuses a pickle of more than 16 MB, and a file of more than 2 GB, without reading it', async () => {
    const path = fileOf(archive(Buffer.alloc(17 * 1024 ** 2, 0x4e)));
    await expectRefusedWithinBounds(() => readTorchFile(path), /pickle would have 17825792 bytes/);
    truncateSync(path, 5 * 1024 ** 3);
    await expectRefusedWithinBounds(() => readTorchFile(path), /5368709120 bytes, more than 2147483648/);
  });

  it('says where there is no file', async () => {
    await expect(readTorchFile(join(folder, 'none.pth'))).rejects.toThrow(/cannot read weights from .*none\.pth/);
  });
});
