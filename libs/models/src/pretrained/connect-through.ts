import { request as requestPlain, type RequestOptions } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Socket } from 'node:net';

export interface ThroughOptions {
  signal?: AbortSignal;
  /** No answer for so long: the proxy is gone. Milliseconds. */
  idleMs: number;
}

/**
 * A connection to a host and port that a proxy makes for us (CONNECT, RFC 9110 §9.3.6); what is sent over it the proxy
 * passes on unread. A name and password in the proxy's address are given to it alone (RFC 7617).
 * @param proxy of http or https
 * @throws Error that names the proxy, without its password
 */
export function connectThrough(proxy: URL, target: string, { signal, idleMs }: ThroughOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`the proxy ${proxy.host} ${reason}`));
    const { username, password } = proxy;
    const account = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
    const options: RequestOptions = {
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port === '' ? undefined : proxy.port,
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...(username === '' ? {} : { 'proxy-authorization': `Basic ${account}` }) },
      agent: false,
      signal,
    };
    const request = proxy.protocol === 'https:' ? requestSecure(options) : requestPlain(options);
    request.setTimeout(idleMs, () => request.destroy(new Error('it does not answer')));
    request.on('error', (error) => fail(`cannot be used: ${error.message}`));
    request.on('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      socket.setTimeout(0);
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        const hint = statusCode === 407 ? ': it wants a name and a password in HTTPS_PROXY' : '';
        return fail(`answers ${statusCode} when asked for ${target}${hint}`);
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.end();
  });
}
