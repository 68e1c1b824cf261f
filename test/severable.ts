import { connect, createServer, type Socket } from 'node:net';

export interface Severable {
  /** The URL of the service by way of this connection. */
  url: string;
  /** The service is away: every connection breaks, new ones are refused. */
  sever(): Promise<void>;
  /** The service is back, at the same address. */
  restore(): Promise<void>;
}

/** A way to a real service that a test can cut, so that the service is gone for one client alone. */
export async function severable(target: string, options: { severed?: boolean } = {}): Promise<Severable> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const service = connect(Number(port), hostname);
    for (const socket of [client, service]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        service.destroy();
      });
    }
    client.pipe(service).pipe(client);
  });
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  await listen(0);
  const address = server.address() as { port: number };
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  const way: Severable = {
    url: url.href,
    sever: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    restore: () => listen(address.port),
  };
  if (options.severed) await way.sever();
  return way;
}
