import { Controller, Headers, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { PlatformEventSchema } from '#contracts';
import { z } from 'zod';
import { Checked } from '../http/checked.js';
import { Endpoint } from '../http/endpoint.js';
import { EventHub } from './event-hub.js';
import { streamEvents } from './event-stream.js';

const EventsQuerySchema = z.strictObject({ run: z.uuid().optional() });

@Controller('events')
export class EventsController {
  constructor(private readonly hub: EventHub) {}

  @Endpoint({
    method: 'GET',
    summary: 'What happens, as server-sent events; resumable by Last-Event-ID',
    query: EventsQuerySchema,
    response: PlatformEventSchema,
    stream: { type: 'text/event-stream', description: 'Each event is a PlatformEvent; its id is a cursor' },
  })
  async stream(
    @Query(new Checked(EventsQuerySchema)) query: z.output<typeof EventsQuerySchema>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    await streamEvents(response, this.hub, { lastEventId: lastEventId || undefined, runId: query.run });
  }
}
