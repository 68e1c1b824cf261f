import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../install/run-command.js';

export interface Gpu {
  name: string;
  /** NVIDIA's own name of this very card, which `CUDA_VISIBLE_DEVICES` takes and which no other order of cards changes. */
  uuid: string;
  memoryBytes: number;
  /** What no process uses at present. */
  freeBytes: number;
  driver: string;
  /** Such as `8.0`; `undefined` where the driver is too old to say. */
  computeCapability?: string;
}

export interface GpuSearch {
  gpus: Gpu[];
  /** Why there are none, on a machine that has a card of NVIDIA's. */
  problem?: string;
}

const FIELDS = ['name', 'uuid', 'memory.total', 'memory.free', 'driver_version'];
const MEBIBYTE = 1024 * 1024;

/** NVIDIA's GPUs as `nvidia-smi` lists them; none where it is missing. */
export async function findGpus(env: NodeJS.ProcessEnv = process.env): Promise<Gpu[]> {
  return (await searchGpus(env)).gpus;
}

/** As `findGpus`, and where there are none, whether a card is there that lacks its driver. */
export async function searchGpus(
  env: NodeJS.ProcessEnv = process.env,
  pciFolder = '/sys/bus/pci/devices',
): Promise<GpuSearch> {
  // Drivers before 510 do not know the last field, and refuse the whole question.
  for (const fields of [[...FIELDS, 'compute_cap'], FIELDS]) {
    const query = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'];
    const { code, output, startError } = await runCommand('nvidia-smi', query, { env, timeoutMs: 10_000 });
    if (startError) break;
    if (code === 0) return { gpus: parse(output, fields.length) };
    if (/not a valid field/i.test(output)) continue;
    const said = output.trim().split('\n')[0];
    return { gpus: [], problem: `nvidia-smi fails: ${said || `it ended with code ${code}`}` };
  }
  const hasCard = await hasNvidiaCard(pciFolder);
  return { gpus: [], problem: hasCard ? 'A card of NVIDIA’s is here, and its driver is not installed' : undefined };
}

function parse(output: string, fields: number): Gpu[] {
  return output
    .split('\n')
    .map((line) => line.split(',').map((field) => field.trim()))
    .filter((line) => line.length === fields)
    .map(([name, uuid, total, free, driver, computeCapability]) => ({
      name: name!,
      uuid: uuid!,
      memoryBytes: bytesOf(total!),
      freeBytes: bytesOf(free!),
      driver: driver!,
      computeCapability,
    }));
}

/** Cards that share the machine's memory say `[N/A]`. */
function bytesOf(mebibytes: string): number {
  return (Number(mebibytes) || 0) * MEBIBYTE;
}

const NVIDIA = '0x10de';
/** The first byte of a PCI class: display controllers, which compute-only cards count as, too. */
const DISPLAY = '0x03';

async function hasNvidiaCard(pciFolder: string): Promise<boolean> {
  const devices = await readdir(pciFolder).catch(() => []);
  for (const device of devices) {
    const read = (name: string) => readFile(join(pciFolder, device, name), 'utf8').catch(() => '');
    const [vendor, kind] = await Promise.all([read('vendor'), read('class')]);
    if (vendor.startsWith(NVIDIA) && kind.startsWith(DISPLAY)) return true;
  }
  return false;
}
