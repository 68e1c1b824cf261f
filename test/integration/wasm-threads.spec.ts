import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { buildPrograms } from '../services/test-services.js';

// In processes of their own: an engine is loaded once per process, and what is looked at is how they end.
beforeAll(async () => void (await buildPrograms()));

const program = resolve(import.meta.dirname, '../processes/wasm-engine.js');
const run = (options: { threads: number; fail?: boolean }) =>
  promisify(execFile)(process.execPath, [program, JSON.stringify(options)], { timeout: 30_000 });

it('runs on as many threads as asked for, up to eight, and ends by itself', async () => {
  const started = [];
  for (const threads of [1, 2, 9]) {
    const { stdout, stderr } = await run({ threads });
    expect(stderr).toBe('');
    started.push(JSON.parse(stdout) as { reason: string; threads: number; bits: string });
  }
  expect(started.map(({ threads }) => threads)).toEqual([1, 2, 8]);
  expect(started.map(({ reason }) => reason)).toEqual([
    'WebAssembly with SIMD, one thread',
    'WebAssembly with SIMD, 2 threads',
    'WebAssembly with SIMD, 8 threads',
  ]);
  const again = await run({ threads: 2 });
  expect((JSON.parse(again.stdout) as { bits: string }).bits).toBe(started[1]!.bits);
});

it.each([1, 2])('ends with the error that nobody catches, readably, on %i thread(s)', async (threads) => {
  const failed = (await run({ threads, fail: true }).catch((error: unknown) => error)) as {
    code: number;
    stderr: string;
  };
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('nobody catches this');
  expect(failed.stderr.length).toBeLessThan(2_000);
});
