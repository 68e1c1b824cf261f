import { chmodSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageOf, RunSchema, type Run } from '#contracts';
import { freePort, startCommand, type RunningCommand } from '../command.js';
import { buildPrograms } from '../services/test-services.js';

const START_MS = 120_000;

let parent: string;
let data: string;
let port: number;

beforeAll(async () => {
  await buildPrograms();
  parent = await mkdtemp(path.join(os.tmpdir(), 'distillery-start-'));
  // Run by root, Postgres is another user, who must be able to enter the folder.
  chmodSync(parent, 0o755);
  data = path.join(parent, '.distillery');
  await mkdir(data);
  port = await freePort();
});
afterAll(() => rm(parent, { recursive: true, force: true }));

/** Up to the words of a platform that takes runs. Wholly embedded; small engine, as nothing has to end here. */
async function start(...more: string[]): Promise<RunningCommand> {
  const args = ['start', '--port', String(port), '--data', data, ...more];
  const platform = startCommand(args, parent, { DISTILLERY_ENGINE: 'cpu' });
  await platform.said('taking runs');
  return platform;
}

async function runs(): Promise<Run[]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/runs?sort=createdAt&order=asc`);
  return pageOf(RunSchema).parse(await response.json()).items;
}

describe.skipIf(process.platform === 'win32')('distillery start', () => {
  let first: Run[];

  it(
    'submits the three examples to an empty database, the student waiting for its teacher',
    { timeout: START_MS },
    async () => {
      const platform = await start();
      first = await runs();
      expect(first.map(({ experimentName }) => experimentName).sort()).toEqual([
        'distillation-cifar10',
        'logistic-cifar10',
        'transfer-cifar10',
      ]);
      const teacher = first.find(({ pipeline }) => pipeline === 'transfer');
      expect(first.find(({ pipeline }) => pipeline === 'distillation')).toMatchObject({
        state: 'waiting',
        teacherRunId: teacher?.id,
      });
      const page = await fetch(`http://127.0.0.1:${port}/`);
      expect(page.ok).toBe(true);
      platform.child.kill('SIGINT');
      const { code, stdout, stderr } = await platform.ended;
      expect(code, stdout + stderr).toBe(0);
    },
  );

  it('keeps everything and submits nothing when it starts again', { timeout: START_MS }, async () => {
    const platform = await start();
    expect((await runs()).map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    // As a power cut would end it.
    platform.child.kill('SIGKILL');
    await platform.ended;
  });

  it('takes over what a killed start has left', { timeout: START_MS }, async () => {
    const platform = await start();
    expect((await runs()).map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    platform.child.kill('SIGTERM');
    const { code, stdout, stderr } = await platform.ended;
    expect(code, stdout + stderr).toBe(0);
    const pointer = JSON.parse(await readFile(path.join(data, 'postgres.json'), 'utf8')) as { folder: string };
    expect(pointer.folder).toBe(path.join(data, 'postgres'));
  });
});
