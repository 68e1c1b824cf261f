import { existsSync } from 'node:fs';
import path from 'node:path';

/** A program that `npm run build` made, found from wherever this file runs: the sources or `dist/`. */
export function builtProgram(place: string): string {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, 'package.json')) && path.dirname(folder) !== folder)
    folder = path.dirname(folder);
  return path.join(folder, 'dist', place);
}
