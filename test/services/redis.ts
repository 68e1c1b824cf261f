import { randomUUID } from 'node:crypto';
import { createConnection } from 'node:net';
import { Redis } from 'ioredis';
import { installByApt } from './apt.js';
import { findProgram } from './find-program.js';
import { freePort, makeServiceFolder, ServiceMissing, startProcess, type Service } from './service.js';

/** TEST_REDIS_URL, else `redis-server` of the PATH, else, as root with apt, installed. */
export async function startRedis(): Promise<Service> {
  const given = process.env.TEST_REDIS_URL;
  if (given) return prefixesOf(given, true, () => Promise.resolve());
  const command = findProgram('redis-server') ?? installRedis();
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

function installRedis(): string {
  const remedy = 'install redis-server, or set TEST_REDIS_URL';
  installByApt('redis-server', remedy);
  const command = findProgram('redis-server', ['/usr/bin']);
  if (command === undefined) throw new ServiceMissing(`apt-get brought no redis-server: ${remedy}`);
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
