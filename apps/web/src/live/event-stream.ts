import { PlatformEventSchema, type PlatformEvent } from '#contracts';

export type StreamStatus = 'connecting' | 'live' | 'lost';

export interface EventStreamOptions {
  url: string;
  /** What arrived, in order, gathered over `BATCH_MS` so that a burst renders once. */
  onEvents(events: PlatformEvent[]): void;
  onStatus(status: StreamStatus): void;
  /** The stream is open (again): what was fetched before may miss events. */
  onOpen(): void;
}

const BATCH_MS = 100;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/**
 * One EventSource for the whole page. The browser resumes a broken connection by itself, with Last-Event-ID; where it
 * gives up (the server answered with an error, as while it restarts) a new one is opened, with growing pauses.
 *
 * @returns what closes the stream
 */
export function openEventStream({ url, onEvents, onStatus, onOpen }: EventStreamOptions): () => void {
  let source: EventSource;
  let retryMs = FIRST_RETRY_MS;
  let retryTimer: number | undefined;
  let batchTimer: number | undefined;
  let batch: PlatformEvent[] = [];

  const flush = () => {
    batchTimer = undefined;
    const events = batch;
    batch = [];
    onEvents(events);
  };

  const receive = (message: MessageEvent<string>) => {
    const parsed = PlatformEventSchema.safeParse(JSON.parse(message.data));
    // A newer server may send kinds of events that this page does not know: they concern nothing that it shows.
    if (!parsed.success) return;
    batch.push(parsed.data);
    batchTimer ??= window.setTimeout(flush, BATCH_MS);
  };

  const connect = () => {
    window.clearTimeout(retryTimer);
    onStatus('connecting');
    source = new EventSource(url);
    source.onmessage = receive;
    source.onopen = () => {
      retryMs = FIRST_RETRY_MS;
      onStatus('live');
      onOpen();
    };
    source.onerror = () => {
      onStatus('lost');
      if (source.readyState !== EventSource.CLOSED) return;
      retryTimer = window.setTimeout(connect, retryMs);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    };
  };

  const reconnectAtOnce = () => {
    if (source.readyState === EventSource.CLOSED) connect();
  };
  window.addEventListener('online', reconnectAtOnce);
  connect();
  return () => {
    window.removeEventListener('online', reconnectAtOnce);
    window.clearTimeout(retryTimer);
    window.clearTimeout(batchTimer);
    source.close();
  };
}
