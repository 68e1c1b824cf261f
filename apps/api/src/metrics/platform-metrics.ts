import { Inject, Injectable } from '@nestjs/common';
import type { Request, RequestHandler } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { Logger } from '#config';
import { RunStore, WorkerStore } from '#persistence';
import type { RunPublisher } from '#queue';
import { PUBLISHER } from '../platform/ports.js';

/** What Prometheus is told. What all api processes see alike (runs, queue, workers) is looked up when it asks. */
@Injectable()
export class PlatformMetrics {
  private readonly registry = new Registry();
  private readonly runs = this.gauge('distillery_runs', 'Runs by state', ['state']);
  private readonly queue = this.gauge('distillery_queue_messages', 'Messages of the queue by state', ['state']);
  private readonly workers = this.gauge('distillery_workers', 'Workers that are alive', ['accelerator']);
  private readonly slots = this.gauge('distillery_worker_slots', 'Slots of the workers that are alive', ['state']);
  private readonly durations = new Histogram({
    name: 'distillery_http_request_duration_seconds',
    help: 'Time until a request was answered, by route',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.registry],
  });

  constructor(
    private readonly runStore: RunStore,
    private readonly workerStore: WorkerStore,
    @Inject(PUBLISHER) private readonly publisher: RunPublisher,
    private readonly logger: Logger,
  ) {
    collectDefaultMetrics({ register: this.registry });
  }

  /** In front of everything: measures each request. Streams of events last for hours, and are left out. */
  measure(): RequestHandler {
    return (request, response, next) => {
      const stop = this.durations.startTimer();
      response.once('finish', () => {
        const type = String(response.getHeader('content-type') ?? '');
        if (type.startsWith('text/event-stream')) return;
        stop({ method: request.method, route: routeOf(request), status: String(response.statusCode) });
      });
      next();
    };
  }

  /** The text format; `type` is its media type. What cannot be looked up at the moment is missing. */
  async read(): Promise<{ type: string; text: string }> {
    await Promise.all([
      this.refresh([this.runs], async () => {
        for (const [state, count] of Object.entries(await this.runStore.countByState())) {
          this.runs.set({ state }, count);
        }
      }),
      this.refresh([this.queue], async () => {
        for (const [state, count] of Object.entries(await this.publisher.counts())) this.queue.set({ state }, count);
      }),
      this.refresh([this.workers, this.slots], async () => {
        const alive = (await this.workerStore.list()).filter((worker) => worker.alive);
        for (const { accelerator, slots, busy } of alive) {
          this.workers.inc({ accelerator });
          this.slots.inc({ state: 'busy' }, busy);
          this.slots.inc({ state: 'free' }, slots - busy);
        }
      }),
    ]);
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }

  private gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  private async refresh(gauges: Gauge[], work: () => Promise<void>): Promise<void> {
    // An old value would look like a new one.
    for (const gauge of gauges) gauge.reset();
    try {
      await work();
    } catch (error) {
      this.logger.warn('a metric cannot be looked up', error as Error);
    }
  }
}

/** The pattern of the route, not the path: ids would make a series each. */
function routeOf(request: Request): string {
  const route = request.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? route.path : 'other';
}
