import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { OutputEntry, OutputStore, StoredChunk } from '#teacher-outputs';
import type { OutputLeases } from './output-leases.js';
import { SharedOutputs } from './shared-outputs.js';

const hashOf = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const entry = (output: 'logits' | 'features'): OutputEntry => ({
  address: hashOf(output),
  type: output === 'logits' ? 'float16' : 'float32',
  about: { network: 'resnet18', output, width: 2, images: '32 px, squash', engine: 'tensorflow 2.21.0, 2 threads' },
});
const chunk = { width: 2, hashes: [hashOf('image')], values: Float32Array.of(1, 2), deviceMs: 1 };

function shared() {
  const added: OutputEntry[] = [];
  const written = new Map<string, Uint8Array>();
  const local: OutputStore = {
    read: async () => [],
    exclusively: (_, work) => work(),
    add: async (entry, chunk): Promise<StoredChunk> => {
      added.push(entry);
      return { name: `${added.length}.rows`, chunk: { ...chunk, largestError: 0 } };
    },
  };
  const leased: string[] = [];
  const exclusively: OutputLeases['exclusively'] = (address, work) => {
    leased.push(address);
    return work();
  };
  const writeArtifact = async (kind: string, name: string, bytes: Uint8Array) => {
    expect(kind).toBe('other');
    written.set(name, bytes);
  };
  const context = { writeArtifact, log: () => undefined };
  return { store: new SharedOutputs(local, context, { exclusively }), added, written, leased };
}

describe('SharedOutputs', () => {
  it('keeps logits here, and gives them to the run as artifacts that say what they are', async () => {
    const { store, added, written } = shared();
    expect(await store.add(entry('logits'), chunk)).toMatchObject({ name: '1.rows' });
    await store.add(entry('logits'), chunk);
    const folder = `outputs/${hashOf('logits')}`;
    expect([...written.keys()]).toEqual([`${folder}/entry.json`, `${folder}/1.rows`, `${folder}/2.rows`]);
    expect(JSON.parse(Buffer.from(written.get(`${folder}/entry.json`)!).toString())).toEqual(entry('logits'));
    expect(added).toHaveLength(2);
  });

  it('keeps features here alone', async () => {
    const { store, added, written } = shared();
    await store.add(entry('features'), chunk);
    expect(added).toHaveLength(1);
    expect(written.size).toBe(0);
  });

  it('takes the lease of all machines for logits, and that of this one alone for features', async () => {
    const { store, leased } = shared();
    const options = { signal: new AbortController().signal };
    for (const output of ['logits', 'features'] as const) {
      expect(await store.exclusively(entry(output), async () => output, options)).toBe(output);
    }
    expect(leased).toEqual([hashOf('logits')]);
  });
});
