import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of this installation, whether the sources or `dist/` run. */
export const INSTALLATION = (() => {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, 'package.json')) && path.dirname(folder) !== folder)
    folder = path.dirname(folder);
  return folder;
})();

export const PROGRAMS = path.join(INSTALLATION, 'dist');

export function version(): string {
  return (JSON.parse(readFileSync(path.join(INSTALLATION, 'package.json'), 'utf8')) as { version: string }).version;
}
