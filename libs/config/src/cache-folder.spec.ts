import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from './cache-folder.js';

describe('cacheFolder', () => {
  it('is what DISTILLERY_CACHE says, made absolute', () => {
    expect(cacheFolder({ DISTILLERY_CACHE: 'some/where' }, 'linux', '/home/ana')).toBe(path.resolve('some/where'));
  });

  it('follows XDG_CACHE_HOME on Linux and ignores a relative one, as the specification demands', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/var/cache/ana' }, 'linux', '/home/ana')).toBe('/var/cache/ana/distillery');
    expect(cacheFolder({ XDG_CACHE_HOME: 'caches' }, 'linux', '/home/ana')).toBe('/home/ana/.cache/distillery');
    expect(cacheFolder({}, 'linux', '/home/ana')).toBe('/home/ana/.cache/distillery');
  });

  it("uses each platform's own place for caches", () => {
    expect(cacheFolder({}, 'darwin', '/Users/ana')).toBe('/Users/ana/Library/Caches/distillery');
    expect(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32', '/users/ana')).toBe('/local/distillery/cache');
  });
});
