import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArtifactNotFoundError, createArtifactStore, type ArtifactStore } from '#artifacts';
import { TeacherCache } from './teacher-cache.js';

let base: string;
let store: ArtifactStore;
let reads: number;

beforeEach(() => {
  base = mkdtempSync(path.join(os.tmpdir(), 'teacher-cache-'));
  store = createArtifactStore({ artifacts: { kind: 'files', folder: path.join(base, 'artifacts') } });
  reads = 0;
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const options = { signal: new AbortController().signal };
const counted: Pick<ArtifactStore, 'get'> = {
  get: (sha256) => {
    reads++;
    return store.get(sha256);
  },
};
const cache = (mostBytes?: number) => new TeacherCache(path.join(base, 'cache'), counted, mostBytes);
const copies = () => readdirSync(path.join(base, 'cache', 'teachers'));

async function teacher(text: string) {
  const files = [];
  for (const [name, content] of [
    ['model/model.json', `{"of":"${text}"}`],
    ['model/weights.safetensors', text.repeat(1000)],
  ]) {
    files.push({ name, ...(await store.put(Readable.from([Buffer.from(content)]))) });
  }
  return files;
}

describe('TeacherCache', () => {
  it('gives each attempt files of its own, and fetches them once', async () => {
    const files = await teacher('a');
    const under = cache();
    const folders = [
      await under.provide(files, path.join(base, 'one'), options),
      await under.provide(files, path.join(base, 'two'), options),
    ];
    for (const folder of folders) {
      expect(readFileSync(path.join(folder, 'model.json'), 'utf8')).toBe('{"of":"a"}');
      expect(readFileSync(path.join(folder, 'weights.safetensors'), 'utf8')).toBe('a'.repeat(1000));
    }
    expect(reads).toBe(2);
    // An attempt that ends removes its own, no more.
    rmSync(path.join(base, 'one'), { recursive: true });
    expect(existsSync(path.join(folders[1], 'model.json'))).toBe(true);
  });

  it('serves attempts that ask at once', async () => {
    const files = await teacher('a');
    const under = cache();
    const targets = Array.from({ length: 6 }, (_, index) => path.join(base, `target-${index}`));
    for (const folder of await Promise.all(targets.map((target) => under.provide(files, target, options)))) {
      expect(readFileSync(path.join(folder, 'model.json'), 'utf8')).toBe('{"of":"a"}');
    }
    expect(copies()).toHaveLength(1);
  });

  it('makes room by those that were not used for longest, never by the one in use', async () => {
    const [a, b, c] = [await teacher('a'), await teacher('b'), await teacher('c')];
    const under = cache(2500);
    await under.provide(a, path.join(base, 'a1'), options);
    await under.provide(b, path.join(base, 'b1'), options);
    await under.provide(a, path.join(base, 'a2'), options);
    await under.provide(c, path.join(base, 'c1'), options);
    expect(copies()).toHaveLength(2);
    const before = reads;
    await under.provide(a, path.join(base, 'a3'), options);
    expect(reads).toBe(before);
    expect(existsSync(path.join(base, 'b1', 'model', 'model.json'))).toBe(true);
    await cache(10).provide(b, path.join(base, 'b2'), options);
    expect(copies()).toHaveLength(1);
  });

  it('keeps nothing of a teacher that is not whole in the store', async () => {
    const files = await teacher('a');
    const missing = createHash('sha256').update('nowhere').digest('hex');
    const broken = [files[0], { ...files[1], sha256: missing }];
    await expect(cache().provide(broken, path.join(base, 'x'), options)).rejects.toThrow(ArtifactNotFoundError);
    expect(copies()).toEqual([]);
  });

  it('stops fetching when the attempt is ended', async () => {
    const stop = new AbortController();
    const stuck: Pick<ArtifactStore, 'get'> = {
      get: () => Promise.resolve(new Readable({ read: () => queueMicrotask(() => stop.abort(new Error('ended'))) })),
    };
    const under = new TeacherCache(path.join(base, 'cache'), stuck);
    const files = await teacher('a');
    await expect(under.provide(files, path.join(base, 'x'), { signal: stop.signal })).rejects.toThrow('ended');
  });

  it('refuses a name that would leave the folder', async () => {
    const [file] = await teacher('a');
    const hostile = [{ ...file, name: '../../evil' }];
    await expect(cache().provide(hostile, path.join(base, 'x'), options)).rejects.toThrow();
    expect(copies()).toEqual([]);
  });
});
