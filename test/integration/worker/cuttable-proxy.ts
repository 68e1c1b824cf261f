import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut, as by a server that restarts: connections break, and new ones are refused. */
export class CuttableProxy {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly target: URL,
    /** The target's URL by way of this proxy. */
    readonly url: string,
    private readonly port: number,
  ) {}

  static async open(target: string): Promise<CuttableProxy> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = String(port);
    const proxy = new CuttableProxy(new URL(target), url.href, port);
    await proxy.mend();
    return proxy;
  }

  async cut(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(server, 'close');
  }

  async mend(): Promise<void> {
    this.server = createServer((socket) => this.carry(socket));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  close(): Promise<void> {
    return this.cut();
  }

  private carry(socket: Socket): void {
    const onward = createConnection(Number(this.target.port), this.target.hostname);
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ]) {
      this.sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
