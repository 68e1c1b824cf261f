import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createConnection } from 'node:net';
import { Redis } from 'ioredis';
import { findProgram } from './find-program.js';
import { freePort, makeServiceFolder, ServiceMissing, startProcess, type Service } from './service.js';

/** TEST_REDIS_URL, else `redis-server` of the PATH, else, as root with apt, installed. */
export async function startRedis(): Promise<Service> {
  const given = process.env.TEST_REDIS_URL;
  if (given) return prefixesOf(given, true, () => Promise.resolve());
  const command = findProgram('redis-server') ?? installByApt();
  const port = await freePort();
  const stop = await startProcess({
    command,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    folder: makeServiceFolder('redis'),
    stopSignal: 'SIGTERM',
    answers: () => answers(port),
  });
  return prefixesOf(`redis://127.0.0.1:${port}`, false, stop);
}

function installByApt(): string {
  const remedy = 'install redis-server, or set TEST_REDIS_URL';
  const apt = findProgram('apt-get');
  if (apt === undefined || process.getuid?.() !== 0) throw new ServiceMissing(`there is no redis-server: ${remedy}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  process.stderr.write('Installing redis-server by apt for the tests…\n');
  spawnSync(apt, ['update', '-qq'], { env, stdio: 'ignore' });
  const options = ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'];
  const installed = spawnSync(apt, options, { env, encoding: 'utf8' });
  const command = findProgram('redis-server', ['/usr/bin']);
  if (installed.status !== 0 || command === undefined) {
    throw new ServiceMissing(`apt-get could not install redis-server: ${remedy}\n${installed.stderr}`);
  }
  return command;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (reply) => {
      resolve(reply.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

function prefixesOf(url: string, tidy: boolean, stop: () => Promise<void>): Service {
  const given: string[] = [];
  return {
    fresh() {
      const prefix = `distillery-test-${randomUUID()}`;
      given.push(prefix);
      const own = new URL(url);
      own.searchParams.set('prefix', prefix);
      return Promise.resolve(own.href);
    },
    async stop() {
      if (tidy && given.length > 0) await removeKeys(url, given);
      await stop();
    },
  };
}

async function removeKeys(url: string, prefixes: string[]): Promise<void> {
  const client = new Redis(url);
  try {
    for (const prefix of prefixes) {
      for await (const keys of client.scanStream({ match: `${prefix}*`, count: 1000 })) {
        if ((keys as string[]).length > 0) await client.unlink(keys as string[]);
      }
    }
  } finally {
    client.disconnect();
  }
}
