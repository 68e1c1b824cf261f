import { once } from 'node:events';
import type { Response } from 'express';
import type { PlatformEvent } from '#contracts';
import type { EventHub } from './event-hub.js';

/** Proxies and browsers take a silent connection for dead. */
export const HEARTBEAT_MS = 15_000;

export interface EventStreamOptions {
  /** Where to go on; without one, from now. */
  lastEventId?: string;
  /** Only events of this run. */
  runId?: string;
  heartbeatMs?: number;
}

/**
 * Sends events to one watcher until it goes away or the hub stops. A watcher that reads slowly is waited for: nothing
 * piles up here, it goes on from its own cursor.
 */
export async function streamEvents(response: Response, hub: EventHub, options: EventStreamOptions): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  response.on('error', () => gone.abort());
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // nginx would otherwise keep events back until its buffer is full.
    'x-accel-buffering': 'no',
  });
  let cursor = options.lastEventId ?? hub.position;
  // A cursor without data: whoever loses the connection before the first event resumes here too.
  response.write(`retry: 1000\nid: ${cursor}\n\n`);
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(`id: ${cursor}\n: still here\n\n`);
  }, options.heartbeatMs ?? HEARTBEAT_MS);
  try {
    while (!gone.signal.aborted && !hub.isStopped) {
      const changed = hub.changed(gone.signal);
      const batch = await hub.after(cursor);
      for (const each of batch.events) {
        if (!concerns(each.event, options.runId)) continue;
        if (!response.write(each.frame)) await once(response, 'drain', { signal: gone.signal });
        cursor = each.cursor;
      }
      const advanced = cursor !== batch.cursor || batch.events.length > 0;
      cursor = batch.cursor;
      if (!advanced) await changed;
    }
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
    response.end();
    gone.abort();
  }
}

function concerns(event: PlatformEvent, runId: string | undefined): boolean {
  if (runId === undefined || event.type === 'reset') return true;
  if (event.type === 'run') return event.run.id === runId;
  return 'runId' in event && event.runId === runId;
}
