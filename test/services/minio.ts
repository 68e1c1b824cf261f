import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'minio';
import { cacheFolder, parseArtifactsUrl } from '#config';
import { findProgram } from './find-program.js';
import { freePort, makeServiceFolder, ServiceMissing, startProcess, type Service } from './service.js';

/** Neither binaries nor images are published any more; this is the last release's source. */
const MODULE = 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c';

/** TEST_S3_URL (s3://ACCESS:SECRET@host:port/any-bucket), else `minio` of the PATH, else built by Go, once. */
export async function startMinio(): Promise<Service> {
  const given = process.env.TEST_S3_URL;
  if (given) return bucketsOf(given, true, () => Promise.resolve());
  const command = findProgram('minio') ?? (await buildMinio());
  const port = await freePort();
  const consolePort = await freePort();
  const folder = makeServiceFolder('minio');
  const secret = randomBytes(16).toString('hex');
  const stop = await startProcess({
    command,
    args: [
      'server',
      '--quiet',
      '--address',
      `127.0.0.1:${port}`,
      '--console-address',
      `127.0.0.1:${consolePort}`,
    ].concat(path.join(folder, 'data')),
    env: { MINIO_ROOT_USER: 'test', MINIO_ROOT_PASSWORD: secret, MINIO_BROWSER: 'off', HOME: folder },
    folder,
    stopSignal: 'SIGTERM',
    answers: () => answers(port),
  });
  return bucketsOf(`s3://test:${secret}@127.0.0.1:${port}/test`, false, stop);
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/minio/health/ready`)).ok;
  } catch {
    return false;
  }
}

/** Builds MinIO into the user's cache; the program appears there whole or not at all. */
async function buildMinio(): Promise<string> {
  const name = process.platform === 'win32' ? 'minio.exe' : 'minio';
  const folder = path.join(cacheFolder(), 'test-services', MODULE.slice(MODULE.indexOf('@') + 1));
  const program = path.join(folder, name);
  if (existsSync(program)) return program;
  const go = findProgram('go', ['/usr/local/go/bin']);
  if (go === undefined)
    throw new ServiceMissing('there is no minio, and no go to build it: install Go, or set TEST_S3_URL');
  process.stderr.write('Building MinIO for the tests (about three minutes, once)…\n');
  const build = path.join(folder, `build-${process.pid}`);
  mkdirSync(build, { recursive: true });
  try {
    const env = { ...process.env, GOBIN: build, GOFLAGS: '', CGO_ENABLED: '0' };
    await promisify(execFile)(go, ['install', MODULE], { cwd: os.tmpdir(), env, maxBuffer: 16 * 1024 * 1024 }).catch(
      (error: Error) => {
        const last = error.message.trim().split('\n').slice(-3).join('\n');
        throw new ServiceMissing(`go could not build ${MODULE}: put minio on the PATH, or set TEST_S3_URL\n${last}`);
      },
    );
    renameSync(path.join(build, name), program);
  } finally {
    rmSync(build, { recursive: true, force: true });
  }
  return program;
}

function bucketsOf(url: string, tidy: boolean, stop: () => Promise<void>): Service {
  const given: string[] = [];
  const location = parseArtifactsUrl(url);
  if (location.kind !== 's3') throw new ServiceMissing('TEST_S3_URL must begin with s3://');
  const client = new Client({
    endPoint: location.host,
    port: location.port,
    useSSL: location.tls,
    accessKey: location.accessKey,
    secretKey: location.secretKey,
    region: location.region,
  });
  return {
    async fresh() {
      const bucket = `distillery-test-${randomUUID()}`;
      await client.makeBucket(bucket, location.region);
      given.push(bucket);
      const own = new URL(url);
      own.pathname = `/${bucket}`;
      return own.href;
    },
    async stop() {
      if (tidy) for (const bucket of given) await removeBucket(client, bucket);
      await stop();
    },
  };
}

async function removeBucket(client: Client, bucket: string): Promise<void> {
  const names: string[] = [];
  for await (const { name } of client.listObjectsV2(bucket, '', true) as AsyncIterable<{ name: string }>)
    names.push(name);
  await client.removeObjects(bucket, names);
  await client.removeBucket(bucket);
}
