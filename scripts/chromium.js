// Finds a Chromium for browser tests and screenshots, and starts it the way that works without a display, as root and
// on closed networks.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const MAC = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
const WINDOWS = ['C:/Program Files/Google/Chrome/Application/chrome.exe'];
const REMEDY = 'install Chromium or Google Chrome, or name its program in CHROMIUM_PATH';

/** CHROMIUM_PATH, else a Chromium or Chrome of this machine, else, as root with apt, installed. */
export function findChromium() {
  const { CHROMIUM_PATH } = process.env;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  return installed() ?? installByApt();
}

/** A headless browser that makes no connection of its own. */
export function launchChromium() {
  return chromium.launch({
    executablePath: findChromium(),
    headless: true,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

function installed() {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const candidates = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
  if (process.platform === 'darwin') candidates.push(...MAC);
  if (process.platform === 'win32') candidates.push(...WINDOWS);
  return candidates.find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function installByApt() {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !isExecutable('/usr/bin/apt-get')) throw new Error(`There is no Chromium: ${REMEDY}`);
  process.stderr.write('Installing chromium by apt…\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('/usr/bin/apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
  const options = ['install', '-y', '-qq', '--no-install-recommends', 'chromium'];
  const result = spawnSync('/usr/bin/apt-get', options, { env, encoding: 'utf8' });
  const found = installed();
  if (result.status !== 0 || found === undefined) {
    throw new Error(`apt-get could not install chromium: ${REMEDY}\n${result.stderr}`);
  }
  return found;
}
