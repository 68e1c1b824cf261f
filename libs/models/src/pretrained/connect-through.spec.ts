import { once } from 'node:events';
import { createServer as createProxy, type IncomingMessage, type Server } from 'node:http';
import { createServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WEIGHTS_EXAMPLE } from '../../../../test/tls/weights-example.js';
import { publicGet } from './public-request.js';

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** A real proxy and a real server of HTTPS: whatever name the proxy is asked for, it connects to that server. */
describe('a request through a proxy', () => {
  let published: Server;
  let proxy: Server;
  let asked: IncomingMessage[];
  let refuseWith: number | undefined;
  let open: Set<Socket>;

  beforeEach(async () => {
    [asked, refuseWith, open] = [[], undefined, new Set()];
    published = createServer(WEIGHTS_EXAMPLE, (request, response) => {
      if (request.url === '/elsewhere') return response.writeHead(302, { location: 'https://other.example/' }).end();
      response.end(`the weights at ${request.url} for ${request.headers['user-agent']}`);
    });
    proxy = createProxy((_, response) => response.writeHead(405).end());
    proxy.on('connect', (request: IncomingMessage, client: Socket) => {
      asked.push(request);
      open.add(client);
      if (refuseWith !== undefined) return client.end(`HTTP/1.1 ${refuseWith} No\r\n\r\n`);
      const onward = connect(portOf(published), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        onward.pipe(client);
        client.pipe(onward);
      });
      onward.on('error', () => client.destroy());
      client.on('error', () => onward.destroy());
    });
    await Promise.all([published, proxy].map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  });
  afterEach(() => {
    for (const socket of open) socket.destroy();
    for (const server of [published, proxy]) server.closeAllConnections();
    for (const server of [published, proxy]) server.close();
  });

  const get = (url: string, { account = '', port = portOf(proxy) } = {}) =>
    publicGet(new URL(url), {
      headers: { 'user-agent': 'distillery' },
      proxyOf: () => new URL(`http://${account}127.0.0.1:${port}`),
      ca: WEIGHTS_EXAMPLE.cert,
    });

  it('is answered by whom the name is of, and the proxy sees but the name', async () => {
    const answer = await get('https://weights.example/net.pth', { account: 'me:my%20secret@' });
    expect(await text(answer)).toBe('the weights at /net.pth for distillery');
    expect(asked.map(({ url, headers }) => [url, headers['proxy-authorization'], headers['user-agent']])).toEqual([
      ['weights.example:443', `Basic ${Buffer.from('me:my secret').toString('base64')}`, undefined],
    ]);
  });

  it('is believed only with the certificate of the name, after a redirect as well', async () => {
    await expect(get('https://weights.example/elsewhere')).rejects.toThrow(/does not match certificate's altnames/);
    expect(asked.map(({ url }) => url)).toEqual(['weights.example:443', 'other.example:443']);
  });

  it.each(['https://10.0.0.1/', 'https://[fd00::1]/', 'https://localhost/'])(
    'is not asked for where the place is private: %s',
    async (url) => {
      await expect(get(url)).rejects.toThrow(/is a private address/);
      expect(asked).toEqual([]);
    },
  );

  it.each([
    [407, /the proxy 127\.0\.0\.1:\d+ answers 407 .*weights\.example:443: it wants a name and a password/],
    [403, /the proxy 127\.0\.0\.1:\d+ answers 403 when asked for weights\.example:443$/],
  ])('that is refused with %d says by whom, and no password', async (status, words) => {
    refuseWith = status;
    const refused = get('https://weights.example/', { account: 'me:secret@' });
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.not.toThrow(/secret/);
  });

  it('says so where there is no proxy', async () => {
    const port = portOf(proxy);
    await once(proxy.close(), 'close');
    await expect(get('https://weights.example/', { port })).rejects.toThrow(
      /the proxy 127\.0\.0\.1:\d+ cannot be used: .*ECONNREFUSED/,
    );
  });
});
