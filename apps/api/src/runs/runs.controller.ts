import { Body, Controller, Inject, Param, Query } from '@nestjs/common';
import {
  AttemptSchema,
  BulkBodySchema,
  BulkResultSchema,
  ComparisonSchema,
  ListRunsQuerySchema,
  listOf,
  LogPageSchema,
  MetricSeriesSchema,
  pageOf,
  ReportSchema,
  RunDetailSchema,
  RunSchema,
  type Attempt,
  type BulkResult,
  type Comparison,
  type ListRunsQuery,
  type LogLine,
  type MetricSeries,
  type Page,
  type Report,
  type Run,
  type RunDetail,
} from '#contracts';
import { Logger } from '#config';
import { LogStore, MetricStore, RunControl, RunStore } from '#persistence';
import type { RunPublisher } from '#queue';
import { z } from 'zod';
import { Checked } from '../http/checked.js';
import { Endpoint } from '../http/endpoint.js';
import { problemOf } from '../http/problem-filter.js';
import { PUBLISHER } from '../platform/ports.js';
import { differences } from './differences.js';

/** A list in a query: repeated, or separated by commas. */
const list = z.preprocess(
  (value) => (value === undefined ? undefined : [value].flat().flatMap((each) => String(each).split(','))),
  z.array(z.string().min(1).max(200)).max(100).optional(),
);
const MetricsQuerySchema = z.strictObject({
  keys: list,
  maxPoints: z.coerce.number().int().min(4).max(20_000).default(1000),
});
const LogsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(5000).default(1000),
});
const CompareQuerySchema = z.strictObject({
  runs: z.preprocess(
    (value) => [value ?? []].flat().flatMap((each) => String(each).split(',')),
    z.array(z.uuid()).min(1).max(20),
  ),
});

@Controller()
export class RunsController {
  constructor(
    private readonly runs: RunStore,
    private readonly metricStore: MetricStore,
    private readonly logStore: LogStore,
    private readonly control: RunControl,
    @Inject(PUBLISHER) private readonly publisher: RunPublisher,
    private readonly logger: Logger,
  ) {}

  @Endpoint({
    method: 'GET',
    path: 'runs',
    summary: 'Runs, filtered and sorted',
    query: ListRunsQuerySchema,
    response: pageOf(RunSchema),
  })
  list(@Query(new Checked(ListRunsQuerySchema)) query: ListRunsQuery): Promise<Page<Run>> {
    return this.runs.list(query);
  }

  @Endpoint({
    method: 'POST',
    path: 'runs/bulk',
    summary: 'Cancel or retry many runs',
    body: BulkBodySchema,
    response: BulkResultSchema,
  })
  async bulk(@Body(new Checked(BulkBodySchema)) body: z.output<typeof BulkBodySchema>): Promise<BulkResult> {
    const items: BulkResult['items'] = [];
    for (const id of new Set(body.runs)) {
      try {
        await (body.action === 'cancel' ? this.cancelRun(id) : this.control.retry(id));
        items.push({ id, ok: true });
      } catch (error) {
        const problem = problemOf(error);
        if (problem.status >= 500) throw error;
        items.push({ id, ok: false, message: problem.message });
      }
    }
    return { items };
  }

  @Endpoint({
    method: 'GET',
    path: 'compare',
    summary: 'Runs beside each other, and where their specs differ',
    query: CompareQuerySchema,
    response: ComparisonSchema,
    problems: [404],
  })
  async compare(
    @Query(new Checked(CompareQuerySchema)) query: z.output<typeof CompareQuerySchema>,
  ): Promise<Comparison> {
    const runs = await Promise.all(query.runs.map((id) => this.runs.get(id)));
    return { runs, differences: differences(runs.map((run) => run.spec)) };
  }

  @Endpoint({ method: 'GET', path: 'runs/:id', summary: 'One run', response: RunDetailSchema, problems: [404] })
  get(@Param('id') id: string): Promise<RunDetail> {
    return this.runs.get(id);
  }

  @Endpoint({
    method: 'GET',
    path: 'runs/:id/attempts',
    summary: 'The tries at a run, oldest first',
    response: listOf(AttemptSchema),
    problems: [404],
  })
  async attempts(@Param('id') id: string): Promise<{ items: Attempt[] }> {
    return { items: await this.runs.attempts(id) };
  }

  @Endpoint({
    method: 'GET',
    path: 'runs/:id/metrics',
    summary: 'Curves, thinned',
    query: MetricsQuerySchema,
    response: listOf(MetricSeriesSchema),
    problems: [404],
  })
  async metrics(
    @Param('id') id: string,
    @Query(new Checked(MetricsQuerySchema)) query: z.output<typeof MetricsQuerySchema>,
  ): Promise<{ items: MetricSeries[] }> {
    await this.runs.mustExist(id);
    return { items: await this.metricStore.series(id, query) };
  }

  @Endpoint({
    method: 'GET',
    path: 'runs/:id/logs',
    summary: 'Log lines after a sequence number, ascending',
    query: LogsQuerySchema,
    response: LogPageSchema,
    problems: [404],
  })
  async logs(
    @Param('id') id: string,
    @Query(new Checked(LogsQuerySchema)) query: z.output<typeof LogsQuerySchema>,
  ): Promise<Page<LogLine>> {
    await this.runs.mustExist(id);
    return this.logStore.page(id, query);
  }

  @Endpoint({
    method: 'GET',
    path: 'runs/:id/report',
    summary: 'What a completed run found',
    response: ReportSchema,
    problems: [404],
  })
  report(@Param('id') id: string): Promise<Report> {
    return this.runs.report(id);
  }

  @Endpoint({
    method: 'POST',
    path: 'runs/:id/cancel',
    summary: 'Cancel a run; a running one stops within seconds',
    response: RunDetailSchema,
    problems: [404, 409],
  })
  async cancel(@Param('id') id: string): Promise<RunDetail> {
    await this.cancelRun(id);
    return this.runs.get(id);
  }

  @Endpoint({
    method: 'POST',
    path: 'runs/:id/retry',
    summary: 'Queue another attempt at a run that failed or was cancelled',
    response: RunDetailSchema,
    problems: [404, 409],
  })
  async retry(@Param('id') id: string): Promise<RunDetail> {
    await this.control.retry(id);
    return this.runs.get(id);
  }

  private async cancelRun(id: string): Promise<void> {
    const withdrawal = await this.control.cancel(id);
    if (withdrawal === undefined) return;
    // Only tidiness: a worker that takes the message finds nothing to do. So nobody waits for it.
    this.publisher
      .withdraw(withdrawal)
      .catch((error: Error) => this.logger.debug('a cancelled run stays in the queue', error));
  }
}
