import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { nestLogger, type Config, type Logger } from '#config';
import { MAX_SPEC_BYTES } from '#contracts';
import { CHANNELS, NotificationListener } from '#persistence';
import { ApiModule, ROUTES, V1_PATH } from './api.module.js';
import { Authentication } from './auth/authentication.js';
import { serveDashboard } from './dashboard/serve-dashboard.js';
import { EventHub } from './events/event-hub.js';
import { YAML_TYPES } from './experiments/experiments.controller.js';
import { ProblemFilter, problemOf } from './http/problem-filter.js';
import { requestGuard } from './http/request-guard.js';
import { securityHeaders } from './http/security-headers.js';
import { PlatformMetrics } from './metrics/platform-metrics.js';
import { serveOpenApi } from './openapi/serve-openapi.js';
import { systemClock, type Clock } from './platform/clock.js';
import { Housekeeping } from './platform/housekeeping.js';
import { OutboxDispatcher } from './platform/outbox-dispatcher.js';
import { PlatformModule } from './platform/platform.module.js';
import { connectServices } from './platform/services.js';
import { Settings } from './platform/settings.js';
import { Scheduler } from './schedules/scheduler.js';

export interface ApiOptions {
  config: Config;
  logger: Logger;
  clock?: Clock;
  /** Folder of the built dashboard. */
  dashboard?: string;
  /** Gives up waiting for the database or the queue; `startApi` then throws the signal's reason. */
  signal?: AbortSignal;
}

export interface RunningApi {
  /** Origin that it answers at. */
  url: string;
  /** Answers what is being asked, ends streams and tasks, and lets go of the database and the queue. */
  close(): Promise<void>;
}

/** Requests that have not ended by then are cut off, ms. */
const CLOSE_MS = 5_000;

/** Connects, migrates, and serves. Throws where something is wrong that waiting will not mend. */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { config, logger, clock = systemClock, signal = new AbortController().signal } = options;
  const services = await connectServices(config, logger, signal);
  try {
    const app = await NestFactory.create<NestExpressApplication>(
      ApiModule.over(PlatformModule.of(new Settings(config, clock), services, logger)),
      { logger: nestLogger(logger), bodyParser: false, abortOnError: false },
    );
    configure(app, options);
    serveOpenApi(app, ROUTES);
    await app.init();
    const stopTasks = await startTasks(app, options);
    try {
      await app.listen(config.port, config.host);
    } catch (error) {
      await stopTasks();
      throw error;
    }
    return {
      url: urlOf(app, config),
      close: async () => {
        const impatience = setTimeout(() => app.getHttpServer().closeAllConnections(), CLOSE_MS);
        // Streams of events end with the hub: without that, the server would wait for them.
        await stopTasks();
        await app.close();
        clearTimeout(impatience);
        await services.close();
      },
    };
  } catch (error) {
    await services.close();
    throw error;
  }
}

function configure(app: NestExpressApplication, { config, logger, dashboard }: ApiOptions): void {
  app.disable('x-powered-by');
  // Behind a proxy on the same machine, its headers say what the client asked for; nobody else's are believed.
  app.set('trust proxy', 'loopback');
  app.set('query parser', 'simple');
  app.use(app.get(PlatformMetrics).measure());
  app.use(securityHeaders(config.publicOrigin));
  app.use(requestGuard(config));
  app.use([V1_PATH, '/metrics'], app.get(Authentication).guard());
  if (dashboard !== undefined && !serveDashboard(app, dashboard)) {
    logger.warn(`the dashboard is not built: ${dashboard} has no index.html; "npm run build" makes it`);
  }
  // What is JSON but no object is refused by the schemas, in their words.
  app.useBodyParser('json', { limit: MAX_SPEC_BYTES, strict: false });
  app.useBodyParser('text', { limit: MAX_SPEC_BYTES, type: YAML_TYPES });
  // Nest would turn the parsers' errors into its own, and lose what they know.
  app.use((error: unknown, _request: Request, _response: Response, next: NextFunction) => next(problemOf(error)));
  app.useGlobalFilters(new ProblemFilter(logger));
}

/** The platform's own work, woken by what Postgres notifies. */
async function startTasks(app: NestExpressApplication, { config, logger }: ApiOptions): Promise<() => Promise<void>> {
  const hub = app.get(EventHub);
  const dispatcher = app.get(OutboxDispatcher);
  const housekeeping = app.get(Housekeeping);
  const scheduler = app.get(Scheduler);
  await hub.start();
  const listener = await NotificationListener.listen({
    url: config.databaseUrl,
    handlers: {
      [CHANNELS.events]: () => hub.wake(),
      [CHANNELS.outbox]: () => dispatcher.wake(),
      [CHANNELS.schedules]: () => scheduler.wake(),
    },
    onError: (error) => logger.warn('notifications of the database are interrupted', error),
  });
  dispatcher.wake();
  housekeeping.start();
  scheduler.wake();
  return async () => {
    await listener.close();
    await Promise.all([hub.stop(), dispatcher.stop(), housekeeping.stop(), scheduler.stop()]);
  };
}

function urlOf(app: NestExpressApplication, { host }: Config): string {
  const address: unknown = app.getHttpServer().address();
  const port = (address as { port: number }).port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
