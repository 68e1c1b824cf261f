import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { OperationalError } from '#contracts';
import { withLock } from '#engine';
import type { FetchOptions } from './pretrained-source.js';
import { publicGet } from './public-request.js';

export interface PublishedFile extends FetchOptions {
  url: string;
  /** SHA-256 of the file, hex, or its first digits, at least eight. */
  sha256: string;
  /** Larger than this it is not. */
  maxBytes: number;
}

/**
 * Makes one published file available in the cache and returns its path. It is fetched once, from where it is published or
 * from the mirror, a folder or a URL, which holds it under the same name; a download that was cut off goes on where it
 * was. What does not have the hash is thrown away. Put by hand at the place that the error names, it is found as well.
 * @throws OperationalError where it cannot be had; the abort signal's reason
 */
export async function fetchPublished(request: PublishedFile): Promise<string> {
  const { url, cacheFolder, signal } = request;
  const name = new URL(url).pathname.split('/').at(-1)!;
  const folder = join(cacheFolder, 'weights');
  const file = join(folder, name);
  await mkdir(folder, { recursive: true });
  return withLock(`${file}.lock`, async () => {
    if (await exists(file)) {
      await checkHash(file, request, `Delete ${file}: it is not the published file.`);
      return file;
    }
    try {
      await bring(request, name, `${file}.part`);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof OperationalError) throw error;
      throw new OperationalError(`${name} could not be fetched: ${(error as Error).message}`, {
        remedy: `Check the network and HTTPS_PROXY, name a mirror by DISTILLERY_WEIGHTS_MIRROR, or put the file at ${file} by hand.`,
        cause: error,
      });
    }
    await rename(`${file}.part`, file);
    return file;
  });
}

async function bring(request: PublishedFile, name: string, part: string): Promise<void> {
  const { mirror, maxBytes } = request;
  const wrong = 'Another file is published there now, or a proxy or mirror has changed it.';
  if (mirror !== undefined && !/^https?:/i.test(mirror)) {
    const source = join(mirror.startsWith('file:') ? fileURLToPath(mirror) : mirror, name);
    if ((await stat(source)).size > maxBytes) throw new Error(`${source} has more than ${maxBytes} bytes`);
    await copyFile(source, part);
    return checkHash(part, request, wrong);
  }
  const resumed = await sizeOf(part);
  await download(request, name, part);
  try {
    await checkHash(part, request, wrong);
  } catch (error) {
    if (resumed === 0) throw error;
    // Its first half may have been of another file, or damaged: once more, from the beginning.
    await download(request, name, part);
    await checkHash(part, request, wrong);
  }
}

/** Adds to the part what it lacks. */
async function download(request: PublishedFile, name: string, part: string): Promise<void> {
  const { url, mirror, maxBytes, signal, onProgress } = request;
  const place = mirror === undefined ? new URL(url) : new URL(name, mirror.endsWith('/') ? mirror : `${mirror}/`);
  let have = await sizeOf(part);
  const headers: Record<string, string> = { 'user-agent': 'distillery' };
  if (have > 0) headers.range = `bytes=${have}-`;
  onProgress?.({ phase: 'download' });
  const trustedOrigin = mirror === undefined ? undefined : place.origin;
  const answer = await publicGet(place, { headers, trustedOrigin, signal });
  const { statusCode } = answer;
  if (statusCode === 416) {
    // Nothing is behind what there is: it is whole, or of another file.
    answer.destroy();
    return;
  }
  if (statusCode !== 200 && statusCode !== 206) {
    answer.destroy();
    throw new Error(`${place.host} answers ${statusCode} for ${place.pathname}`);
  }
  const continues = answer.headers['content-range']?.startsWith(`bytes ${have}-`);
  if (statusCode === 206 && continues !== true) {
    answer.destroy();
    throw new Error(`${place.host} answers with another part of the file than was asked for`);
  }
  if (statusCode === 200) have = 0;
  const announced = Number(answer.headers['content-length'] ?? 0);
  const tooLarge = () => new Error(`${place.host} sends more than ${maxBytes} bytes`);
  if (have + announced > maxBytes) {
    answer.destroy();
    throw tooLarge();
  }
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      have += chunk.length;
      if (have > maxBytes) return done(tooLarge());
      done(null, chunk);
    },
  });
  await pipeline(answer, counted, createWriteStream(part, { flags: statusCode === 206 ? 'a' : 'w' }), { signal });
}

/** A file with another hash is removed, unless a person has put it there. */
async function checkHash(file: string, { sha256, signal }: PublishedFile, remedy: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  const actual = hash.digest('hex');
  if (actual.startsWith(sha256)) return;
  if (file.endsWith('.part')) await rm(file);
  throw new OperationalError(`the SHA-256 of ${file.replace(/\.part$/, '')} is ${actual}, expected ${sha256}`, {
    remedy,
  });
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
