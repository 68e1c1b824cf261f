import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ArtifactAddressError,
  ArtifactCorruptError,
  ArtifactNotFoundError,
  ArtifactRangeError,
} from './artifact-errors.js';
import type { ArtifactStore } from './artifact-store.js';

export interface StoreUnderTest {
  store: ArtifactStore;
  /** Everything that the store keeps, visible or half-written. */
  names(): Promise<string[]>;
  /** Overwrites an artifact's bytes past the store. */
  damage(sha256: string, bytes: Buffer): Promise<void>;
}

/** What every artifact store guarantees and refuses. */
export function artifactStoreContract(adapter: string, open: () => Promise<StoreUnderTest>): void {
  describe(`an artifact store in ${adapter}`, () => {
    let under: StoreUnderTest;
    let store: ArtifactStore;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), 'artifact-contract-'));
      under = await open();
      store = under.store;
      await store.check();
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    const read = async (sha256: string, range?: { start: number; end?: number }) =>
      buffer(await store.get(sha256, range));
    async function inFile(bytes: Buffer): Promise<{ file: string }> {
      const file = path.join(folder, randomBytes(8).toString('hex'));
      await writeFile(file, bytes);
      return { file };
    }

    it.each([
      ['nothing at all', 0],
      ['one byte', 1],
      ['a megabyte', 1_000_003],
      ['more than one part of an upload', 40_000_019],
    ])('returns %s as it was stored, from a stream and from a file', async (_, size) => {
      const [one, two] = [randomBytes(size), randomBytes(size)];
      const fromStream = await store.put(Readable.from(chunks(one), { objectMode: false }));
      expect(fromStream).toEqual({ sha256: sha256Of(one), size });
      expect((await read(fromStream.sha256)).equals(one)).toBe(true);
      const fromFile = await store.put(await inFile(two));
      expect(fromFile).toEqual({ sha256: sha256Of(two), size });
      expect((await read(fromFile.sha256)).equals(two)).toBe(true);
      expect(await store.stat(fromFile.sha256)).toEqual({ size });
    });

    it('keeps the same bytes once, however often and at once they are stored', async () => {
      const bytes = randomBytes(300_000);
      const before = await under.names();
      const source = await inFile(bytes);
      const stored = await Promise.all(
        Array.from({ length: 6 }, (_, i) => store.put(i % 2 === 0 ? Readable.from([bytes]) : source)),
      );
      expect(new Set(stored.map(({ sha256 }) => sha256))).toEqual(new Set([sha256Of(bytes)]));
      expect(await under.names()).toHaveLength(before.length + 1);
      expect((await read(sha256Of(bytes))).equals(bytes)).toBe(true);
    });

    it('keeps nothing of a source that fails, and says why it failed', async () => {
      const before = await under.names();
      const bytes = randomBytes(1_000_000);
      const failing = Readable.from(
        (async function* () {
          for (let i = 0; i < 30; i++) yield await Promise.resolve(bytes);
          throw new Error('the camera was unplugged');
        })(),
        { objectMode: false },
      );
      await expect(store.put(failing)).rejects.toThrow('the camera was unplugged');
      expect(await under.names()).toEqual(before);
    });

    it('keeps nothing of a source that is destroyed half way', async () => {
      const before = await under.names();
      const endless = new Readable({
        read() {
          this.push(randomBytes(65_536));
        },
      });
      let seen = 0;
      endless.on('data', (chunk: Buffer) => {
        seen += chunk.length;
        if (seen > 20_000_000) endless.destroy();
      });
      await expect(store.put(endless)).rejects.toThrow(/premature|destroyed/i);
      expect(await under.names()).toEqual(before);
    });

    it('keeps nothing of a source that has failed before it was read', async () => {
      const before = await under.names();
      const broken = new Readable({ read: () => undefined });
      const storing = expect(store.put(broken)).rejects.toThrow('no such camera');
      broken.destroy(new Error('no such camera'));
      await storing;
      expect(await under.names()).toEqual(before);
    });

    it('says which file is missing, and keeps nothing', async () => {
      const before = await under.names();
      const file = path.join(folder, 'nowhere');
      await expect(store.put({ file })).rejects.toThrow(/ENOENT.*nowhere/);
      expect(await under.names()).toEqual(before);
    });

    it('reads ranges, both ends included', async () => {
      const bytes = randomBytes(100_000);
      const { sha256 } = await store.put(Readable.from([bytes]));
      expect((await read(sha256, { start: 0, end: 0 })).equals(bytes.subarray(0, 1))).toBe(true);
      expect((await read(sha256, { start: 1000, end: 1999 })).equals(bytes.subarray(1000, 2000))).toBe(true);
      expect((await read(sha256, { start: 99_990 })).equals(bytes.subarray(99_990))).toBe(true);
      expect((await read(sha256, { start: 99_990, end: 200_000 })).equals(bytes.subarray(99_990))).toBe(true);
      for (const range of [{ start: 100_000 }, { start: -1 }, { start: 5, end: 4 }, { start: 0.5 }]) {
        await expect(store.get(sha256, range)).rejects.toThrow(ArtifactRangeError);
      }
    });

    it('refuses what is not an address, before it looks anywhere', async () => {
      const address = sha256Of(randomBytes(4));
      const none = [
        '',
        'x',
        '../../../etc/passwd',
        address.toUpperCase(),
        `${address}0`,
        `../${address.slice(3)}`,
        `${address}\n`,
      ];
      for (const sha256 of none) {
        await expect(store.get(sha256)).rejects.toThrow(ArtifactAddressError);
        await expect(store.stat(sha256)).rejects.toThrow(ArtifactAddressError);
      }
    });

    it('says that an artifact is not there', async () => {
      const absent = sha256Of(randomBytes(32));
      expect(await store.stat(absent)).toBeUndefined();
      await expect(store.get(absent)).rejects.toThrow(ArtifactNotFoundError);
      await expect(store.get(absent, { start: 0 })).rejects.toThrow(ArtifactNotFoundError);
    });

    it('fails loudly where the bytes were changed or cut', async () => {
      const bytes = randomBytes(200_000);
      const { sha256 } = await store.put(Readable.from([bytes]));
      await under.damage(sha256, bytes.subarray(0, 150_000));
      await expect(read(sha256)).rejects.toThrow(ArtifactCorruptError);
      const flipped = Buffer.from(bytes);
      flipped[77] ^= 1;
      await under.damage(sha256, flipped);
      await expect(read(sha256)).rejects.toThrow(ArtifactCorruptError);
    });

    it('mends an artifact that was cut when its bytes are stored again', async () => {
      const bytes = randomBytes(50_000);
      const { sha256 } = await store.put(Readable.from([bytes]));
      await under.damage(sha256, bytes.subarray(0, 10));
      await store.put(Readable.from([bytes]));
      expect((await read(sha256)).equals(bytes)).toBe(true);
    });

    it('can be left in the middle of reading', async () => {
      const { sha256 } = await store.put(Readable.from([randomBytes(5_000_000)]));
      const reading = await store.get(sha256);
      for await (const chunk of reading) {
        expect((chunk as Buffer).length).toBeGreaterThan(0);
        break;
      }
      expect(reading.destroyed).toBe(true);
    });

    it('proves that it can be written to, and leaves no trace of that', async () => {
      const before = await under.names();
      await store.check();
      expect(await under.names()).toEqual(before);
    });
  });
}

function* chunks(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 100_000) yield bytes.subarray(start, start + 100_000);
}
