import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeWorkFolder } from '../work-folder.js';
import { cacheFolder } from './cache-folder.js';
import { checkBinding } from './check-binding.js';
import { type Accelerator, chooseTarget } from './choose-target.js';
import { bindingSources, type Compiler, compileBinding, findSystemCompiler } from './compile-binding.js';
import { fetchWheel } from './fetch-wheel.js';
import { engineFolder, type InstalledEngine, MANIFEST_FILE, readEngine } from './find-engine.js';
import { asInstallError, EngineInstallError } from './install-error.js';
import { withLock } from './install-lock.js';
import { InstallMeter, type InstallProgress } from './install-progress.js';
import { cudaTarget, type EngineTarget, TENSORFLOW_VERSION } from './platform.js';
import { unpackLibraries } from './unpack-libraries.js';
import { unzip } from './unzip.js';

export interface InstallOptions {
  onProgress?: (progress: InstallProgress) => void;
  signal?: AbortSignal;
  /** `auto` takes the machine's C++ compiler, and the `ziglang` wheel where there is none. */
  compiler?: 'auto' | 'system' | 'zig';
  /**
   * `auto` takes the engine for NVIDIA's GPUs where the machine has one that it can compute on (2.5 GB of download, 4 GB
   * on disk). `cpu` also removes that engine where it is installed, so that what was asked for is what runs.
   */
  accelerator?: Accelerator;
  /** Gets one line where the machine's GPU stays unused, and why. */
  onNote?: (line: string) => void;
  /** The user's cache folder, unless a test says otherwise. */
  cache?: string;
  /** Where downloaded wheels are kept: `downloads` in the cache. */
  wheelFolder?: string;
  /** Build again what is there already. */
  force?: boolean;
}

const MAX_UNPACKED_BYTES = 4e9;

/**
 * Installs TensorFlow and tfjs-node's binding to it into the user's cache; about a minute, 270 MB of download and
 * 0.85 GB on disk. An engine that is there is left alone. Two processes may do it at once: one works, the other waits
 * and takes the result.
 * @throws EngineInstallError with one line that says what is missing; nothing half-done stays behind
 */
export async function installEngine(options: InstallOptions = {}): Promise<InstalledEngine> {
  const { cache = cacheFolder(), signal, accelerator = 'auto' } = options;
  const meter = new InstallMeter(options.onProgress);
  let diskBytes: number | undefined;
  try {
    const { target, note } = await chooseTarget(accelerator);
    diskBytes = target.diskBytes;
    if (note) options.onNote?.(note);
    const installed = await installTarget(target, cache, meter, options);
    const cuda = accelerator === 'cpu' ? cudaTarget() : undefined;
    if (cuda) await rm(engineFolder(cuda, cache), { recursive: true, force: true });
    return installed;
  } catch (error) {
    throw asInstallError(error, cache, { signal, diskBytes });
  }
}

async function installTarget(
  target: EngineTarget,
  cache: string,
  meter: InstallMeter,
  options: InstallOptions,
): Promise<InstalledEngine> {
  const { signal, force = false } = options;
  const folder = engineFolder(target, cache);
  const present = force ? undefined : await readEngine(folder);
  if (present) return present;
  return await withLock(
    `${folder}.lock`,
    async () => {
      const builtMeanwhile = force ? undefined : await readEngine(folder);
      return builtMeanwhile ?? (await build(target, folder, cache, meter, options));
    },
    { signal, onWait: () => meter.enter('wait') },
  );
}

