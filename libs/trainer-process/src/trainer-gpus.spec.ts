import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trainerGpus } from './trainer-gpus.js';

let folder: string;
let entry: string;
const problems: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trainer-gpus-'));
  entry = path.join(folder, 'gpus.mjs');
  problems.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function ask(program: string, hasDriver: boolean | undefined = true): Promise<string[]> {
  await writeFile(entry, program);
  return trainerGpus({ env: { ASKED: 'yes' }, onProblem: (line) => problems.push(line), hasDriver, entry });
}

describe('trainerGpus', () => {
  it('gives what the trainer’s program answers in the trainer’s environment', async () => {
    const program = `console.log(JSON.stringify(process.env.ASKED === 'yes' && !process.env.PATH ? ['GPU-a', 'GPU-b'] : []))`;
    expect(await ask(program)).toEqual(['GPU-a', 'GPU-b']);
    expect(problems).toEqual([]);
  });

  it('asks nobody where there is no driver', async () => {
    expect(await ask('process.exit(1)', false)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it.each([
    ['fails', 'process.exit(3)'],
    ['answers something else', 'console.log(JSON.stringify({ gpus: 2 }))'],
    ['answers nothing', ''],
  ])('assumes none and says so where the program %s', async (_, program) => {
    expect(await ask(program)).toEqual([]);
    expect(problems).toEqual([expect.stringContaining('trainers use the processor')]);
  });
});
