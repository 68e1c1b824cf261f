import { readFileSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { INSTALLATION } from '../installation.js';
import { bytes } from '../terminal/units.js';
import type { Check } from './check.js';

/** TensorFlow unpacked, the datasets decoded, and checkpoints of some runs. */
const ENOUGH_BYTES = 5e9;
/** Below this, Postgres and trainers fail soon. */
const LEAST_BYTES = 5e8;

export function nodeCheck(version: string = process.versions.node): Check {
  const least = leastNode();
  const [major, minor] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = least.split('.').map(Number);
  const isEnough = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  if (isEnough) return { name: 'Node', status: 'ok', detail: version };
  return {
    name: 'Node',
    status: 'problem',
    detail: `${version} is too old`,
    remedy: `Install Node ${least} or newer: https://nodejs.org`,
  };
}

/** The least version that package.json asks for, such as `20.19`. */
function leastNode(): string {
  const manifest = JSON.parse(readFileSync(path.join(INSTALLATION, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  return manifest.engines.node.replace(/[^\d.]/g, '');
}

/** Room for what is written below a folder, which may not exist yet. */
export async function diskCheck(label: string, folder: string): Promise<Check> {
  const name = `disk (${label})`;
  try {
    const { bavail, bsize } = await statfs(await existing(path.resolve(folder)));
    const free = bavail * bsize;
    const detail = `${bytes(free)} free at ${folder}`;
    if (free >= ENOUGH_BYTES) return { name, status: 'ok', detail };
    const remedy = `Free some space, or choose another folder (${label === 'cache' ? 'DISTILLERY_CACHE' : '--data'}).`;
    return { name, status: free < LEAST_BYTES ? 'problem' : 'warning', detail, remedy };
  } catch (error) {
    return {
      name,
      status: 'warning',
      detail: `${folder} can't be looked at: ${(error as Error).message}`,
      remedy: 'Choose another folder.',
    };
  }
}

async function existing(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  return found !== undefined || path.dirname(folder) === folder ? folder : existing(path.dirname(folder));
}
