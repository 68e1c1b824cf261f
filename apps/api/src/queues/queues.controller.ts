import { Controller, Inject } from '@nestjs/common';
import { listOf, QueueSchema, type QueueView } from '#contracts';
import type { RunPublisher } from '#queue';
import { Endpoint } from '../http/endpoint.js';
import { PUBLISHER } from '../platform/ports.js';

@Controller('queues')
export class QueuesController {
  constructor(@Inject(PUBLISHER) private readonly publisher: RunPublisher) {}

  @Endpoint({ method: 'GET', summary: 'Messages in the queue', response: listOf(QueueSchema), problems: [503] })
  async list(): Promise<{ items: QueueView[] }> {
    return { items: [{ name: 'runs', ...(await this.publisher.counts()) }] };
  }
}
