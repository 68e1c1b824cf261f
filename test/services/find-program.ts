import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** The first executable of this name in the folders of PATH and in `more`. */
export function findProgram(name: string, more: string[] = []): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...more].filter((folder) => folder !== '');
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return folders
    .map((folder) => path.join(folder, file))
    .find((candidate) => {
      try {
        accessSync(candidate, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
