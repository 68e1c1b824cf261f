import { NEEDED_HEADERS } from './compile-binding.js';
import { fetchWheel } from './fetch-wheel.js';
import { EngineInstallError } from './install-error.js';
import type { InstallMeter } from './install-progress.js';
import type { EngineTarget } from './platform.js';
import type { Wheel } from './wheel.js';
import { unzip } from './unzip.js';

/** Of one wheel. */
const MAX_UNPACKED_BYTES = 4e9;

export interface UnpackOptions {
  /** Gets `engine/`, the libraries in the places that they have in their wheels, and `include/`, headers. */
  folder: string;
  wheelFolder: string;
  env: NodeJS.ProcessEnv;
  meter: InstallMeter;
  signal?: AbortSignal;
}

/**
 * Fetches the wheels of a target and unpacks what the engine needs of them.
 * @returns the libraries that the binding is linked to, relative to `engine/`
 */
export async function unpackLibraries(target: EngineTarget, options: UnpackOptions): Promise<string[]> {
  const { meter, signal } = options;
  const libraries = target.libraries.map((name) => `tensorflow/${name}`);
  const contents: { wheel: Wheel; place: (name: string) => string | undefined; needed: readonly string[] }[] = [
    { wheel: target.tensorflow, place: (name) => placeOfTensorflow(name, libraries), needed: libraries },
    ...target.cuda.map((wheel) => {
      const place = (name: string) => (wheel.files.includes(name) ? `engine/${name}` : undefined);
      return { wheel, place, needed: wheel.files };
    }),
  ];
  const archives = await fetchAll(
    contents.map(({ wheel }) => wheel),
    options,
  );
  meter.enter('unpack');
  let before = 0;
  const total = contents.reduce((sum, { wheel }) => sum + wheel.bytes, 0);
  for (const [index, { wheel, place, needed }] of contents.entries()) {
    const unpacked = await unzip(archives[index]!, {
      place,
      folder: options.folder,
      limitBytes: MAX_UNPACKED_BYTES,
      signal,
      onBytes: (done, all) => meter.bytes('unpack', before + (wheel.bytes * done) / all, total),
    });
    for (const file of needed) {
      if (!unpacked.includes(`engine/${file}`)) {
        throw new EngineInstallError('bad-archive', `${wheel.requirement} has no ${file}`);
      }
    }
    before += wheel.bytes;
  }
  return [...libraries, ...target.cuda.flatMap(({ linked }) => linked)];
}

async function fetchAll(
  wheels: readonly Wheel[],
  { wheelFolder, env, meter, signal }: UnpackOptions,
): Promise<string[]> {
  const archives: string[] = [];
  let before = 0;
  const total = wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  meter.enter('download');
  for (const wheel of wheels) {
    const archive = await fetchWheel(wheel, {
      folder: wheelFolder,
      env,
      signal,
      onBytes: (done) => meter.bytes('download', before + done, total),
      onVerify: () => wheels.length === 1 && meter.enter('verify'),
    });
    archives.push(archive);
    before += wheel.bytes;
  }
  return archives;
}

function placeOfTensorflow(name: string, libraries: readonly string[]): string | undefined {
  if (libraries.includes(name)) return `engine/${name}`;
  const header = /^tensorflow\/include\/(.+\.h)$/.exec(name)?.[1];
  if (!header || header.split('/').includes('..')) return undefined;
  return NEEDED_HEADERS.some((prefix) => header.startsWith(prefix)) ? `include/${header}` : undefined;
}
