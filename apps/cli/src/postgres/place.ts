import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import { canWrite, type Account } from './account.js';
import { stopStalePostmaster } from './postmaster.js';

const PointerSchema = z.object({
  /** Where the database's files are: below the data folder, unless Postgres can't reach it there. */
  folder: z.string(),
  port: z.int().positive(),
  password: z.string().min(16),
});

/** What a data folder says of its database, kept in `postgres.json` (readable by its owner alone: it has the password). */
export type Pointer = z.infer<typeof PointerSchema>;

export interface Place {
  pointer: Pointer;
  /** Says in one line where the database went and why, if that is not below the data folder. */
  moved?: string;
}

const POINTER_FILE = 'postgres.json';

export async function readPointer(dataFolder: string): Promise<Pointer | undefined> {
  const file = path.join(dataFolder, POINTER_FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new CliError(`${file} can't be read: ${error.message}`, { cause: error });
  });
  if (text === undefined) return undefined;
  try {
    return PointerSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new CliError(`${file} is damaged, and with it the way to the database`, {
      remedy: 'restore it from a backup, or start with another --data folder',
      cause: error,
    });
  }
}

export async function writePointer(dataFolder: string, pointer: Pointer): Promise<void> {
  const file = path.join(dataFolder, POINTER_FILE);
  const half = `${file}.${process.pid}.tmp`;
  await writeFile(half, `${JSON.stringify(pointer, null, 2)}\n`, { mode: 0o600 });
  await rename(half, file);
}

/**
 * Decides where a data folder's database lives, and makes that folder. Run by root, Postgres runs as `nobody`, who can't
 * enter a folder below a private one (`/root`, `mktemp -d`): then the place is `<elsewhere>/<hash of the data folder>`.
 */
export async function findPlace(
  dataFolder: string,
  account: Account | undefined,
  port: () => Promise<number>,
  elsewhere: readonly string[] = ['/var/lib/distillery', '/var/tmp/distillery'],
): Promise<Place> {
  const inside = path.join(dataFolder, 'postgres');
  const known = await readPointer(dataFolder);
  if (known !== undefined) {
    if ((await lstat(path.join(known.folder, 'data')).catch(() => undefined)) !== undefined) {
      return { pointer: known, moved: known.folder === inside ? undefined : explain(known.folder) };
    }
    if ((await lstat(path.join(inside, 'data')).catch(() => undefined)) !== undefined) {
      // The data folder was moved to where Postgres can be beside it.
      const pointer = { ...known, folder: inside };
      await writePointer(dataFolder, pointer);
      return { pointer };
    }
  }
  const fresh = { port: known?.port ?? (await port()), password: known?.password ?? randomBytes(24).toString('hex') };
  const place = await makePlace(dataFolder, inside, account, elsewhere);
  const pointer = { ...fresh, folder: place };
  await writePointer(dataFolder, pointer);
  return { pointer, moved: place === inside ? undefined : explain(place) };
}

async function makePlace(
  dataFolder: string,
  inside: string,
  account: Account | undefined,
  elsewhere: readonly string[],
): Promise<string> {
  await mkdir(inside, { recursive: true, mode: 0o700 });
  if (account === undefined) return inside;
  await chown(inside, account.uid, account.gid);
  if (canWrite(account, inside)) return inside;
  await rm(inside, { recursive: true, force: true });
  const hash = createHash('sha256').update(path.resolve(dataFolder)).digest('hex').slice(0, 16);
  for (const parent of elsewhere) {
    const folder = path.join(parent, hash);
    try {
      await mkdir(parent, { recursive: true, mode: 0o755 });
      await chmod(parent, 0o755);
      // The data folder was removed and made anew: its old database is set aside, not mixed with the new one.
      if ((await lstat(folder).catch(() => undefined)) !== undefined) {
        await stopStalePostmaster(path.join(folder, 'data'));
        await rm(`${folder}.old`, { recursive: true, force: true });
        await rename(folder, `${folder}.old`);
      }
      await mkdir(folder, { mode: 0o755 });
      await chown(folder, account.uid, account.gid);
    } catch (error) {
      if (['EACCES', 'EPERM', 'EROFS', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) continue;
      throw error;
    }
    if (canWrite(account, folder)) return folder;
  }
  throw new CliError(`Postgres does not run as root, and no folder was found that the user "nobody" may use`, {
    remedy: 'start as an ordinary user, use a --data folder outside of private folders, or set DATABASE_URL',
  });
}

function explain(folder: string): string {
  return `the database is in ${folder}: Postgres does not run as root, and its user can't enter the data folder`;
}
