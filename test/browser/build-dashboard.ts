import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.resolve(import.meta.dirname, '../..');

/** Builds the dashboard as it is served in production. `npm test` has done it already. */
export async function buildDashboard(): Promise<void> {
  if (process.env.DISTILLERY_TEST_BUILT === 'true') return;
  const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  await promisify(execFile)(process.execPath, [vite, 'build', path.join(root, 'apps/web'), '--logLevel', 'warn'], {
    cwd: root,
  });
}
