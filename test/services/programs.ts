import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Service } from './service.js';

const root = path.resolve(import.meta.dirname, '../..');

/** Builds what specs start as processes of their own; it takes about a second. */
export async function buildPrograms(): Promise<Service> {
  await promisify(execFile)(process.execPath, [path.join(root, 'scripts', 'build.js'), '--programs'], { cwd: root });
  return { fresh: () => Promise.resolve(path.join(root, 'dist')), stop: () => Promise.resolve() };
}
