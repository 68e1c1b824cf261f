import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { writePictureFolder } from '../browser/picture-folder.js';
import { freePort, startCommand, type EndedCommand, type RunningCommand } from '../command.js';
import { buildPrograms, createTestDatabase, type TestDatabase } from '../services/test-services.js';

let folder: string;
beforeAll(() => buildPrograms());
beforeEach(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-cli-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A command as a person runs it, in `folder`, told of no service but those in `env`. */
const start = (args: readonly string[], env?: Record<string, string>): RunningCommand =>
  startCommand(args, folder, env);
const distillery = (...args: string[]): Promise<EndedCommand> => start(args).ended;

/** A port of 127.0.0.1 at which something listens that never answers. */
async function silentServer(): Promise<{ port: number; server: Server; connected: Promise<unknown> }> {
  const server = createServer(() => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { port: (server.address() as AddressInfo).port, server, connected: once(server, 'connection') };
}

/** A stack trace has lines such as `    at file:line:column`. */
const NO_STACK = /^(?![^]*\n\s+at )/;

describe('a mistake', () => {
  it.each([
    ['a command that there is not', ['trian'], 2, /Did you mean train\?/],
    ['an option that there is not', ['ls', '--sate', 'running'], 2, /Did you mean --state\?/],
    ['a subcommand that there is not', ['schedules', 'pausse', 'x'], 2, /did you mean "schedules pause"/],
    ['a value that is not among the choices', ['ls', '--state', 'done'], 2, /Allowed choices are/],
    ['a spec file that is not there', ['train', 'missing.yaml'], 2, /there is no file missing\.yaml/],
    ['a folder instead of a spec file', ['submit', '.'], 2, /is a folder/],
    ['a folder of images that is not there', ['train', '--pipeline', 'transfer', '--data', 'nowhere'], 2, /nowhere/],
    [
      'an out folder that is a file',
      ['train', '--pipeline', 'transfer', '--data', 'x', '--out', 'a-file'],
      2,
      /--out: a-file .* it is a file/,
    ],
    ['a data folder that is a file', ['start', '--data', 'a-file'], 2, /--data: .*a-file .* it is a file/],
    ['no model to predict with', ['predict', 'a.jpg'], 2, /either --run or --model/],
    ['a model folder that is not there', ['predict', '--model', 'nowhere', 'a.jpg'], 2, /there is no folder nowhere/],
    ['what is no run', ['show', 'not a run'], 2, /"not a run" is not a run/],
    ['what is no URL', ['ls', '--url', 'localhost:3000'], 2, /is not the URL of a server/],
    ['a server that is down', ['ls', '--url', 'http://127.0.0.1:9'], 3, /no Distillery server answers/],
    ['an environment without what the api needs', ['api'], 2, /DATABASE_URL is missing[^]*ARTIFACTS_URL is missing/],
    ['an environment without what a worker needs', ['worker'], 2, /DATABASE_URL is missing/],
  ] as const)('is said in words, and in the exit code: %s', async (_, args, code, words) => {
    await writeFile(path.join(folder, 'a-file'), '');
    const ended = await distillery(...args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(words);
    expect(ended.stderr).toMatch(NO_STACK);
  });

  it('in a spec is shown at its line, all of them at once', async () => {
    await writeFile(
      path.join(folder, 'spec.yaml'),
      'name: a\npipeline: transfer\ndatset: { name: cifar10 }\nseeds: x\n',
    );
    const { code, stderr } = await distillery('train', 'spec.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^spec\.yaml:3:1: error: datset: unknown key; did you mean "dataset"\?/m);
    expect(stderr).toMatch(/^spec\.yaml:4:1: error: seeds: /m);
    expect(stderr).toMatch(NO_STACK);
  });

  it('in the syntax of a spec is shown at its line', async () => {
    await writeFile(path.join(folder, 'spec.yaml'), 'name: a\n  pipeline: [transfer\n');
    const { code, stderr } = await distillery('submit', 'spec.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/spec\.yaml:\d+:\d+: error/);
  });

  it('such as a port that is taken keeps start from beginning, with a way out', async () => {
    const { port, server } = await silentServer();
    const { code, stderr } = await distillery('start', '--port', String(port));
    server.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`port ${port} of 127.0.0.1 is taken[^]*--port ${port + 1}`));
    expect(stderr).toMatch(NO_STACK);
  });
});

describe('distillery doctor', () => {
  it('looks at everything, and gives JSON', async () => {
    const port = String(await freePort());
    const { code, stdout } = await start(['doctor', '--no-speed', '--json'], { PORT: port }).ended;
    const report = JSON.parse(stdout) as { ok: boolean; checks: { name: string; status: string; remedy?: string }[] };
    const names = report.checks.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['Node', 'engine', 'pip', 'compiler', 'GPU', 'memory', 'trainers', 'port', 'Postgres']),
    );
    expect(report.checks.filter(({ status, remedy }) => status !== 'ok' && remedy === undefined)).toEqual([]);
    expect(code).toBe(report.ok ? 0 : 1);
  });

  it('fails, and says what to do, where a port is taken and services are not there', async () => {
    const { port, server } = await silentServer();
    const nowhere = await freePort();
    const { code, stdout, stderr } = await start(['doctor', '--no-speed'], {
      PORT: String(port),
      DATABASE_URL: `postgres://someone:a-secret@127.0.0.1:${nowhere}/x`,
      QUEUE_URL: `redis://127.0.0.1:${nowhere}`,
      ARTIFACTS_URL: `s3://127.0.0.1:${nowhere}/bucket`,
    }).ended;
    server.close();
    expect(code).toBe(1);
    expect(stdout).toMatch(/✖ port .* is taken by another program\n\s+→ .*--port/);
    for (const name of ['Postgres', 'Redis', 'S3']) {
      expect(stdout).toMatch(new RegExp(`✖ ${name} .*connection refused\\n\\s+→ `));
    }
    expect(stderr).toContain('4 things will not work');
    expect(stdout + stderr).not.toContain('a-secret');
  });
});

describe('distillery engine', () => {
  it('doctor says which engine trains here, in JSON too', async () => {
    const { code, stdout } = await distillery('engine', 'doctor', '--json');
    const report = JSON.parse(stdout) as { backend: string; trainers: object; speed: object };
    expect(code).toBe(report.backend === 'tensorflow' ? 0 : 1);
    expect(report.trainers).toEqual({ slots: expect.any(Number), threads: expect.any(Number), gpus: [] });
    expect(report.speed).toMatchObject({ matmulGflops: expect.any(Number), imagesPerSecond: expect.any(Number) });
  });

  it('doctor does without measuring where that is not wanted', async () => {
    const { stdout } = await distillery('engine', 'doctor', '--no-speed');
    expect(stdout).toMatch(/^trainers +\d+ at once, each with \d+ threads?/m);
    expect(stdout).not.toMatch(/^speed/m);
  });

  it('install says in words why it cannot, where pip is missing', async () => {
    const env = { PATH: folder, DISTILLERY_CACHE: path.join(folder, 'cache') };
    const { code, stdout, stderr } = await start(['engine', 'install'], env).ended;
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/pip was not found[^]*remedy: Install Python/);
    expect(stderr).toMatch(NO_STACK);
  });
});

describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  it('ends a command that waits for a server, with 130', async () => {
    const { port, server, connected } = await silentServer();
    const { child, ended } = start(['ls', '--url', `http://127.0.0.1:${port}`]);
    await connected;
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, stdout: '', stderr: '' });
    server.close();
  });

  it('keeps a checkpoint of a training, which --resume goes on from', async () => {
    await writePictureFolder(path.join(folder, 'photos'), 16);
    const train = ['train', '--pipeline', 'transfer', '--data', 'photos', '--backbone', 'small_cnn', '--out', 'out'];
    const options = ['--weights', 'none', '--size', '32', '--batch-size', '4', '--threads', '1'];
    const first = start([...train, ...options, '--epochs', '3000']);
    await first.said('Epoch 1 of 3000');
    first.child.kill('SIGINT');
    const cancelled = await first.ended;
    expect(cancelled.code).toBe(130);
    expect(cancelled.stderr).toContain('--resume');
    const record = JSON.parse(await readFile(path.join(folder, 'out/run.json'), 'utf8')) as unknown;
    expect(record).toMatchObject({ state: 'cancelled', checkpoint: 'checkpoint.safetensors' });
    const again = await distillery(...train, ...options, '--epochs', '3000');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('"--resume" goes on') as string });
    const second = start([...train, ...options, '--epochs', '3000', '--resume']);
    await second.said('Continuing from the checkpoint at step');
    second.child.kill('SIGINT');
    expect((await second.ended).code).toBe(130);
    const lines = (await readFile(path.join(folder, 'out/metrics.jsonl'), 'utf8')).trim().split('\n');
    const steps = lines.map((line) => (JSON.parse(line) as { step: number }).step);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });
});

