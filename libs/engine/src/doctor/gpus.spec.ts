import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findGpus, searchGpus } from './gpus.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distillery-gpus-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A nvidia-smi of these shell commands, alone on the PATH. */
async function nvidiaSmi(script: string): Promise<NodeJS.ProcessEnv> {
  await writeFile(join(folder, 'nvidia-smi'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'nvidia-smi'), 0o755);
  return { PATH: folder };
}

async function pciDevice(name: string, vendor: string, kind: string): Promise<void> {
  await mkdir(join(folder, 'pci', name), { recursive: true });
  await writeFile(join(folder, 'pci', name, 'vendor'), `${vendor}\n`);
  await writeFile(join(folder, 'pci', name, 'class'), `${kind}\n`);
}

describe.runIf(process.platform !== 'win32')('findGpus', () => {
  it('reads what nvidia-smi lists', async () => {
    const env = await nvidiaSmi('echo "NVIDIA H100 80GB HBM3, GPU-1a2b, 81559, 80000, 550.54.15, 9.0"');
    expect(await findGpus(env)).toEqual([
      {
        name: 'NVIDIA H100 80GB HBM3',
        uuid: 'GPU-1a2b',
        memoryBytes: 81_559 * 1024 * 1024,
        freeBytes: 80_000 * 1024 * 1024,
        driver: '550.54.15',
        computeCapability: '9.0',
      },
    ]);
  });

  it('asks an old nvidia-smi only for what it knows', async () => {
    const env = await nvidiaSmi(`case "$*" in
      *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2;;
      *) echo "Tesla K80, GPU-1, 11441, 11441, 470.82.01";;
    esac`);
    expect(await findGpus(env)).toMatchObject([
      { name: 'Tesla K80', driver: '470.82.01', computeCapability: undefined },
    ]);
  });

  it('takes memory that the card does not tell as none', async () => {
    const env = await nvidiaSmi('echo "NVIDIA GB10, GPU-1, [N/A], [N/A], 580.95.05, 12.1"');
    expect(await findGpus(env)).toMatchObject([{ memoryBytes: 0, freeBytes: 0 }]);
  });

  it('finds none without nvidia-smi', async () => {
    expect(await searchGpus({ PATH: join(folder, 'missing') }, join(folder, 'pci'))).toEqual({ gpus: [] });
  });

  it('says what nvidia-smi says where it fails', async () => {
    const env = await nvidiaSmi(
      `echo "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."; exit 9`,
    );
    expect((await searchGpus(env)).problem).toMatch(/^nvidia-smi fails: .*couldn't communicate/);
  });

  it('sees a card that lacks its driver, and takes neither a bridge nor another maker’s card for one', async () => {
    const search = () => searchGpus({ PATH: join(folder, 'missing') }, join(folder, 'pci'));
    await pciDevice('0000:00:01.0', '0x10de', '0x060400');
    await pciDevice('0000:00:02.0', '0x1002', '0x030000');
    expect((await search()).problem).toBeUndefined();
    await pciDevice('0000:00:03.0', '0x10de', '0x030200');
    expect((await search()).problem).toContain('driver is not installed');
  });
});
