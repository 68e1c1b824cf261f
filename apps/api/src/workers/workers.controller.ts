import { Controller } from '@nestjs/common';
import { listOf, WorkerSchema, type WorkerView } from '#contracts';
import { WorkerStore } from '#persistence';
import { Endpoint } from '../http/endpoint.js';

@Controller('workers')
export class WorkersController {
  constructor(private readonly workers: WorkerStore) {}

  @Endpoint({ method: 'GET', summary: 'Workers, those alive first', response: listOf(WorkerSchema) })
  async list(): Promise<{ items: WorkerView[] }> {
    return { items: await this.workers.list() };
  }
}
