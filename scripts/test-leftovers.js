// What a run of the tests left behind: processes (with their ports), temporary files, files in the checkout.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** Where an embedded Postgres keeps its data when root's temporary folder is closed to it; see apps/cli/src/postgres. */
const SYSTEM_FOLDERS = ['/var/lib/distillery', '/var/tmp/distillery'];
/** A process that has been told to end gets this long to be gone. */
const PATIENCE_MS = 5000;
/** Copies of modules that vitest hands to its processes; they go with the folder that they are in. */
const VITEST_FOLDER = /^[\w-]{21}$/;

/** Makes the folders of one run of the tests and notes what is there before it. */
export function noteWhatIsThere(root, temporary, report) {
  mkdirSync(temporary);
  mkdirSync(report);
  return { root, temporary, checkout: untracked(root), system: systemFolders() };
}

/** What is there now that was not there before, one line each; empty is what it should be. */
export async function leftovers(before, { isCi, patienceMs = PATIENCE_MS }) {
  const deadline = Date.now() + patienceMs;
  let processes = processesOf(before.temporary);
  while (processes.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    processes = processesOf(before.temporary);
  }
  const files = readdirSync(before.temporary)
    .filter((name) => !VITEST_FOLDER.test(name))
    .map((name) => `temporary file ${name}`);
  const system = systemFolders().filter((name) => !before.system.includes(name));
  // Beside a person who edits while the tests run, a new file says nothing.
  const checkout = isCi ? untracked(before.root).filter((name) => !before.checkout.includes(name)) : [];
  return [
    ...processes.map(({ pid, command }) => `process ${pid} ${command}`),
    ...files,
    ...system.map((name) => `folder ${name}`),
    ...checkout.map((name) => `file ${name} in the checkout`),
  ];
}

/**
 * Processes that belong to this run: each inherits the folder for temporary files in its environment; those that write
 * over their environment with a title (Redis, Postgres, Chromium) work in that folder or name it in their arguments.
 * None on Windows, which tells nobody another process's environment.
 */
function processesOf(temporary) {
  if (process.platform === 'win32') return [];
  return process.platform === 'linux' ? linuxProcesses(temporary) : otherProcesses(temporary);
}

function linuxProcesses(temporary) {
  const found = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const read = (file) => attempt(() => readFileSync(`/proc/${pid}/${file}`, 'latin1')) ?? '';
    // One that has ended, and whose parent has not asked how, holds nothing.
    if (/^\d+ \(.*\) [ZX]/s.test(read('stat'))) continue;
    const command = read('cmdline').replaceAll('\0', ' ').trim();
    const cwd = attempt(() => readlinkSync(`/proc/${pid}/cwd`)) ?? '';
    if ([read('environ'), command, cwd].some((text) => text.includes(temporary))) found.push({ pid, command });
  }
  return found;
}

function otherProcesses(temporary) {
  const { stdout, pid: own } = spawnSync('ps', ['axeww', '-o', 'pid=,command='], { encoding: 'utf8' });
  return (stdout ?? '')
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null && match[2].includes(temporary) && Number(match[1]) !== own)
    .map(([, pid, command]) => ({ pid, command: command.slice(0, 120) }));
}

function systemFolders() {
  return SYSTEM_FOLDERS.flatMap((folder) =>
    (attempt(() => readdirSync(folder)) ?? []).map((name) => path.join(folder, name)),
  );
}

/** Files that git does not track, ignored ones too, but for what a build and an installation write. */
function untracked(root) {
  const { stdout } = spawnSync('git', ['status', '--porcelain', '--ignored'], { cwd: root, encoding: 'utf8' });
  return (stdout ?? '')
    .split('\n')
    .filter((line) => /^(\?\?|!!) /.test(line) && !/^!! (dist|node_modules)\//.test(line))
    .map((line) => line.slice(3));
}

function attempt(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}