describe('a training without a server', () => {
  it('leaves a folder that explains itself, and a model that predict finds by its name', async () => {
    await writePictureFolder(path.join(folder, 'photos'), 16);
    const train = [
      'train',
      '--pipeline',
      'transfer',
      '--data',
      'photos',
      '--backbone',
      'small_cnn',
      '--weights',
      'none',
    ];
    const options = ['--name', 'colours', '--size', '32', '--batch-size', '8', '--epochs', '4', '--json'];
    const trained = await distillery(...train, ...options);
    expect(trained.code).toBe(0);
    const [{ report }] = JSON.parse(trained.stdout) as { report: { test: { top1: number } } }[];
    const out = path.join(folder, 'runs', 'colours');
    const files = await readdir(out);
    const expected = ['README.md', 'config.yaml', 'log.txt', 'metrics.jsonl', 'report.html', 'report.json', 'run.json'];
    expect(files.sort()).toEqual([...expected, 'checkpoint.safetensors', 'model'].sort());
    expect(JSON.parse(await readFile(path.join(out, 'report.json'), 'utf8'))).toEqual(report);
    const readme = await readFile(path.join(out, 'README.md'), 'utf8');
    for (const file of files.filter((name) => name !== 'README.md')) expect(readme).toContain(file.replace(/\..*/, ''));

    await writeFile(path.join(folder, 'bad.jpg'), 'no image');
    const images = ['photos/moss/0.png', 'bad.jpg', 'missing.jpg'];
    const nowhere = { DISTILLERY_URL: `http://127.0.0.1:${await freePort()}` };
    const predicted = await start(['predict', '--run', 'latest:colours', '--json', ...images], nowhere).ended;
    expect(predicted.code).toBe(1);
    expect(predicted.stderr).toContain('2 of 3 images could not be read');
    const predictions = JSON.parse(predicted.stdout) as { classes: { name: string }[]; error?: string }[];
    expect(predictions.map(({ classes, error }) => [classes.length, error === undefined])).toEqual([
      [3, true],
      [0, false],
      [0, false],
    ]);
    const unknown = await start(['predict', '--run', 'latest:else', 'bad.jpg'], nowhere).ended;
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toMatch(/no completed run "else" in \.\/runs, and no Distillery server answers/);
  });
});

describe('distillery api and worker', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await createTestDatabase()));
  afterAll(() => database.drop());

  const environment = (port: number): Record<string, string> => ({
    DATABASE_URL: database.url,
    ARTIFACTS_URL: pathToFileURL(path.join(folder, 'artifacts')).href,
    PORT: String(port),
  });
  const isLive = (port: number) =>
    fetch(`http://127.0.0.1:${port}/health/live`).then(
      (response) => response.ok,
      () => false,
    );

  it.skipIf(process.platform === 'win32')('serve as the environment says until they are asked to stop', async () => {
    const port = await freePort();
    const api = start(['api'], environment(port));
    await api.said('listening on');
    expect(await isLive(port)).toBe(true);
    const second = await start(['api'], environment(port)).ended;
    expect(second.code).toBe(1);
    expect(second.stdout + second.stderr).toMatch(/port \d+ of 127\.0\.0\.1 is taken/);
    expect(second.stdout + second.stderr).toMatch(NO_STACK);
    const listed = await start(['ls', '--json'], { DISTILLERY_URL: `http://127.0.0.1:${port}` }).ended;
    expect(listed).toMatchObject({ code: 0, stdout: '[]\n' });
    api.child.kill('SIGTERM');
    expect((await api.ended).code).toBe(0);
    expect(await isLive(port)).toBe(false);
  });

  it.skipIf(process.platform === 'win32')('end with the command that runs them, however it ends', async () => {
    const port = await freePort();
    const api = start(['api'], environment(port));
    await api.said('listening on');
    api.child.kill('SIGKILL');
    await vi.waitFor(async () => expect(await isLive(port)).toBe(false), { timeout: 15_000 });
    await api.ended;
  });
});