async function build(
  target: EngineTarget,
  folder: string,
  cache: string,
  meter: InstallMeter,
  { signal, compiler: choice = 'auto', wheelFolder = join(cache, 'downloads') }: InstallOptions,
): Promise<InstalledEngine> {
  const env = process.env;
  await mkdir(dirname(folder), { recursive: true });
  const work = makeWorkFolder(dirname(folder), `${basename(folder)}.partial`);
  try {
    // A compiler that is asked for and missing is known before 270 MB are fetched.
    const system = choice === 'zig' ? undefined : await findSystemCompiler(env, signal);
    if (choice === 'system' && !system) throw noCompiler();
    if (!system && !target.zig) throw noCompiler();
    if (!system) {
      meter.expect('compiler', 8);
      meter.expect('compile', 65);
    }
    if (target.accelerator === 'gpu') {
      meter.expect('download', 180);
      meter.expect('unpack', 40);
    }
    const engine = join(work, 'engine');
    const includes = join(work, 'include');
    await mkdir(engine, { recursive: true });
    const libraries = await unpackLibraries(target, { folder: work, wheelFolder, env, meter, signal });

    // zig builds its C++ library on the way, which is most of its time, and would keep it in a cache of its own.
    const zigCache = join(work, 'zig-cache');
    const compileEnv = { ...env, ZIG_GLOBAL_CACHE_DIR: zigCache, ZIG_LOCAL_CACHE_DIR: zigCache };
    const compileWith = async (compiler: Compiler): Promise<string> => {
      const parts = { folder: engine, includes, libraries };
      await meter.timed('compile', () => compileBinding(compiler, parts, { env: compileEnv, signal }));
      meter.enter('check');
      await checkBinding(engine, signal);
      return compiler.name;
    };
    const compileWithZig = async () =>
      compileWith(await unpackZig(target, join(work, 'zig'), wheelFolder, meter, signal));
    const compiler = system
      ? await compileWith(system).catch(async (error: unknown) => {
          // A compiler may be there and lack its headers, or be too old.
          if (choice === 'system' || !target.zig || signal?.aborted) throw error;
          return compileWithZig().catch(() => Promise.reject(error));
        })
      : await compileWithZig();
    const manifest: Omit<InstalledEngine, 'folder' | 'binding'> = {
      tensorflow: TENSORFLOW_VERSION,
      tfjs: bindingSources().version,
      platform: target.key,
      accelerator: target.accelerator,
      compiler,
      installedAt: new Date().toISOString(),
    };
    await writeFile(join(engine, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await moveIntoPlace(engine, folder, work);
    meter.finish();
    const installed = await readEngine(folder);
    if (!installed) throw new EngineInstallError('check-failed', `The engine in ${folder} is not complete`);
    return installed;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function unpackZig(
  target: EngineTarget,
  folder: string,
  wheelFolder: string,
  meter: InstallMeter,
  signal?: AbortSignal,
): Promise<Compiler> {
  if (!target.zig) throw noCompiler();
  meter.enter('compiler');
  const wheel = await fetchWheel(target.zig, {
    folder: wheelFolder,
    env: process.env,
    signal,
    onBytes: (done, total) => meter.bytes('compiler', done, total * 2),
  });
  await unzip(wheel, {
    place: (name) => (name.startsWith('ziglang/') && !name.split('/').includes('..') ? name.slice(8) : undefined),
    folder,
    limitBytes: MAX_UNPACKED_BYTES,
    signal,
    onBytes: (done, total) => meter.bytes('compiler', total + done, total * 2),
  });
  return { name: 'zig', command: join(folder, 'zig'), args: ['c++', '-target', target.zig.target] };
}

/** A rename is atomic but replaces no full folder, so an old one goes aside first. */
async function moveIntoPlace(engine: string, folder: string, work: string): Promise<void> {
  await rename(folder, join(work, 'replaced')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(engine, folder).catch(async (error: NodeJS.ErrnoException) => {
    // A process that lost the lock was first: its engine is as good as ours.
    if (!(await readEngine(folder))) throw error;
  });
}

function noCompiler(): EngineInstallError {
  return new EngineInstallError('no-compiler', 'No C++ compiler was found', {
    remedy:
      'Install one (Debian: apt install g++) or use the one that pip can fetch: "distillery engine install --compiler zig".',
  });
}
