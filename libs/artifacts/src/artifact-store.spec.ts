import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArtifactsUrl } from '#config';
import { testS3Url } from '../../../test/services/test-services.js';
import { ArtifactStoreUnavailableError } from './artifact-errors.js';
import { artifactStoreContract } from './artifact-store.contract.js';
import { createArtifactStore } from './create-artifact-store.js';
import { FileArtifactStore } from './file-artifact-store.js';
import { S3ArtifactStore } from './s3-artifact-store.js';

const s3Url = await testS3Url();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'artifact-store-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

artifactStoreContract('a folder', async () => {
  const root = await mkdtemp(path.join(folder, 'contract-'));
  return {
    store: new FileArtifactStore(root),
    async names() {
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    },
    damage: (sha256, bytes) => writeFile(path.join(root, sha256.slice(0, 2), sha256.slice(2)), bytes),
  };
});

describe('an artifact store in a folder', () => {
  it('says what to do where the folder cannot be written to', async () => {
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    const error: unknown = await new FileArtifactStore(path.join(file, 'store'))
      .check()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ArtifactStoreUnavailableError);
    expect(error).toMatchObject({ remedy: expect.stringContaining('ARTIFACTS_URL'), cause: expect.any(Error) });
  });

  it('removes at its check what a killed process left half-written, once it is a day old', async () => {
    const root = path.join(folder, 'killed');
    await mkdir(path.join(root, 'incoming'), { recursive: true });
    const [old, young] = [path.join(root, 'incoming', 'old'), path.join(root, 'incoming', 'young')];
    await writeFile(old, 'x');
    await writeFile(young, 'x');
    const yesterday = Date.now() / 1000 - 25 * 3600;
    await utimes(old, yesterday, yesterday);
    await new FileArtifactStore(root).check();
    expect(await readdir(path.join(root, 'incoming'))).toEqual(['young']);
  });

  it('lets every user of the machine read what it stores', async () => {
    const root = path.join(folder, 'readable');
    const { sha256 } = await new FileArtifactStore(root).put(Readable.from([Buffer.from('x')]));
    await chmod(root, 0o755);
    expect((await stat(path.join(root, sha256.slice(0, 2), sha256.slice(2)))).mode & 0o444).toBe(0o444);
  });
});

if (s3Url === undefined) describe.skip('an artifact store in S3', () => it('needs an S3 store', () => undefined));
else {
  const location = parseArtifactsUrl(s3Url);
  if (location.kind !== 's3') throw new Error('not S3');
  const { bucket } = location;
  const client = new Client({
    endPoint: location.host,
    port: location.port,
    useSSL: location.tls,
    accessKey: location.accessKey,
    secretKey: location.secretKey,
    region: location.region,
  });
  const keysOf = async (listing: AsyncIterable<unknown>) => {
    const keys: string[] = [];
    for await (const entry of listing)
      keys.push(String((entry as { name?: string; key?: string }).name ?? (entry as { key: string }).key));
    return keys.sort();
  };
  const keyOf = (sha256: string) => `sha256/${sha256.slice(0, 2)}/${sha256.slice(2)}`;

  artifactStoreContract('S3', () =>
    Promise.resolve({
      store: new S3ArtifactStore(location, folder),
      names: async () => [
        ...(await keysOf(client.listObjectsV2(bucket, '', true))),
        ...(await readdir(folder)).filter((name) => name.startsWith('distillery-artifact-')),
      ],
      damage: async (sha256, bytes) => void (await client.putObject(bucket, keyOf(sha256), bytes, bytes.length)),
    }),
  );

  describe('an artifact store in S3', () => {
    it('makes its bucket where that is missing', async () => {
      const fresh = { ...location, bucket: `${bucket.slice(0, 50)}-made` };
      await new S3ArtifactStore(fresh).check();
      expect(await client.bucketExists(fresh.bucket)).toBe(true);
      await client.removeBucket(fresh.bucket);
    });

    it('leaves no part of an upload behind whose file changes meanwhile', async () => {
      const file = path.join(folder, 'changing');
      const bytes = randomBytes(40_000_000);
      await writeFile(file, bytes);
      const store = new S3ArtifactStore(location, folder);
      const before = await keysOf(client.listObjectsV2(bucket, '', true));
      const putting = store.put({ file });
      const outcome = expect(putting).rejects.toThrow(/changed while it was stored/);
      // The address is known, and the parts go up, once the multipart upload has begun.
      const first = createHash('sha256').update(bytes).digest('hex');
      await expect
        .poll(async () => keysOf(client.listIncompleteUploads(bucket, keyOf(first), true)), {
          interval: 5,
          timeout: 30_000,
        })
        .toHaveLength(1);
      await writeFile(file, randomBytes(40_000_000));
      await outcome;
      expect(await keysOf(client.listObjectsV2(bucket, '', true))).toEqual(before);
      expect(await keysOf(client.listIncompleteUploads(bucket, keyOf(first), true))).toEqual([]);
    });

    it.each([
      ['a wrong secret', { secretKey: 'hunter2hunter2' }, /keys/],
      ['a wrong port', { port: 1 }, /ARTIFACTS_URL/],
    ])('says what to do with %s, and shows no key', async (_, wrong, remedy) => {
      const store = createArtifactStore({ artifacts: { ...location, ...wrong } });
      for (const attempt of [() => store.check(), () => store.put(Readable.from([Buffer.from('x')]))]) {
        const error: unknown = await attempt().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(ArtifactStoreUnavailableError);
        expect(error).toMatchObject({ remedy: expect.stringMatching(remedy) });
        expect((error as Error).message).not.toMatch(/hunter2/);
      }
    });
  });
}
