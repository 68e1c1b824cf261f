#!/usr/bin/env node
// The command line of Distillery. A fresh checkout is built first, which takes a second.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const built = path.join(root, 'dist', 'apps', 'cli', 'src', 'main.js');
if (!existsSync(built)) {
  const script = path.join(root, 'scripts', 'build.js');
  const { status } = spawnSync(process.execPath, [script, '--programs'], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
}
const { main } = await import(pathToFileURL(built).href);
await main();
