import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'minio';
import { withoutPassword, type ArtifactsLocation } from '#config';
import type { ArtifactStore, StoredArtifact } from './artifact-store.js';
import {
  ArtifactNotFoundError,
  ArtifactStoreUnavailableError,
  assertAddress,
  checkedRange,
} from './artifact-errors.js';
import { Measured } from './measured.js';
import { opened } from './opened.js';

/** Larger files go up in parts of this size: what is held in memory at once. Bytes; S3 asks for 5 MiB at least. */
const PART_BYTES = 16 * 1024 * 1024;
/** S3's limit: larger files need larger parts. */
const MAX_PARTS = 10_000;
/** One request (at most one part) that takes longer counts as failed, ms. */
const REQUEST_MS = 120_000;

/**
 * Artifacts as objects `sha256/ab/cdef…` of a bucket. The address is known before the first byte goes up: a stream is
 * spooled to the local disk first. So a source that fails never touches the bucket, bytes that are there already don't
 * travel, and the bytes that do are checked on the way: an object appears whole and right, or not at all.
 */
export class S3ArtifactStore implements ArtifactStore {
  private readonly client: Client;

  constructor(
    private readonly location: Extract<ArtifactsLocation, { kind: 's3' }>,
    private readonly spoolFolder: string = os.tmpdir(),
  ) {
    this.client = new Client({
      endPoint: location.host,
      port: location.port,
      useSSL: location.tls,
      accessKey: location.accessKey,
      secretKey: location.secretKey,
      region: location.region,
      pathStyle: true,
    });
  }

  async put(source: Readable | { file: string }): Promise<StoredArtifact> {
    if (!(source instanceof Readable)) return this.putFile(source.file);
    const spool = path.join(this.spoolFolder, `distillery-artifact-${randomUUID()}`);
    try {
      await pipeline(source, createWriteStream(spool, { flags: 'wx', mode: 0o600 }));
      return await this.putFile(spool);
    } finally {
      source.destroy();
      await rm(spool, { force: true });
    }
  }

  async get(sha256: string, range?: { start: number; end?: number }): Promise<Readable> {
    assertAddress(sha256);
    const { bucket } = this.location;
    if (range === undefined) {
      const bytes = await this.ask('read', this.client.getObject(bucket, keyOf(sha256)), sha256);
      return opened(bytes, sha256, (error) => this.translated(error, 'read'));
    }
    const found = await this.stat(sha256);
    if (found === undefined) throw new ArtifactNotFoundError(sha256);
    const { start, end } = checkedRange(range, found.size);
    const length = end - start + 1;
    const bytes = await this.ask('read', this.client.getPartialObject(bucket, keyOf(sha256), start, length), sha256);
    return opened(bytes, undefined, (error) => this.translated(error, 'read'));
  }

  async stat(sha256: string): Promise<{ size: number } | undefined> {
    assertAddress(sha256);
    try {
      const { size } = await this.ask('read', this.client.statObject(this.location.bucket, keyOf(sha256)), sha256);
      return { size };
    } catch (error) {
      if (error instanceof ArtifactNotFoundError) return undefined;
      throw error;
    }
  }

  async check(): Promise<void> {
    const { bucket, region } = this.location;
    if (!(await this.ask('reached', this.client.bucketExists(bucket)))) {
      await this.ask('made a bucket for', this.client.makeBucket(bucket, region));
    }
    const probe = `probe/${randomUUID()}`;
    await this.ask('written', this.client.putObject(bucket, probe, 'probe', 5));
    await this.ask('written', this.client.removeObject(bucket, probe));
  }

  private async putFile(file: string): Promise<StoredArtifact> {
    const stored = await measure(file);
    if ((await this.stat(stored.sha256))?.size === stored.size) return stored;
    const handle = await open(file, 'r');
    try {
      if (stored.size <= PART_BYTES) await this.upload(handle, stored);
      else await this.uploadInParts(handle, stored);
    } finally {
      await handle.close();
    }
    return stored;
  }

  private async upload(handle: FileHandle, stored: StoredArtifact): Promise<void> {
    const bytes = await readPart(handle, 0, stored.size);
    const { sha256 } = stored;
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw changed();
    await this.ask('stored', this.client.putObject(this.location.bucket, keyOf(sha256), bytes, bytes.length));
  }

  private async uploadInParts(handle: FileHandle, { sha256, size }: StoredArtifact): Promise<void> {
    const { bucket } = this.location;
    const key = keyOf(sha256);
    const partBytes = Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS));
    const uploadId = await this.ask('stored', this.client.initiateNewMultipartUpload(bucket, key, {}));
    try {
      const hash = createHash('sha256');
      const parts: { part: number; etag: string }[] = [];
      for (let start = 0; start < size; start += partBytes) {
        const bytes = await readPart(handle, start, Math.min(partBytes, size - start));
        hash.update(bytes);
        const part = parts.length + 1;
        const config = { bucketName: bucket, objectName: key, uploadID: uploadId, partNumber: part, headers: {} };
        const { etag } = await this.ask('stored', this.client.uploadPart(config, bytes));
        parts.push({ part, etag });
      }
      if (hash.digest('hex') !== sha256) throw changed();
      await this.ask('stored', this.client.completeMultipartUpload(bucket, key, uploadId, parts));
    } catch (error) {
      // The parts that are up already would otherwise be kept, and paid for, unseen.
      await this.client.abortMultipartUpload(bucket, key, uploadId).catch(() => undefined);
      throw error;
    }
  }

  /** One request: bounded in time, its errors ours. */
  private async ask<T>(doing: string, request: Promise<T>, sha256?: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${REQUEST_MS / 1000} s`)), REQUEST_MS);
    });
    try {
      return await Promise.race([request, late]);
    } catch (error) {
      const { code } = error as { code?: string };
      if (sha256 !== undefined && (code === 'NoSuchKey' || code === 'NotFound'))
        throw new ArtifactNotFoundError(sha256);
      throw this.translated(error, doing);
    } finally {
      clearTimeout(timer);
    }
  }

  private translated(error: unknown, doing: string): unknown {
    if (error instanceof ArtifactStoreUnavailableError) return error;
    const { host, port, bucket } = this.location;
    const { code } = error as { code?: string };
    const reason = withoutPassword((error as Error).message || (code ?? 'unknown error'));
    return new ArtifactStoreUnavailableError(`Artifacts cannot be ${doing} at ${host}:${port}/${bucket}: ${reason}`, {
      cause: error,
      remedy: /AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch/.test(code ?? '')
        ? 'Check the keys in ARTIFACTS_URL or S3_ACCESS_KEY and S3_SECRET_KEY, and what they are allowed to do.'
        : 'Check ARTIFACTS_URL, and that the store runs and can be reached from here.',
    });
  }
}

function keyOf(sha256: string): string {
  return `sha256/${sha256.slice(0, 2)}/${sha256.slice(2)}`;
}

async function measure(file: string): Promise<StoredArtifact> {
  const measured = new Measured();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(file), measured, nowhere);
  return measured.result!;
}

async function readPart(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) throw changed();
    done += bytesRead;
  }
  return bytes;
}

function changed(): Error {
  return new Error('The file changed while it was stored: nothing was kept.');
}
