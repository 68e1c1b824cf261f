import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
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
 * Where only the hash's first digits are published, the whole one is written beside the file the first time that it is
 * seen (`NAME.sha256`, as sha256sum has it), and compared from then on; a person may put it there before.
 * @throws OperationalError where it cannot be had; the abort signal's reason
 */
export async function fetchPublished(request: PublishedFile): Promise<string> {
  const { url, cacheFolder, signal } = request;
  const name = new URL(url).pathname.split('/').at(-1)!;
  const folder = join(cacheFolder, 'weights');
  const file = join(folder, name);
  await mkdir(folder, { recursive: true });
  return withLock(`${file}.lock`, async () => {
    const pinned = { ...request, sha256: await wholeHash(file, request.sha256) };
    if (await exists(file)) {
      const wrong = `Delete ${file}: it is not the published file, or not the one whose hash is in ${name}.sha256.`;
      const actual = await checkHash(file, pinned, wrong);
      await noteHash(file, pinned.sha256, actual);
      return file;
    }
    let actual: string;
    try {
      actual = await bring(pinned, name, `${file}.part`);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof OperationalError) throw error;
      throw new OperationalError(`${name} could not be fetched: ${(error as Error).message}`, {
        remedy: `Check the network and HTTPS_PROXY, name a mirror by DISTILLERY_WEIGHTS_MIRROR, or put the file at ${file} by hand.`,
        cause: error,
      });
    }
    await rename(`${file}.part`, file);
    await noteHash(file, pinned.sha256, actual);
    return file;
  });
}

/** @returns its SHA-256 */
async function bring(request: PublishedFile, name: string, part: string): Promise<string> {
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
    return await checkHash(part, request, wrong);
  } catch (error) {
    if (resumed === 0) throw error;
    // Its first half may have been of another file, or damaged: once more, from the beginning.
    await download(request, name, part);
    return checkHash(part, request, wrong);
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

/** A file with another hash is removed, unless a person has put it there. @returns the whole hash */
async function checkHash(file: string, { sha256, signal }: PublishedFile, remedy: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  const actual = hash.digest('hex');
  if (actual.startsWith(sha256)) return actual;
  if (file.endsWith('.part')) await rm(file);
  const expected = sha256.length === actual.length ? sha256 : `${sha256} at its beginning (no more of it is published)`;
  throw new OperationalError(`the SHA-256 of ${file.replace(/\.part$/, '')} is ${actual}, expected ${expected}`, {
    remedy,
  });
}

/** The hash that is written beside a file, where there is one; else what is published of it. */
async function wholeHash(file: string, published: string): Promise<string> {
  const note = `${file}.sha256`;
  if (!(await exists(note))) return published;
  const text = await readFile(note, 'utf8');
  const noted = /^[0-9a-f]{64}(?=\s|$)/i.exec(text)?.[0].toLowerCase();
  if (noted?.startsWith(published)) return noted;
  const lacks = `does not say a SHA-256 that begins with ${published}, as the published file's does`;
  throw new OperationalError(`${note} ${lacks}`, { remedy: `Delete ${note}, or write the file's SHA-256 into it.` });
}

async function noteHash(file: string, known: string, actual: string): Promise<void> {
  if (known.length === actual.length) return;
  await writeFile(`${file}.sha256.part`, `${actual}  ${basename(file)}\n`);
  await rename(`${file}.sha256.part`, `${file}.sha256`);
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
