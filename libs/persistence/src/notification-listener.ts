import pg from 'pg';
import type { Channel } from './channels.js';
import { translate } from './database-errors.js';

export interface ListenOptions {
  /** postgres:// URL. */
  url: string;
  /**
   * Called with each notification's payload; and without one after each (re)connection, because what was notified
   * meanwhile is lost: then the handler looks for itself.
   */
  handlers: Partial<Record<Channel, (payload?: string) => void>>;
  onError(error: Error): void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * A connection of its own that hears Postgres' NOTIFY, and comes back by itself when it breaks. `listen` throws
 * DatabaseUnavailableError where the first connection cannot be made.
 */
export class NotificationListener {
  private client: pg.Client | undefined;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;
  private failures = 0;

  private constructor(private readonly options: ListenOptions) {}

  static async listen(options: ListenOptions): Promise<NotificationListener> {
    const listener = new NotificationListener(options);
    try {
      await listener.connect();
    } catch (error) {
      throw translate(error);
    }
    return listener;
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    const client = this.client;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.options.url,
      application_name: 'distillery listener',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    });
    // An error of a connection that is being made is the rejection of connect(); later it means that it broke.
    client.on('error', (error) => this.onBroken(client, error));
    client.on('end', () => this.onBroken(client, undefined));
    client.on('notification', ({ channel, payload }) => this.options.handlers[channel as Channel]?.(payload));
    try {
      await client.connect();
      for (const channel of Object.keys(this.options.handlers)) await client.query(`LISTEN ${channel}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (this.closed) return void (await client.end().catch(() => undefined));
    this.client = client;
    this.failures = 0;
    for (const handler of Object.values(this.options.handlers)) handler();
  }

  private onBroken(client: pg.Client, error: Error | undefined): void {
    if (this.closed || client !== this.client) return;
    this.client = undefined;
    if (error !== undefined) this.options.onError(translate(error) as Error);
    client.end().catch(() => undefined);
    this.reconnectLater();
  }

  private reconnectLater(): void {
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures++);
    this.retry = setTimeout(() => {
      this.connect().catch((error: Error) => {
        this.options.onError(translate(error) as Error);
        if (!this.closed) this.reconnectLater();
      });
    }, pause);
  }
}
