import { spawnSync } from 'node:child_process';
import { findProgram } from './find-program.js';
import { ServiceMissing } from './service.js';

/** Installs a Debian package where that is allowed: as root, with apt. `remedy` is what a person can do instead. */
export function installByApt(name: string, remedy: string): void {
  const apt = findProgram('apt-get');
  if (apt === undefined || process.getuid?.() !== 0) throw new ServiceMissing(`there is no ${name}: ${remedy}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  process.stderr.write(`Installing ${name} by apt for the tests…\n`);
  spawnSync(apt, ['update', '-qq'], { env, stdio: 'ignore' });
  const options = ['install', '-y', '-qq', '--no-install-recommends', name];
  const { status, stderr } = spawnSync(apt, options, { env, encoding: 'utf8' });
  if (status !== 0) throw new ServiceMissing(`apt-get could not install ${name}: ${remedy}\n${stderr}`);
}
