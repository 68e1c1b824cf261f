import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineUnavailableError, loadEngine } from '../index.js';

let empty: string;
beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), 'distillery-load-'));
});
afterAll(() => rm(empty, { recursive: true, force: true }));

describe('importing the engine', () => {
  it('loads neither TensorFlow nor tfjs', () => {
    expect(process.env.TF_NUM_INTRAOP_THREADS).toBeUndefined();
    expect((globalThis as { _tfengine?: unknown })._tfengine).toBeUndefined();
  });
});

describe('loadEngine', () => {
  it('says in one error what keeps TensorFlow from running when it is asked for by name', async () => {
    const error = await loadEngine({ backend: 'tensorflow', cache: empty }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(EngineUnavailableError);
    expect((error as Error).message).toContain('run "distillery engine install"');
  });

  it('falls back to WebAssembly and says why in one line, once; the same engine is given again', async () => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const [engine, again] = await Promise.all([loadEngine({ cache: empty, log }), loadEngine({ cache: empty, log })]);
    expect(engine.backend).toBe('wasm');
    expect(again).toBe(engine);
    expect(lines).toEqual([engine.reason]);
    expect(engine.reason).toMatch(
      /^WebAssembly with SIMD, (one thread|\d threads): tensorflow does not run \(it is not installed: .*\)$/,
    );
    expect(engine.reason).not.toContain('\n');
    expect(engine.tf.add(1, 2).dataSync()[0]).toBe(3);
  });

  it('refuses another backend than the one that runs in this process', async () => {
    await expect(loadEngine({ backend: 'cpu', cache: empty })).rejects.toThrow('runs the wasm engine already');
  });
});
