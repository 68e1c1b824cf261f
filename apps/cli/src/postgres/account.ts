import { spawnSync } from 'node:child_process';

/** The user and group that Postgres runs under, where that is not our own. */
export interface Account {
  uid: number;
  gid: number;
}

/** Postgres refuses to run as root: then it runs as `nobody`. Undefined for everyone else. */
export function postgresAccount(uid = process.getuid?.()): Account | undefined {
  if (uid !== 0) return undefined;
  const id = (flag: string) => {
    const { status, stdout } = spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' });
    return status === 0 && /^\d+\s*$/.test(stdout) ? Number(stdout) : 65534;
  };
  return { uid: id('-u'), gid: id('-g') };
}

/** Whether the account can reach the folder and write to it. Asked by trying, as ACLs and mounts have a say, too. */
export function canWrite(account: Account, folder: string): boolean {
  const script = 'cd "$1" && test -w . && test -r .';
  return spawnSync('/bin/sh', ['-c', script, 'sh', folder], { ...account, cwd: '/' }).status === 0;
}
