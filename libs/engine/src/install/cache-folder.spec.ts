import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from './cache-folder.js';

describe('cacheFolder', () => {
  it.each([
    ['the user says where', { DISTILLERY_CACHE: '/big/cache', XDG_CACHE_HOME: '/xdg' }, 'linux', resolve('/big/cache')],
    ['XDG says where', { XDG_CACHE_HOME: '/xdg' }, 'linux', '/xdg/distillery'],
    ['nobody says where', {}, 'linux', '/home/ada/.cache/distillery'],
    ['it is a Mac', {}, 'darwin', '/home/ada/Library/Caches/distillery'],
    ['it is Windows', { LOCALAPPDATA: '/local' }, 'win32', '/local/distillery/cache'],
  ] as const)('is the right one when %s', (_, env, platform, expected) => {
    expect(cacheFolder({ env, platform, home: '/home/ada' })).toBe(expected);
  });
});
