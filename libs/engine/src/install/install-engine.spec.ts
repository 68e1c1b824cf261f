import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BINDING_FILE } from './compile-binding.js';
import { engineFolder, findEngine, MANIFEST_FILE } from './find-engine.js';
import { EngineInstallError } from './install-error.js';
import { installEngine, type InstallOptions } from './install-engine.js';
import { cudaTarget, type EngineTarget, engineTarget } from './platform.js';

// Only linux-x64 and linux-arm64 get further than "not available here".
const onLinux = process.platform === 'linux';

let folder: string;
let path: string | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distillery-install-'));
  path = process.env.PATH;
  await mkdir(join(folder, 'bin'));
});
afterEach(async () => {
  process.env.PATH = path;
  await rm(folder, { recursive: true, force: true });
});

/** A PATH with nothing but these programs, each a shell script. */
async function onlyPrograms(programs: Record<string, string>): Promise<void> {
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, 'bin', name), 0o755);
  }
  process.env.PATH = [join(folder, 'bin'), dirname(process.execPath) + '-none'].join(delimiter);
}

async function failure(options: InstallOptions = {}): Promise<EngineInstallError> {
  const error = await installEngine({ cache: join(folder, 'cache'), ...options }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(EngineInstallError);
  return error as EngineInstallError;
}

const COMPILER = 'exit 0';
/** A pip that answers `--version` and puts a file of these words where the download goes. */
const pipThat = (download: string) => `
case "$*" in *--version*) echo "pip 24.0 from somewhere"; exit 0;; esac
while [ "$1" != --dest ]; do shift; done
dest="$2"
${download}`;

describe.runIf(onLinux)('installEngine', () => {
  it('says in one line that pip is missing, and what to do', async () => {
    await onlyPrograms({ 'g++': COMPILER });
    const error = await failure();
    expect(error.failure).toBe('no-pip');
    expect(error.message).toBe('pip was not found, so TensorFlow cannot be fetched');
    expect(error.remedy).toContain('python3-pip');
    expect(error.message + error.remedy).not.toContain('\n');
  });

  it('says that the C++ compiler is missing when only the machine’s own is wanted, before it fetches anything', async () => {
    await onlyPrograms({ pip3: pipThat('exit 1') });
    const error = await failure({ compiler: 'system' });
    expect(error.failure).toBe('no-compiler');
    expect(error.remedy).toContain('--compiler zig');
  });

  it('refuses a wheel with another hash and keeps nothing of it', async () => {
    await onlyPrograms({ 'g++': COMPILER, pip3: pipThat('/bin/mkdir -p "$dest"; echo evil > "$dest/tensorflow.whl"') });
    const error = await failure();
    expect(error.failure).toBe('hash-mismatch');
    expect(await readdir(join(folder, 'cache', 'downloads'))).toEqual([]);
    expect(await readdir(join(folder, 'cache', 'engine'))).toEqual([]);
  });

  it('gives the last error of a pip that fails', async () => {
    await onlyPrograms({ 'g++': COMPILER, pip3: pipThat('echo "ERROR: No matching distribution" >&2; exit 1') });
    const error = await failure();
    expect(error.failure).toBe('download-failed');
    expect(error.message).toContain('No matching distribution');
  });

  it('finds a pip that is only a module of python3', async () => {
    await onlyPrograms({ 'g++': COMPILER, python3: pipThat('echo "ERROR: got here" >&2; exit 1') });
    expect((await failure()).message).toContain('got here');
  });

  it('does not use a kept wheel that was damaged', async () => {
    const wheelFolder = join(folder, 'wheels');
    await mkdir(wheelFolder);
    await onlyPrograms({ 'g++': COMPILER });
    for (const tag of ['tensorflow-cpu-2.21.0-manylinux_2_27_x86_64', 'tensorflow-2.21.0-manylinux_2_27_aarch64']) {
      await writeFile(join(wheelFolder, `${tag}.whl`), 'damaged');
    }
    expect((await failure({ wheelFolder })).failure).toBe('no-pip');
  });

  it('says that the disk is full where pip says so', async () => {
    const pip3 = pipThat(
      "echo 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device'; exit 1",
    );
    await onlyPrograms({ 'g++': COMPILER, pip3 });
    const error = await failure();
    expect(error.failure).toBe('no-space');
    expect(error.remedy).toContain('DISTILLERY_CACHE');
  });

  it('can be interrupted', async () => {
    const abort = new AbortController();
    await onlyPrograms({ 'g++': COMPILER, pip3: pipThat('exec /bin/sleep 600') });
    const running = failure({
      signal: abort.signal,
      onProgress: ({ phase }) => phase === 'download' && setImmediate(() => abort.abort()),
    });
    expect((await running).failure).toBe('aborted');
    expect(await readdir(join(folder, 'cache', 'engine'))).toEqual([]);
  });

  it('says that the cache folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const error = await failure({ cache: join(folder, 'file', 'cache') });
    expect(error.failure).toBe('not-writable');
    expect(error.remedy).toContain('DISTILLERY_CACHE');
  });
});

describe.runIf(onLinux && process.arch === 'x64')('an engine for GPUs', () => {
  /** What is taken for an installed engine of a target. */
  async function installed(target: EngineTarget): Promise<void> {
    const place = engineFolder(target, join(folder, 'cache'));
    await mkdir(place, { recursive: true });
    await writeFile(join(place, BINDING_FILE), '');
    await writeFile(join(place, MANIFEST_FILE), JSON.stringify({ accelerator: target.accelerator }));
  }
  const nvidiaSmi = (line: string) => onlyPrograms({ 'nvidia-smi': `echo "${line}"` });
  const A100 = 'NVIDIA A100, GPU-a1, 40960, 40000, 550.54.15, 8.0';

  it('is the one that is found and kept, where both are installed', async () => {
    await installed(engineTarget());
    await installed(cudaTarget()!);
    await nvidiaSmi(A100);
    const cache = join(folder, 'cache');
    expect((await findEngine(cache))?.accelerator).toBe('gpu');
    expect((await installEngine({ cache })).accelerator).toBe('gpu');
  });

  it('goes when the one for the processor is asked for', async () => {
    await installed(engineTarget());
    await installed(cudaTarget()!);
    await nvidiaSmi(A100);
    const cache = join(folder, 'cache');
    expect((await installEngine({ cache, accelerator: 'cpu' })).accelerator).toBe('cpu');
    expect((await findEngine(cache))?.accelerator).toBe('cpu');
  });

  it('is not taken where the driver is too old: one line says which it needs', async () => {
    await installed(engineTarget());
    await nvidiaSmi('NVIDIA A100, GPU-a1, 40960, 40000, 470.82.01, 8.0');
    const notes: string[] = [];
    const { accelerator } = await installEngine({ cache: join(folder, 'cache'), onNote: (line) => notes.push(line) });
    expect(accelerator).toBe('cpu');
    expect(notes).toEqual([expect.stringMatching(/driver 470.82.01 is too old, TensorFlow needs 525.60.13 or newer/)]);
  });

  it('is refused where one is asked for and there is no GPU', async () => {
    await onlyPrograms({});
    expect((await failure({ accelerator: 'gpu' })).failure).toBe('no-gpu');
  });
});
