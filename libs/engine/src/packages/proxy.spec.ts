import { describe, expect, it } from 'vitest';
import { proxyFor } from './proxy.js';

const target = new URL('https://weights.example.org/a.pth');
const through = (env: NodeJS.ProcessEnv, url: URL | string = target) => proxyFor(new URL(url), env)?.href;

describe('proxyFor', () => {
  it('is what the environment names, the small letters first', () => {
    expect(through({})).toBeUndefined();
    expect(through({ HTTPS_PROXY: 'http://proxy:3128' })).toBe('http://proxy:3128/');
    expect(through({ HTTPS_PROXY: 'http://a:1', https_proxy: 'b:2' })).toBe('http://b:2/');
    expect(through({ HTTPS_PROXY: '' })).toBeUndefined();
  });

  it('is none for plain HTTP', () => {
    expect(through({ HTTPS_PROXY: 'http://proxy:3128' }, 'http://mirror.example.org/')).toBeUndefined();
  });

  it.each([
    ['weights.example.org', true],
    ['EXAMPLE.org', true],
    ['.example.org', true],
    ['*.example.org', true],
    ['localhost, example.org:443', true],
    ['*', true],
    ['example.org:8443', false],
    ['ample.org', false],
    ['s.weights.example.org', false],
    ['', false],
  ])('heeds NO_PROXY=%s', (list, exempt) => {
    expect(through({ HTTPS_PROXY: 'proxy:1', NO_PROXY: list }) === undefined).toBe(exempt);
  });

  it('heeds addresses in NO_PROXY', () => {
    const env = { HTTPS_PROXY: 'proxy:1', NO_PROXY: '10.1.2.3,[::1]' };
    expect(through(env, 'https://10.1.2.3/')).toBeUndefined();
    expect(through(env, 'https://[::1]:8443/')).toBeUndefined();
    expect(through(env, 'https://110.1.2.3/')).toBe('http://proxy:1/');
  });

  it.each([
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['192.168.0.0/33', 'https://192.168.0.1/', false],
    ['fd00::/8', 'https://[fd12::1]/', true],
    ['fd00::/8', 'https://10.1.2.3/', false],
    ['example.org/8', 'https://example.org/', false],
    ['10.0.0.0/8', 'https://10.example.org/', false],
  ])('heeds networks: NO_PROXY=%s and %s', (list, url, exempt) => {
    expect(through({ HTTPS_PROXY: 'proxy:1', NO_PROXY: list }, url) === undefined).toBe(exempt);
  });

  it('refuses what is no HTTP proxy, and keeps its password to itself', () => {
    expect(() => through({ HTTPS_PROXY: 'socks5://me:secret@proxy:1080' })).toThrow(
      /^HTTPS_PROXY names a proxy of socks5; those of http and https are known$/,
    );
    expect(() => through({ HTTPS_PROXY: 'http://me:secret@' })).toThrow(/^HTTPS_PROXY is no address of a proxy$/);
  });
});
