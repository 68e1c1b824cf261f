import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { buildPrograms } from '../services/test-services.js';

const root = resolve(import.meta.dirname, '../..');
beforeAll(buildPrograms);

it('docs/engine.md shows an example that runs and learns', async () => {
  const page = await readFile(resolve(root, 'docs/engine.md'), 'utf8');
  const example = resolve(root, 'examples/captured-step.js');
  expect(/```js\n([^]*?)```/.exec(page)![1]).toBe(await readFile(example, 'utf8'));
  const run = promisify(execFile)(process.execPath, [example], { cwd: root });
  const { stdout } = await run;
  const [reason, ...lines] = stdout.split('\n');
  expect(reason).toMatch(/^(TensorFlow|WebAssembly)/);
  const loss = (step: number) =>
    Number(new RegExp(`^${step} (\\S+)$`).exec(lines.find((l) => l.startsWith(`${step} `))!)![1]);
  // Two classes at even odds: ln 2.
  expect(loss(0)).toBeCloseTo(Math.LN2, 5);
  expect(loss(50)).toBeLessThan(0.5);
});
