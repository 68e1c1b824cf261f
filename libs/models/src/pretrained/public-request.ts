import { lookup as dnsLookup } from 'node:dns';
import { lookup as addressesOf } from 'node:dns/promises';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { proxyFor } from '#engine';
import { connectThrough } from './connect-through.js';

const MAX_REDIRECTS = 5;
/** No byte for so long: the other side is gone. */
const IDLE_MS = 30_000;

const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4');
  // The same in IPv6: mapped, and as a translator (RFC 6052) has it.
  PRIVATE.addSubnet(`::ffff:${network}`, 96 + prefix, 'ipv6');
  PRIVATE.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6');
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv6');
}

/** Whether an address belongs to this machine, its network, or nobody, rather than to the public internet (RFC 6890). */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family === 0 || PRIVATE.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

export interface PublicRequest {
  headers: Readonly<Record<string, string>>;
  /** An origin that a person has named, which may be private and without TLS. */
  trustedOrigin?: string;
  signal?: AbortSignal;
  /** The proxy of an address; default: what HTTPS_PROXY and NO_PROXY say. */
  proxyOf?(url: URL): URL | undefined;
  /** Certificates to believe instead of the machine's, PEM. */
  ca?: string;
}

/**
 * GETs from the public internet by HTTPS, following redirects there. Where a name leads to a private address, at whichever
 * hop, nothing is sent: the address that is checked is the one that is connected to. Through a proxy it is the proxy that
 * connects, to the name: it is asked for none that is private here, and what it reaches must have the name's certificate.
 * @throws Error that says why there is no answer
 */
export async function publicGet(start: URL, request: PublicRequest): Promise<IncomingMessage> {
  let url = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const answer = await getOnce(url, request);
    const { statusCode = 0, headers } = answer;
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined) return answer;
    answer.destroy();
    url = new URL(headers.location, url);
  }
  throw new Error(`${start.host} redirects more than ${MAX_REDIRECTS} times`);
}

async function getOnce(url: URL, options: PublicRequest): Promise<IncomingMessage> {
  const { headers, trustedOrigin, signal, proxyOf = proxyFor, ca } = options;
  const trusted = url.origin === trustedOrigin;
  if (url.protocol !== 'https:' && !(trusted && url.protocol === 'http:')) {
    throw new Error(`${url.origin} is no address of HTTPS`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!trusted && isIP(host) !== 0 && isPrivateAddress(host)) throw privateError(host);
  const proxy = proxyOf(url);
  if (proxy !== undefined && !trusted) await refusePrivate(host);
  const port = url.port === '' ? '443' : url.port;
  const socket = proxy && (await connectThrough(proxy, `${url.hostname}:${port}`, { signal, idleMs: IDLE_MS }));
  return new Promise((resolve, reject) => {
    const get = url.protocol === 'https:' ? getSecure : getPlain;
    const way = socket === undefined ? {} : { socket, agent: false as const };
    const request = get(
      url,
      { headers, signal, ca, ...(trusted ? {} : { lookup: publicLookup }), ...way },
      (answer) => {
        answer.setTimeout(IDLE_MS, () => answer.destroy(new Error(`${url.host} has stopped sending`)));
        resolve(answer);
      },
    );
    request.setTimeout(IDLE_MS, () => request.destroy(new Error(`${url.host} does not answer`)));
    request.on('error', (error) => {
      socket?.destroy();
      reject(error);
    });
  });
}

/** What is not known here may be known to the proxy: many networks leave public names to it. */
async function refusePrivate(host: string): Promise<void> {
  const addresses = await addressesOf(host, { all: true }).catch(() => []);
  const inside = addresses.find(({ address }) => isPrivateAddress(address));
  if (inside !== undefined) throw privateError(`${host} (${inside.address})`);
}

const publicLookup: LookupFunction = (host, options, callback) => {
  dnsLookup(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const inside = addresses.find(({ address }) => isPrivateAddress(address));
    if (inside !== undefined) return callback(privateError(`${host} (${inside.address})`), '', 0);
    if (options.all === true) return callback(null, addresses);
    callback(null, addresses[0].address, addresses[0].family);
  });
};

function privateError(host: string): Error {
  return new Error(`${host} is a private address`);
}
