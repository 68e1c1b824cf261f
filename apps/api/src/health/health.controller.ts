import { Controller, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { ArtifactStore } from '#artifacts';
import { HealthSchema, type Health } from '#contracts';
import { Logger } from '#config';
import { Database } from '#persistence';
import type { RunPublisher } from '#queue';
import { Endpoint } from '../http/endpoint.js';
import { ARTIFACTS, PUBLISHER } from '../platform/ports.js';

const PATIENCE_MS = 5_000;

@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    @Inject(PUBLISHER) private readonly publisher: RunPublisher,
    @Inject(ARTIFACTS) private readonly artifacts: ArtifactStore,
    private readonly logger: Logger,
  ) {}

  @Endpoint({ method: 'GET', path: 'live', summary: 'The process answers', response: HealthSchema })
  live(): Health {
    return { status: 'ok', checks: {} };
  }

  @Endpoint({
    method: 'GET',
    path: 'ready',
    summary: 'Everything that the API needs answers; 503 where it does not',
    response: HealthSchema,
  })
  async ready(@Res({ passthrough: true }) response: Response): Promise<Health> {
    const [database, queue, artifacts] = await Promise.all([
      this.check('database', this.database.check()),
      this.check('queue', this.publisher.counts()),
      this.check('artifacts', this.artifacts.check()),
    ]);
    const ready = [database, queue, artifacts].every((state) => state === 'ok');
    if (!ready) response.status(503);
    return { status: ready ? 'ok' : 'unavailable', checks: { database, queue, artifacts } };
  }

  private async check(name: string, probe: Promise<unknown>): Promise<'ok' | 'unavailable'> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    });
    try {
      await Promise.race([probe, late]);
      return 'ok';
    } catch (error) {
      this.logger.warn(`not ready: the ${name} does not answer`, error as Error);
      return 'unavailable';
    } finally {
      clearTimeout(timer);
    }
  }
}
