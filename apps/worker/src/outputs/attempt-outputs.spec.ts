import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createArtifactStore, type ArtifactStore } from '#artifacts';
import type { OutputLeaseAnswer } from '#contracts';
import { DatabaseUnavailableError, type OutputLeaseHolder, type SharedOutput } from '#persistence';
import { AttemptOutputs, type AttemptOutputsOptions } from './attempt-outputs.js';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const address = hashOf('a teacher');
const other: OutputLeaseHolder = { runId: 'another run', worker: 'there' };

let base: string;
let artifacts: ArtifactStore;
let outputs: AttemptOutputs | undefined;
beforeEach(() => {
  base = mkdtempSync(path.join(os.tmpdir(), 'attempt-outputs-'));
  artifacts = createArtifactStore({ artifacts: { kind: 'files', folder: path.join(base, 'artifacts') } });
});
afterEach(async () => {
  await outputs?.close();
  rmSync(base, { recursive: true, force: true });
});

/** An attempt whose database is what `store` says. */
function attempt(store: Partial<AttemptOutputsOptions['store']>, more: Partial<AttemptOutputsOptions> = {}) {
  const answers: OutputLeaseAnswer[] = [];
  const notes: string[] = [];
  const released: string[] = [];
  outputs = new AttemptOutputs({
    token: 'token',
    store: {
      take: async () => undefined,
      files: async () => [],
      release: async (address) => void released.push(address),
      ...store,
    },
    artifacts,
    cacheFolder: path.join(base, 'cache'),
    signal: new AbortController().signal,
    answer: (answer) => answers.push(answer),
    caughtUp: () => Promise.resolve(),
    note: (_, message) => notes.push(message),
    patienceMs: 20,
    ...more,
  });
  const lease = (request: number) => outputs!.lease({ type: 'output-lease', request, address });
  const release = () => outputs!.release({ type: 'output-release', address });
  return { lease, release, answers, notes, released };
}

async function chunk(text: string): Promise<SharedOutput> {
  const stored = await artifacts.put(Readable.from([Buffer.from(text)]));
  return { name: `outputs/${address}/${hashOf(text)}.rows`, ...stored };
}

describe('AttemptOutputs', () => {
  it('answers with the rows that others have shared in the cache, whoever has the lease', async () => {
    const files = [await chunk('one')];
    let holder: OutputLeaseHolder | undefined = other;
    const { lease, answers } = attempt({ take: async () => holder, files: async () => files });
    await lease(0);
    expect(existsSync(path.join(base, 'cache', files[0].name))).toBe(true);
    files.push(await chunk('two'), await chunk('three'));
    holder = undefined;
    await lease(1);
    expect(answers).toEqual([
      { type: 'output-lease', request: 0, state: 'elsewhere', holder: other, brought: 1 },
      { type: 'output-lease', request: 1, state: 'held', holder: undefined, brought: 2 },
    ]);
    for (const { name } of files) expect(existsSync(path.join(base, 'cache', name))).toBe(true);
  });

  it('renews what it holds, until it is given back', async () => {
    let taken = 0;
    const { lease, release, released } = attempt({ take: async () => void taken++ }, { renewEveryMs: 5 });
    await lease(0);
    await expect.poll(() => taken).toBeGreaterThan(3);
    await release();
    expect(released).toEqual([address]);
    const before = taken;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(taken).toBe(before);
  });

  it('gives it back when what was computed under it is with the platform, and not if it is wanted again', async () => {
    const uploads: (() => void)[] = [];
    const caughtUp = () => new Promise<void>((resolve) => uploads.push(resolve));
    const { lease, release, released } = attempt({}, { caughtUp });
    await lease(0);
    const giving = release();
    expect(released).toEqual([]);
    await lease(1);
    uploads[0]();
    await giving;
    expect(released).toEqual([]);
    const last = release();
    uploads[1]();
    await last;
    expect(released).toEqual([address]);
  });

  it.each([
    ['is away', () => Promise.reject(new DatabaseUnavailableError('away'))],
    ['says nothing', () => new Promise<undefined>(() => undefined)],
    ['fails', () => Promise.reject(new Error('a defect'))],
  ])('lets the trainer compute where the database %s', async (_, take) => {
    const { lease, answers, notes } = attempt({ take });
    await lease(0);
    await lease(1);
    expect(answers.map(({ state }) => state)).toEqual(['unavailable', 'unavailable']);
    expect(notes).toEqual([expect.stringMatching(/^Who else asks the teacher is not known: /)]);
  });

  it('gives back what it got too late', async () => {
    let arrive = () => {};
    const take = () => new Promise<undefined>((resolve) => (arrive = () => resolve(undefined)));
    const { lease, answers, released } = attempt({ take });
    await lease(0);
    arrive();
    await expect.poll(() => released).toEqual([address]);
    expect(answers[0].state).toBe('unavailable');
  });

  it('answers without rows where they cannot be had', async () => {
    const lost = { name: `outputs/${address}/${hashOf('lost')}.rows`, sha256: hashOf('nowhere'), size: 1 };
    const { lease, answers, notes } = attempt({ files: async () => [lost] });
    await lease(0);
    await lease(1);
    expect(answers).toMatchObject([{ state: 'held', brought: 0 }, { state: 'held' }]);
    expect(notes).toHaveLength(1);
  });
});
