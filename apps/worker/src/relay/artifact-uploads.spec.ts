import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createArtifactStore, type ArtifactStore } from '#artifacts';
import { ArtifactUploads, type UploadOptions } from './artifact-uploads.js';

let base: string;
let folder: string;
let store: ArtifactStore;
let registered: { name: string; kind: string; sha256: string }[];
let broken: Error[];

beforeEach(() => {
  base = mkdtempSync(path.join(os.tmpdir(), 'artifact-uploads-'));
  folder = path.join(base, 'attempt');
  mkdirSync(folder);
  store = createArtifactStore({ artifacts: { kind: 'files', folder: path.join(base, 'artifacts') } });
  registered = [];
  broken = [];
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function uploads(options: Partial<UploadOptions> = {}): ArtifactUploads {
  return new ArtifactUploads({
    folder,
    store,
    flushed: () => Promise.resolve(),
    register: (artifact) => Promise.resolve(void registered.push(artifact)),
    onBroken: (error) => broken.push(error),
    onRetry: () => undefined,
    ...options,
  });
}

/** Writes as a trainer does: beside, then renamed. */
function write(name: string, text: string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
const announce = (name: string, kind: 'checkpoint' | 'model' = 'model') =>
  ({ type: 'artifact', kind, name, path: name }) as const;

const modifiedAt = (name: string) => statSync(path.join(folder, name)).mtimeMs;

async function textOf(sha256: string): Promise<string> {
  return readFile(path.join(base, 'artifacts', sha256.slice(0, 2), sha256.slice(2)), 'utf8');
}

/** A store that holds its uploads back until it is opened. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const gated: UploadOptions['store'] = { put: (source) => opened.then(() => store.put(source)) };
  return { gated, open };
}

describe('ArtifactUploads', () => {
  it('stores and registers files in the order in which they were announced', async () => {
    const under = uploads();
    for (const name of ['model/a', 'model/b', 'report.json']) {
      write(name, `text of ${name}`);
      under.add(announce(name));
    }
    await under.settled();
    expect(registered.map(({ name }) => name)).toEqual(['model/a', 'model/b', 'report.json']);
    expect(await Promise.all(registered.map(({ sha256 }) => textOf(sha256)))).toEqual([
      'text of model/a',
      'text of model/b',
      'text of report.json',
    ]);
    expect(readdirSync(path.join(folder, '.announced'))).toEqual([]);
  });

  it('keeps the bytes as they were announced, though the trainer replaces the file meanwhile', async () => {
    const { gated, open } = gate();
    const under = uploads({ store: gated });
    write('checkpoint', 'first');
    under.add(announce('checkpoint', 'checkpoint'));
    write('checkpoint', 'not announced yet');
    open();
    await under.settled();
    expect(await textOf(registered[0].sha256)).toBe('first');
  });

  it('skips checkpoints that a newer one has replaced before their turn came', async () => {
    const { gated, open } = gate();
    const under = uploads({ store: gated });
    for (let index = 0; index < 5; index++) {
      write('checkpoint', `number ${index}`);
      under.add(announce('checkpoint', 'checkpoint'));
    }
    open();
    await under.settled();
    expect(await Promise.all(registered.map(({ sha256 }) => textOf(sha256)))).toEqual(['number 0', 'number 4']);
  });

  it('leaves a file alone that has replaced the announced one: its own announcement comes', async () => {
    const under = uploads();
    write('checkpoint', 'first');
    const first = { ...announce('checkpoint', 'checkpoint'), modifiedAt: modifiedAt('checkpoint') };
    write('checkpoint', 'second');
    utimesSync(path.join(folder, 'checkpoint'), 1, 1);
    under.add(first);
    await under.settled();
    expect(registered).toEqual([]);
    under.add({ ...first, modifiedAt: modifiedAt('checkpoint') });
    await under.settled();
    expect(await textOf(registered[0].sha256)).toBe('second');
  });

  it('registers a checkpoint only when the metrics before it are written', async () => {
    let flush = () => {};
    const flushed = new Promise<void>((resolve) => (flush = resolve));
    let asked = () => {};
    const stored = new Promise<void>((resolve) => (asked = resolve));
    const under = uploads({
      flushed: () => {
        asked();
        return flushed;
      },
    });
    write('checkpoint', 'x');
    under.add(announce('checkpoint', 'checkpoint'));
    await stored;
    expect(registered).toEqual([]);
    flush();
    await under.settled();
    expect(registered).toHaveLength(1);
  });

  it('tries again while the store is away', async () => {
    let left = 2;
    const retries: string[] = [];
    const flaky: UploadOptions['store'] = {
      put: (source) => (left-- > 0 ? Promise.reject(new Error(`away ${left}`)) : store.put(source)),
    };
    const under = uploads({ store: flaky, onRetry: (error) => retries.push(error.message) });
    write('a', 'x');
    under.add(announce('a'));
    await under.settled();
    expect(retries).toEqual(['away 1', 'away 0']);
    expect([registered.length, broken.length]).toEqual([1, 0]);
  });

  it('gives up, as a failure of the surroundings, when the store stays away', async () => {
    const under = uploads({ store: { put: () => Promise.reject(new Error('away')) }, patienceMs: 10 });
    write('a', 'x');
    write('b', 'x');
    under.add(announce('a'));
    under.add(announce('b'));
    await under.settled();
    expect(broken.map(({ name, message }) => [name, message])).toEqual([
      ['OperationalError', 'Artifact a could not be stored: away'],
    ]);
    expect(registered).toEqual([]);
  });

  it('refuses what is missing, no file, or a way out of the folder', () => {
    writeFileSync(path.join(base, 'secret'), 'x');
    symlinkSync(path.join(base, 'secret'), path.join(folder, 'link'));
    symlinkSync(base, path.join(folder, 'way-out'));
    const under = uploads();
    mkdirSync(path.join(folder, 'model'));
    for (const name of ['missing', 'model', 'link', 'way-out/secret', 'missing/deeper']) {
      expect(() => under.add(announce(name))).toThrow();
    }
    expect(existsSync(path.join(base, 'artifacts'))).toBe(false);
  });

  it('says when what was announced so far is stored, whatever comes later', async () => {
    const going: (() => void)[] = [];
    const flushed = () => new Promise<void>((resolve) => going.push(resolve));
    const under = uploads({ flushed });
    await under.caughtUp();
    for (const name of ['one', 'two', 'three']) write(name, name);
    under.add(announce('one'));
    under.add(announce('two'));
    let told = false;
    const reached = under.caughtUp().then(() => (told = true));
    under.add(announce('three'));
    await expect.poll(() => going.length).toBe(1);
    going[0]();
    await expect.poll(() => going.length).toBe(2);
    expect(told).toBe(false);
    going[1]();
    await reached;
    expect(registered.map(({ name }) => name)).toEqual(['one', 'two']);
    under.close();
    going[2]?.();
  });
});
