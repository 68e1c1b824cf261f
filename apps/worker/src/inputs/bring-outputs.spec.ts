import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createArtifactStore, type ArtifactStore } from '#artifacts';
import { bringOutputs } from './bring-outputs.js';

let base: string;
let store: ArtifactStore;
let notes: string[];
beforeEach(() => {
  base = mkdtempSync(path.join(os.tmpdir(), 'bring-outputs-'));
  store = createArtifactStore({ artifacts: { kind: 'files', folder: path.join(base, 'artifacts') } });
  notes = [];
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const cache = () => path.join(base, 'cache');
const options = () => ({
  signal: new AbortController().signal,
  note: (level: string, message: string) => void notes.push(`${level}: ${message}`),
});
async function shared(name: string, content: string) {
  return { name, ...(await store.put(Readable.from([Buffer.from(content)]))) };
}
const chunk = (content: string) => shared(`outputs/${hashOf('a teacher')}/${hashOf(content)}.rows`, content);

describe('bringOutputs', () => {
  it('puts files where this machine looks for them, each once', async () => {
    const files = [
      await chunk('one'),
      await chunk('two'),
      await shared(`outputs/${hashOf('a teacher')}/entry.json`, '{}'),
    ];
    expect(await bringOutputs(files, cache(), store, options())).toBe(3);
    for (const { name, sha256 } of files) {
      expect(hashOf(readFileSync(path.join(cache(), name), 'utf8'))).toBe(sha256);
    }
    expect(await bringOutputs(files, cache(), store, options())).toBe(0);
    expect(readdirSync(path.join(cache(), 'outputs', hashOf('a teacher')))).toHaveLength(3);
    expect(notes).toEqual([]);
  });

  it('goes on without what is lost, and says so', async () => {
    const lost = { ...(await chunk('one')), sha256: hashOf('nowhere') };
    expect(await bringOutputs([lost], cache(), store, options())).toBe(0);
    expect(notes).toEqual([expect.stringMatching(/^warn: What the teacher has said before could not be brought/)]);
    expect(existsSync(path.join(cache(), lost.name))).toBe(false);
    expect(readdirSync(path.join(cache(), 'outputs', hashOf('a teacher')))).toEqual([]);
  });

  it('writes nowhere else, whatever a name says', async () => {
    const names = ['../evil', 'outputs/../../evil', `outputs/${hashOf('x')}/evil.sh`, 'model/weights.safetensors'];
    const files = await Promise.all(names.map((name) => shared(name, 'evil')));
    expect(await bringOutputs(files, cache(), store, options())).toBe(0);
    expect(existsSync(cache())).toBe(false);
    expect(existsSync(path.join(base, 'evil'))).toBe(false);
  });

  it('stops when the attempt is ended', async () => {
    const stop = new AbortController();
    stop.abort(new Error('ended'));
    const files = [await chunk('one')];
    const bringing = bringOutputs(files, cache(), store, { ...options(), signal: stop.signal });
    await expect(bringing).rejects.toThrow('ended');
  });
});
