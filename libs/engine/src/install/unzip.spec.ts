import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unzip } from './unzip.js';
import { zipFile as zip } from './zip-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distillery-unzip-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function unpack(bytes: Buffer, place: (name: string) => string | undefined, limitBytes = 1e6) {
  const archive = join(folder, 'a.zip');
  await writeFile(archive, bytes);
  const out = join(folder, 'out');
  const seen: number[] = [];
  const names = await unzip(archive, { place, folder: out, limitBytes, onBytes: (done) => seen.push(done) });
  return { out, names, seen };
}

describe('unzip', () => {
  it('unpacks the chosen entries only, packed and stored and empty, and counts their bytes', async () => {
    const files = [
      { name: 'a/lib.so', content: 'x'.repeat(5000), mode: 0o100755 },
      { name: 'a/stored.h', content: 'header', stored: true },
      { name: 'a/empty', content: '', stored: true },
      { name: 'b/other', content: 'no' },
    ];
    const { out, names, seen } = await unpack(zip(files), (name) =>
      name.startsWith('a/') ? name.slice(2) : undefined,
    );
    expect(names).toEqual(['lib.so', 'stored.h', 'empty']);
    expect((await readdir(out)).sort()).toEqual(['empty', 'lib.so', 'stored.h']);
    expect(await readFile(join(out, 'lib.so'), 'utf8')).toBe('x'.repeat(5000));
    expect(await readFile(join(out, 'stored.h'), 'utf8')).toBe('header');
    expect((await stat(join(out, 'lib.so'))).mode & 0o111).not.toBe(0);
    expect(seen.at(-1)).toBe(5006);
  });

  const good = zip([{ name: 'a', content: 'abc'.repeat(100) }]);
  it.each([
    ['what is no zip file', Buffer.from('hello'), 'no zip file'],
    ['a file that is cut off at its start', good.subarray(20), 'directory is torn'],
    ['more bytes than are allowed', zip([{ name: 'a', content: 'x', claimedBytes: 2e6 }]), 'more than 1000000'],
    [
      'an entry longer than it says',
      zip([{ name: 'a', content: 'xxxx', claimedBytes: 2 }]),
      'longer than the directory says',
    ],
    ['an entry shorter than it says', zip([{ name: 'a', content: 'xxxx', claimedBytes: 9 }]), 'is cut off'],
    ['a link', zip([{ name: 'a', content: '/etc/passwd', mode: 0o120777 }]), '"a" is a link'],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(unpack(bytes, (name) => name)).rejects.toThrow(message);
  });
});
