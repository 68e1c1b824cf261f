import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../../../../test/api.js';

const page = '<!doctype html><title>Distillery</title>';

describe('the dashboard', () => {
  let folder: string;
  let api: TestApi;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-dashboard-'));
    await mkdir(path.join(folder, 'assets'));
    await writeFile(path.join(folder, 'index.html'), page);
    await writeFile(path.join(folder, 'favicon.svg'), '<svg/>');
    await writeFile(path.join(folder, 'assets', 'index-a1b2.js'), 'export {};');
    api = await startTestApi({ dashboard: folder });
  });
  afterAll(async () => {
    await api.close();
    await rm(folder, { recursive: true });
  });

  const get = (at: string, init: RequestInit = {}) => fetch(`${api.url}${at}`, init);

  it.each(['/', '/runs', '/runs/01930000-0000-7000-8000-000000000000?tab=logs', '/schedules/new', '/modelshop'])(
    'is the one page at %s, asked for anew each time',
    async (at) => {
      const response = await get(at, { headers: { accept: 'text/html' } });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(await response.text()).toBe(page);
    },
  );

  it('has assets that are kept for good, and other files that are not', async () => {
    const asset = await get('/assets/index-a1b2.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-type')).toMatch(/javascript/);
    const icon = await get('/favicon.svg');
    expect(icon.headers.get('cache-control')).toBe('no-cache');
    expect(icon.headers.get('content-type')).toMatch(/svg/);
  });

  it.each(['/assets/index-old.js', '/robots.txt', '/api', '/api/v1/nothing', '/api/v2/runs', '/health', '/assets'])(
    'is not there at %s: a missing file must not look like a page',
    async (at) => {
      const response = await get(at, { headers: { accept: 'text/html' } });
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    },
  );

  it('is read only, and gives nothing from outside its folder', async () => {
    expect((await get('/runs', { method: 'POST' })).status).toBe(404);
    for (const at of [
      '/..%2f..%2f..%2fetc%2fpasswd',
      '/assets/..%2f..%2f..%2fetc%2fpasswd',
      '/%2e%2e%5cpackage.json',
    ]) {
      const response = await get(at);
      expect(response.status).toBeGreaterThanOrEqual(400);
    }
    expect(await (await get('/..%2fx')).text()).not.toContain('root:');
  });

  it('may load and call what is of this origin, and nothing else', async () => {
    const policy = (await get('/')).headers.get('content-security-policy') ?? '';
    expect(policy.split(';')).toEqual(
      expect.arrayContaining([
        "default-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    // On http://, a browser that asked for https instead would find nobody.
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect((await get('/')).headers.get('strict-transport-security')).toBeNull();
  });
});

it('an origin that people reach by https asks for https', async () => {
  const api = await startTestApi({ env: { PUBLIC_ORIGIN: 'https://distillery.example.org' } });
  try {
    const { headers } = await fetch(`${api.url}/health/live`);
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d+/);
    expect(headers.get('content-security-policy')).toContain('upgrade-insecure-requests');
  } finally {
    await api.close();
  }
});

it('without a built dashboard the api serves, and says what makes one', async () => {
  const api = await startTestApi({ dashboard: path.join(os.tmpdir(), 'nobody-built-this') });
  try {
    expect(api.lines.join('')).toContain('npm run build');
    expect((await fetch(`${api.url}/`)).status).toBe(404);
    expect((await api.get('runs')).status).toBe(200);
  } finally {
    await api.close();
  }
});
