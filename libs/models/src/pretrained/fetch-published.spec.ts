import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperationalError } from '#contracts';
import { fetchPublished, type PublishedFile } from './fetch-published.js';

const content = randomBytes(100_000);
const digest = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
const sha256 = digest(content);

describe('fetchPublished', () => {
  let cacheFolder: string;
  let server: Server;
  let mirror: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let asked: IncomingMessage[];

  beforeEach(async () => {
    cacheFolder = mkdtempSync(join(tmpdir(), 'published-'));
    asked = [];
    answer = serve;
    server = createServer((request, response) => {
      asked.push(request);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(cacheFolder, { recursive: true });
  });

  /** The file, or the part of it that is asked for. */
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from >= content.length) return response.writeHead(416).end();
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from, ...(from > 0 ? range : {}) });
    response.end(content.subarray(from));
  };
  const place = () => join(cacheFolder, 'weights', 'net-12345678.pth');
  const note = () => `${place()}.sha256`;
  const fetch = (more: Partial<PublishedFile> = {}) =>
    fetchPublished({
      url: 'https://weights.example/models/net-12345678.pth',
      sha256,
      maxBytes: 200_000,
      cacheFolder,
      mirror,
      ...more,
    });

  it('fetches once, by the name that the file has where it is published', async () => {
    expect(await fetch()).toBe(place());
    expect(await fetch({ sha256: sha256.slice(0, 8) })).toBe(place());
    expect(readFileSync(place()).equals(content)).toBe(true);
    expect(asked.map(({ url }) => url)).toEqual(['/models/net-12345678.pth']);
  });

  it('notes the whole hash where its first digits alone are published, and compares it from then on', async () => {
    // Of two digits: another file with eight of them takes minutes to find.
    const published = sha256.slice(0, 2);
    await fetch({ sha256: published });
    expect(readFileSync(note(), 'utf8')).toBe(`${sha256}  net-12345678.pth\n`);
    let forged = 0;
    while (!digest(`${forged}`).startsWith(published)) forged++;
    writeFileSync(place(), `${forged}`);
    await expect(fetch({ sha256: published })).rejects.toMatchObject({
      message: expect.stringContaining(`is ${digest(`${forged}`)}, expected ${sha256}`),
      remedy: expect.stringContaining('not the one whose hash is in net-12345678.pth.sha256'),
    });
    writeFileSync(place(), content);
    expect(await fetch({ sha256: published })).toBe(place());
  });

  it('compares the whole hash that a person has put there with the first download', async () => {
    const published = { sha256: sha256.slice(0, 8) };
    mkdirSync(join(cacheFolder, 'weights'));
    writeFileSync(note(), 'none');
    await expect(fetch(published)).rejects.toMatchObject({
      message: `${note()} does not say a SHA-256 that begins with ${published.sha256}, as the published file's does`,
      remedy: expect.stringContaining(`Delete ${note()}`),
    });
    const other = `${sha256.slice(0, 63)}${sha256.endsWith('0') ? '1' : '0'}`;
    writeFileSync(note(), other);
    await expect(fetch(published)).rejects.toThrow(`is ${sha256}, expected ${other}`);
    writeFileSync(note(), sha256.toUpperCase());
    expect(await fetch(published)).toBe(place());
  });

  it('says that no more than the first digits are published', async () => {
    await expect(fetch({ sha256: '12345678' })).rejects.toThrow(
      /expected 12345678 at its beginning \(no more of it is/,
    );
  });

  it('fetches once for many who ask at once', async () => {
    await Promise.all([fetch(), fetch(), fetch()]);
    expect(asked).toHaveLength(1);
  });

  it('goes on where it was cut off', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 60_000), () => setTimeout(() => response.destroy(), 50));
    };
    await expect(fetch()).rejects.toThrow(OperationalError);
    const kept = readFileSync(`${place()}.part`).length;
    expect(kept).toBeGreaterThan(0);
    answer = serve;
    await fetch();
    expect(asked.at(-1)!.headers.range).toBe(`bytes=${kept}-`);
    expect(readFileSync(place()).equals(content)).toBe(true);
  });

  it('begins anew where the first part was of something else, or all of it is there already', async () => {
    await fetch();
    for (const part of [randomBytes(5000), content, randomBytes(100_000)]) {
      rmSync(place());
      writeFileSync(`${place()}.part`, part);
      await fetch();
      expect(readFileSync(place()).equals(content)).toBe(true);
    }
  });

  it('refuses another file, and keeps nothing of it', async () => {
    const other = fetch({ sha256: '12345678' });
    await expect(other).rejects.toThrow(`is ${sha256}, expected 12345678`);
    await expect(other).rejects.toBeInstanceOf(OperationalError);
    expect([existsSync(place()), existsSync(`${place()}.part`)]).toEqual([false, false]);
  });

  it('refuses more bytes than the file can have, announced or not', async () => {
    await expect(fetch({ maxBytes: 99_999 })).rejects.toThrow(/sends more than 99999 bytes/);
    answer = (_, response) => {
      const more = () => void response.write(content, more);
      more();
    };
    await expect(fetch()).rejects.toThrow(/sends more than 200000 bytes/);
    expect(readFileSync(`${place()}.part`).length).toBeLessThanOrEqual(200_000);
  });

  it('says what to do where there is nothing', async () => {
    answer = (_, response) => response.writeHead(404).end();
    const nothing = fetch();
    await expect(nothing).rejects.toThrow(/net-12345678\.pth could not be fetched: 127\.0\.0\.1:\d+ answers 404/);
    await expect(nothing).rejects.toMatchObject({
      remedy: expect.stringContaining(`put the file at ${place()} by hand`),
    });
    await expect(nothing).rejects.toMatchObject({ remedy: expect.stringContaining('DISTILLERY_WEIGHTS_MIRROR') });
  });

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'https://127.0.0.1:1/x',
    'https://localhost:1/x',
    'file:///etc/passwd',
  ])('does not follow a redirect to %s', async (location) => {
    answer = (_, response) => response.writeHead(302, { location }).end();
    await expect(fetch()).rejects.toThrow(/is a private address|is no address of HTTPS/);
  });

  it('does not follow redirects for ever', async () => {
    answer = (_, response) => response.writeHead(302, { location: mirror }).end();
    await expect(fetch()).rejects.toThrow(/redirects more than 5 times/);
    expect(asked).toHaveLength(6);
  });

  it('takes it from a folder, and from its own place if a person has put it there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mirror-'));
    writeFileSync(join(folder, 'net-12345678.pth'), content);
    await fetch({ mirror: folder });
    writeFileSync(place(), content);
    await fetch({ mirror: join(folder, 'nowhere') });
    writeFileSync(place(), 'something else');
    await expect(fetch({ mirror: folder })).rejects.toMatchObject({
      remedy: expect.stringContaining(`Delete ${place()}`),
    });
    expect(existsSync(place())).toBe(true);
    rmSync(folder, { recursive: true });
    expect(asked).toEqual([]);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    answer = (_, response) => {
      response.write(content.subarray(0, 10));
      controller.abort(new Error('enough'));
    };
    await expect(fetch({ signal: controller.signal })).rejects.toThrow('enough');
  });
});
