import { Controller, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Endpoint } from '../http/endpoint.js';
import { PlatformMetrics } from './platform-metrics.js';

@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: PlatformMetrics) {}

  @Endpoint({
    method: 'GET',
    summary: 'Runs, queue, workers and durations of requests, for Prometheus',
    stream: { type: 'text/plain', description: "Prometheus' text format" },
    problems: [401],
  })
  async read(@Res() response: Response): Promise<void> {
    const { type, text } = await this.metrics.read();
    response.set({ 'content-type': type, 'cache-control': 'no-store' }).send(text);
  }
}
