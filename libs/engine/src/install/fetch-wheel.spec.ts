import { createHash } from 'node:crypto';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPrograms } from '../../../../test/services/test-services.js';
import { fetchWheel } from './fetch-wheel.js';
import { findPip, resumeArguments } from './pip.js';
import type { Wheel } from './wheel.js';
import { zipFile } from './zip-file.js';

const pip = await findPip();

const wheelWith = (library: string) =>
  zipFile([
    { name: 'tiny/library.so', content: library, stored: true },
    { name: 'tiny-1.0.dist-info/METADATA', content: 'Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n' },
    { name: 'tiny-1.0.dist-info/WHEEL', content: 'Wheel-Version: 1.0\nTag: py3-none-any\n' },
    { name: 'tiny-1.0.dist-info/RECORD', content: '' },
  ]);
const ARCHIVE = wheelWith('library'.repeat(40_000));
const TINY: Wheel = {
  requirement: 'tiny==1.0',
  platformTag: 'any',
  sha256: createHash('sha256').update(ARCHIVE).digest('hex'),
  bytes: ARCHIVE.length,
};
const FILE = 'tiny-1.0-py3-none-any.whl';

let folder: string;
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distillery-wheel-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

/**
 * A package index as PEP 503 has it, with this one wheel; gives the environment of a person whose pip is told to use it.
 * @param serve answers the request for the wheel
 */
async function index(serve: (response: ServerResponse) => void): Promise<NodeJS.ProcessEnv> {
  server = createServer((request, response) => {
    if (request.url === '/simple/tiny/') {
      response.setHeader('content-type', 'text/html').end(`<a href="/files/${FILE}">${FILE}</a>`);
    } else if (request.url === `/files/${FILE}`) serve(response);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...process.env,
    PIP_INDEX_URL: `http://127.0.0.1:${port}/simple/`,
    PIP_RETRIES: '0',
    PIP_CONFIG_FILE: '/dev/null',
  };
}

const whole = (response: ServerResponse) => response.setHeader('content-length', ARCHIVE.length).end(ARCHIVE);
/** Half of it, and then the connection breaks. */
const half = (response: ServerResponse) => {
  response.setHeader('content-length', ARCHIVE.length);
  response.write(ARCHIVE.subarray(0, ARCHIVE.length / 2), () => response.destroy());
};

describe.skipIf(pip === undefined)('fetching a wheel with pip', () => {
  it('takes it from the index that pip is configured to use, and fetches it once', async () => {
    let served = 0;
    const env = await index((response) => {
      served++;
      whole(response);
    });
    const kept = await fetchWheel(TINY, { folder, env });
    expect((await readFile(kept)).equals(ARCHIVE)).toBe(true);
    expect(await fetchWheel(TINY, { folder, env })).toBe(kept);
    expect(served).toBe(1);
    expect(await readdir(folder)).toEqual(['tiny-1.0-any.whl']);
  });

  it('takes one that lies in the cache without pip and without a network', async () => {
    await writeFile(join(folder, 'tiny-1.0-any.whl'), ARCHIVE);
    expect(await fetchWheel(TINY, { folder, env: { PATH: folder } })).toBe(join(folder, 'tiny-1.0-any.whl'));
  });

  it('keeps nothing of a download that was cut off, or finishes it where pip can; the next try has it', async () => {
    let served = 0;
    const env = await index((response) => (served++ === 0 ? half(response) : whole(response)));
    const first = await fetchWheel(TINY, { folder, env }).catch((error: unknown) => error);
    if (typeof first !== 'string') {
      expect(first).toMatchObject({ failure: 'download-failed', remedy: expect.stringContaining('network') });
      expect(await readdir(folder)).toEqual([]);
    }
    expect((await readFile(await fetchWheel(TINY, { folder, env }))).equals(ARCHIVE)).toBe(true);
  });

  it('refuses what an index serves under the right name with another hash, and keeps nothing of it', async () => {
    const env = await index((response) => response.end(wheelWith('evil')));
    await expect(fetchWheel(TINY, { folder, env })).rejects.toMatchObject({ failure: 'hash-mismatch' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('clears away what a killed download left, and begins again', async () => {
    await buildPrograms();
    let asked: () => void;
    const reached = new Promise<void>((resolve) => (asked = resolve));
    let slow = true;
    const env = await index((response) => {
      if (!slow) return whole(response);
      response.setHeader('content-length', ARCHIVE.length);
      response.write(ARCHIVE.subarray(0, 1000), () => asked());
    });
    const program = resolve(import.meta.dirname, '../../../../test/processes/fetch-wheel.js');
    const child = spawn(process.execPath, [program, JSON.stringify({ wheel: TINY, folder })], { env, stdio: 'ignore' });
    await reached;
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^download\./)]);
    slow = false;
    await fetchWheel(TINY, { folder, env });
    expect(await readdir(folder)).toEqual(['tiny-1.0-any.whl']);
  });
});

describe.runIf(process.platform === 'linux')('the pip that is there', () => {
  it.each([
    ['24.0', []],
    ['25.0.1', []],
    ['25.1', ['--resume-retries', '20']],
    ['26.0', ['--resume-retries', '20']],
  ])('is asked, as %s, to resume where it can', async (version, expected) => {
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin', 'pip3'), `#!/bin/sh\necho "pip ${version} from somewhere"\n`);
    await chmod(join(folder, 'bin', 'pip3'), 0o755);
    expect(resumeArguments((await findPip({ PATH: join(folder, 'bin') }))!)).toEqual(expected);
  });

  it.skipIf(pip === undefined || resumeArguments(pip).length === 0)('knows the option that it is given', async () => {
    const { stdout } = await promisify(execFile)(pip!.command, [...pip!.args, 'download', '--help']);
    expect(stdout).toContain('--resume-retries');
  });
});
