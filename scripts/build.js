// Builds everything into dist/: libs, apps and migrations by swc (under a second), the dashboard by Vite.
// The dashboard is skipped while its sources are older than its last build, and with --programs.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const bin = (name) => path.join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`);
    process.exit(result.status ?? 1);
  }
}

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) time = Math.max(time, statSync(path.join(entry.parentPath, entry.name)).mtimeMs);
  }
  return time;
}

const sources = ['libs', 'apps/api', 'apps/worker', 'apps/trainer', 'apps/cli', 'migrations'];
const swc = ['--out-dir', 'dist', '--config-file', '.swcrc', '--ignore', '**/*.spec.ts', '--quiet'];
run(bin('swc'), [...sources.filter((folder) => existsSync(path.join(root, folder))), ...swc]);

const web = path.join(root, 'apps/web');
const page = path.join(root, 'dist/apps/web/index.html');
if (!process.argv.includes('--programs') && existsSync(path.join(web, 'index.html'))) {
  // The dashboard holds the contracts, and the examples as its templates.
  const also = ['libs/contracts/src', 'examples']
    .map((folder) => path.join(root, folder))
    .filter((folder) => existsSync(folder));
  const changed = Math.max(...[web, ...also].map(newest));
  if (!existsSync(page) || statSync(page).mtimeMs < changed) run(bin('vite'), ['build', web, '--logLevel', 'warn']);
}
