import { BlockList, isIP } from 'node:net';

/**
 * The proxy by which this machine's person wants a public address to be reached: `https_proxy` or HTTPS_PROXY, unless
 * `no_proxy` or NO_PROXY has the host. NO_PROXY lists hosts and domains, with a port or without, and networks of addresses
 * (10.0.0.0/8); `*` is all. Plain HTTP is no proxy's here: nothing public is fetched by it.
 * @throws Error where the variable is no address of an HTTP proxy; it says nothing of the password that may be in it
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv = process.env): URL | undefined {
  const written = env.https_proxy || env.HTTPS_PROXY;
  if (!written || url.protocol !== 'https:' || isExempt(url, env.no_proxy || env.NO_PROXY || '')) return undefined;
  const address = written.includes('://') ? written : `http://${written}`;
  if (!URL.canParse(address)) throw new Error('HTTPS_PROXY is no address of a proxy');
  const proxy = new URL(address);
  if (!/^https?:$/.test(proxy.protocol)) {
    throw new Error(`HTTPS_PROXY names a proxy of ${proxy.protocol.slice(0, -1)}; those of http and https are known`);
  }
  return proxy;
}

function isExempt({ hostname, port }: URL, list: string): boolean {
  const host = bare(hostname);
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*' || isInNetwork(host, entry)) return true;
      // An IPv6 address has colons of its own; with a port it stands in brackets.
      const [, name, only] = /^(\[.*\]|[^:]*|.*:.*:.*)(?::(\d+))?$/.exec(entry) ?? ['', entry];
      const domain = bare(name)
        .replace(/^\*?\./, '')
        .toLowerCase();
      const isIt = host === domain || host.endsWith(`.${domain}`);
      return isIt && (only === undefined || only === (port || '443'));
    });
}

/** Without the brackets of an IPv6 address. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

/** Whether an address, not a name, is in a network that is written as in CIDR. */
function isInNetwork(host: string, entry: string): boolean {
  const [, network, bits] = /^(.+)\/(\d+)$/.exec(entry) ?? [];
  if (network === undefined || isIP(host) === 0 || isIP(network) !== isIP(host)) return false;
  const type = isIP(host) === 4 ? 'ipv4' : 'ipv6';
  if (Number(bits) > (type === 'ipv4' ? 32 : 128)) return false;
  const networks = new BlockList();
  networks.addSubnet(network, Number(bits), type);
  return networks.check(host, type);
}
