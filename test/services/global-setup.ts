import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildPrograms } from './programs.js';
import { startMinio } from './minio.js';
import { findBrowser, findFashionMnist, findTensorflow } from './machine.js';
import { startPostgres } from './postgres.js';
import { findPytorch } from './pytorch.js';
import { startRedis } from './redis.js';
import type { Service } from './service.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where spec files ask for a database, a Redis or a bucket; see `test-services.ts`. */
    testServices: string;
  }
}

const STARTERS = {
  postgres: startPostgres,
  redis: startRedis,
  s3: startMinio,
  chromium: findBrowser,
  tensorflow: findTensorflow,
  'fashion-mnist': findFashionMnist,
  pytorch: findPytorch,
  programs: buildPrograms,
};
export type ServiceName = keyof typeof STARTERS;

/**
 * Answers spec files that ask for a service. Each is started when the first file asks, so that a run which needs none
 * starts none, and stopped at the end of the run.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = new Map<ServiceName, Promise<Service>>();
  const missing = new Map<ServiceName, string>();
  const start = (name: ServiceName): Promise<Service> => {
    const started = services.get(name) ?? STARTERS[name]();
    services.set(name, started);
    return started;
  };
  const server = createServer((request, response) => {
    const name = request.url?.slice(1) as ServiceName;
    if (!Object.hasOwn(STARTERS, name)) return void response.writeHead(404).end();
    // A service may have to be built first: white space keeps the client from giving up.
    const alive = setInterval(() => response.write(' '), 10_000);
    const answer = (body: object) => {
      clearInterval(alive);
      response.end(JSON.stringify(body));
    };
    start(name)
      .then((service) => service.fresh())
      .then((url) => answer({ url }))
      .catch((error: Error) => {
        missing.set(name, error.message);
        answer({ reason: error.message });
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the test services have no address');
  project.provide('testServices', `http://127.0.0.1:${address.port}`);

  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const started = await Promise.allSettled(services.values());
    await Promise.allSettled(started.flatMap((result) => (result.status === 'fulfilled' ? [result.value.stop()] : [])));
    // `npm test` says it at the end of its summary.
    const report = process.env.DISTILLERY_TEST_REPORT;
    if (report) return writeFileSync(path.join(report, 'missing.json'), JSON.stringify(Object.fromEntries(missing)));
    for (const [name, reason] of missing) {
      process.stderr.write(`\n!!! NOT TESTED against a real ${name}, its specs were skipped: ${reason}\n`);
    }
  };
}
