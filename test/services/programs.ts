import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Service } from './service.js';

const root = path.resolve(import.meta.dirname, '../..');

/** Builds what specs start as processes of their own; it takes about a second. `npm test` has done it already. */
export async function buildPrograms(): Promise<Service> {
  if (process.env.DISTILLERY_TEST_BUILT !== 'true') {
    await promisify(execFile)(process.execPath, [path.join(root, 'scripts', 'build.js'), '--programs'], { cwd: root });
  }
  return { fresh: () => Promise.resolve(path.join(root, 'dist')), stop: () => Promise.resolve() };
}
