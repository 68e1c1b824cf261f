import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InstallMeter } from './install-progress.js';
import { cudaTarget, type EngineTarget } from './platform.js';
import type { Wheel } from './wheel.js';
import { unpackLibraries } from './unpack-libraries.js';
import { zipFile } from './zip-file.js';

const CUDA = cudaTarget({ platform: 'linux', arch: 'x64', glibc: '2.36' })!;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distillery-unpack-'));
  await mkdir(join(folder, 'wheels'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Puts a small archive with these files where the wheel would be kept, and gives the wheel with that archive's hash. */
async function small<W extends Wheel>(wheel: W, files: readonly string[]): Promise<W> {
  const archive = zipFile(files.map((name) => ({ name, content: name })));
  const name = `${wheel.requirement.replace('==', '-')}-${wheel.platformTag}.whl`;
  await writeFile(join(folder, 'wheels', name), archive);
  return { ...wheel, sha256: createHash('sha256').update(archive).digest('hex') };
}

/** The real target for NVIDIA's GPUs, with archives that hold the same names and more. */
async function smallTarget(without?: string): Promise<EngineTarget> {
  const tensorflow = [
    ...CUDA.libraries.map((name) => `tensorflow/${name}`),
    'tensorflow/include/tensorflow/c/c_api.h',
    'tensorflow/include/other.h',
    'tensorflow/python/large.so',
  ];
  return {
    ...CUDA,
    tensorflow: await small(CUDA.tensorflow, tensorflow),
    cuda: await Promise.all(
      CUDA.cuda.map((wheel) =>
        small(
          wheel,
          [...wheel.files, 'nvidia/include/a.h'].filter((name) => name !== without),
        ),
      ),
    ),
  };
}

const unpack = (target: EngineTarget) =>
  unpackLibraries(target, {
    folder: join(folder, 'work'),
    wheelFolder: join(folder, 'wheels'),
    env: { PATH: folder },
    meter: new InstallMeter(),
  });

describe('unpackLibraries', () => {
  it('puts the libraries for a GPU where TensorFlow’s own search path looks for them, and nothing else', async () => {
    const linked = await unpack(await smallTarget());
    const engine = join(folder, 'work', 'engine');
    expect((await readdir(engine)).sort()).toEqual(['nvidia', 'tensorflow']);
    expect((await readdir(join(engine, 'tensorflow'))).sort()).toEqual([...CUDA.libraries].sort());
    // RUNPATH of libtensorflow_framework.so.2 in the wheel: $ORIGIN/../nvidia/cudnn/lib.
    expect(await readdir(join(engine, 'tensorflow', '../nvidia/cudnn/lib'))).toContain('libcudnn_graph.so.9');
    // Its compiler looks in ../nvidia/cuda_nvcc.
    expect(await readFile(join(engine, 'nvidia/cuda_nvcc/bin/ptxas'), 'utf8')).toContain('ptxas');
    expect((await readdir(join(engine, 'nvidia'))).sort()).not.toContain('include');
    expect(await readdir(join(folder, 'work', 'include'), { recursive: true })).toContain('tensorflow/c/c_api.h');
    expect(linked).toEqual(
      expect.arrayContaining(['tensorflow/libtensorflow_cc.so.2', 'nvidia/cusolver/lib/libcusolver.so.11']),
    );
    expect(linked).not.toContain('nvidia/cuda_nvcc/bin/ptxas');
  });

  it('refuses a wheel that lacks a library, by its name', async () => {
    const target = await smallTarget('nvidia/cufft/lib/libcufft.so.11');
    await expect(unpack(target)).rejects.toMatchObject({
      failure: 'bad-archive',
      message: 'nvidia-cufft-cu12==11.2.3.61 has no nvidia/cufft/lib/libcufft.so.11',
    });
  });
});
