import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArtifactSchema, listOf, type Artifact } from '#contracts';
import { PostgresAttemptStore } from '#persistence';
import { startTestApi, type TestApi } from '../../../../test/api.js';
import { beginRun } from '../../../../test/database.js';
import { byteRange } from './byte-range.js';

let api: TestApi;
let runId: string;
const bytes = randomBytes(100_000);
const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`;

beforeAll(async () => {
  api = await startTestApi();
  const begun = await beginRun(api.database.database, (await api.submit()).runs[0].id);
  ({ runId } = begun);
  const store = new PostgresAttemptStore(api.database.database);
  const add = async (name: string, kind: Artifact['kind'], content: Buffer) => {
    const stored = await api.artifacts.put(Readable.from([content]));
    await store.addArtifact(begun.token, { name, kind, ...stored });
  };
  await add('model/weights.safetensors', 'model', bytes);
  await add('report.html', 'report', Buffer.from('<!doctype html><script>alert(1)</script>'));
  await add('report.json', 'report', Buffer.from('{"a":1}'));
  await add('empty.txt', 'other', Buffer.alloc(0));
  await store.addArtifact(begun.token, { name: 'gone.bin', kind: 'other', sha256: 'a'.repeat(64), size: 3 });
});
afterAll(() => api.close());

async function download(name: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(`${api.url}/api/v1/runs/${runId}/artifacts/${name}`, { method, headers });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body };
}

describe('the files of a run', () => {
  it('are listed by name, each with a link to its bytes', async () => {
    const { body } = await api.get<{ items: Artifact[] }>(`runs/${runId}/artifacts`);
    const { items } = listOf(ArtifactSchema.strict()).parse(body);
    expect(items.map(({ name, size }) => [name, size])).toEqual([
      ['empty.txt', 0],
      ['gone.bin', 3],
      ['model/weights.safetensors', 100_000],
      ['report.html', 40],
      ['report.json', 7],
    ]);
    const { href } = items[2];
    expect(Buffer.from(await (await fetch(api.url + href)).arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('are downloaded whole, with their hash as ETag and as something to save', async () => {
    const whole = await download('model/weights.safetensors');
    expect(whole.status).toBe(200);
    expect(whole.body.equals(bytes)).toBe(true);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      etag,
      'content-length': '100000',
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="weights.safetensors"',
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-cache',
    });
    expect((await download('report.json')).headers.get('content-type')).toMatch(/^application\/json/);
    expect(await download('empty.txt')).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  it('are never shown as a page of this site: HTML is something to save', async () => {
    expect(Object.fromEntries((await download('report.html')).headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="report.html"',
      'x-content-type-options': 'nosniff',
    });
  });

  it('are named by encoded slashes, too', async () => {
    expect((await download('model%2Fweights.safetensors')).body.equals(bytes)).toBe(true);
  });

  it('are asked for by HEAD without their bytes', async () => {
    const head = await download('model/weights.safetensors', {}, 'HEAD');
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe('100000');
    expect(head.body).toHaveLength(0);
  });

  it('are not sent again to one who has them', async () => {
    const again = await download('model/weights.safetensors', { 'if-none-match': etag });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await download('model/weights.safetensors', { 'if-none-match': '"else"' })).status).toBe(200);
  });

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=99990-', 99_990, 100_000],
    ['bytes=-10', 99_990, 100_000],
    ['bytes=99990-200000', 99_990, 100_000],
    ['bytes=-200000', 0, 100_000],
  ])('are sent in part: %s', async (range, start, end) => {
    const part = await download('model/weights.safetensors', { range });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/100000`);
    expect(part.body.equals(bytes.subarray(start, end))).toBe(true);
  });

  it('are sent whole where the part belongs to other bytes', async () => {
    const headers = { range: 'bytes=0-9' };
    expect((await download('model/weights.safetensors', { ...headers, 'if-range': '"else"' })).status).toBe(200);
    expect((await download('model/weights.safetensors', { ...headers, 'if-range': etag })).status).toBe(206);
  });

  it('have no part beyond their end', async () => {
    const beyond = await download('model/weights.safetensors', { range: 'bytes=100000-' });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get('content-range')).toBe('bytes */100000');
  });

  it('are missed by name', async () => {
    expect(await download('nothing.bin')).toMatchObject({ status: 404 });
    const gone = await api.get<{ detail: string }>(`runs/${runId}/artifacts/gone.bin`);
    expect(gone.status).toBe(404);
    expect(gone.body.detail).toBe('the bytes of this artifact are gone from the artifact store');
    // A browser must not save the refusal under the file's name.
    expect(gone.headers.get('content-disposition')).toBeNull();
    expect(gone.headers.get('etag')).not.toBe(`"${'a'.repeat(64)}"`);
  });
});

describe('a byte range', () => {
  // RFC 9110, section 14.1.2, with its own examples of a representation of 10,000 bytes.
  it.each([
    ['bytes=0-499', { start: 0, end: 499 }],
    ['bytes=500-999', { start: 500, end: 999 }],
    ['bytes=-500', { start: 9500, end: 9999 }],
    ['bytes=9500-', { start: 9500, end: 9999 }],
    ['bytes=0-0,-1', undefined],
    ['bytes=5-2', undefined],
    ['lines=1-2', undefined],
    ['bytes=10000-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
  ])('of %s', (header, expected) => {
    expect(byteRange(header, 10_000)).toEqual(expected);
  });
});
