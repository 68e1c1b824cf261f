import { describe, expect, it } from 'vitest';
import { isPrivateAddress, publicGet } from './public-request.js';

describe('isPrivateAddress', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::127.0.0.1',
    'no address',
  ])('is so of %s', (address) => expect(isPrivateAddress(address)).toBe(true));

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('is not so of %s', (address) =>
    expect(isPrivateAddress(address)).toBe(false),
  );
});

describe('publicGet', () => {
  it.each(['https://127.0.0.1:1/', 'https://[::1]:1/', 'https://localhost:1/', 'https://2130706433/'])(
    'sends nothing to %s',
    (url) => expect(publicGet(new URL(url), { headers: {} })).rejects.toThrow(/is a private address/),
  );

  it('sends nothing without TLS', () =>
    expect(publicGet(new URL('http://example.org/'), { headers: {} })).rejects.toThrow(/no address of HTTPS/));
});
