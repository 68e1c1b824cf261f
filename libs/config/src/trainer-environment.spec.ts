import { describe, expect, it } from 'vitest';
import { ENVIRONMENT } from './config.js';
import { trainerEnvironment } from './trainer-environment.js';

describe('trainerEnvironment', () => {
  it('passes on what a program needs to find its files and the network', () => {
    const env = {
      PATH: '/bin',
      Path: 'C:\\bin',
      LC_ALL: 'C.UTF-8',
      https_proxy: 'http://proxy:3128',
      HOME: '/home/ana',
      TF_ENABLE_ONEDNN_OPTS: '0',
    };
    expect(trainerEnvironment({ cacheFolder: '/cache' }, env)).toEqual({ ...env, DISTILLERY_CACHE: '/cache' });
  });

  it('keeps every variable of the platform back, and whatever it does not know', () => {
    const names = [
      ...Object.keys(ENVIRONMENT),
      'AWS_SECRET_ACCESS_KEY',
      'PGPASSWORD',
      'GITHUB_TOKEN',
      'TF_VAR_password',
      'NODE_OPTIONS',
    ];
    const env = Object.fromEntries(names.map((name) => [name, 'hunter2']));
    expect(trainerEnvironment({ cacheFolder: '/cache' }, env)).toEqual({ DISTILLERY_CACHE: '/cache' });
  });

  it('shows a trainer the GPU of its slot alone, or none', () => {
    const env = { CUDA_VISIBLE_DEVICES: '0,1' };
    const visible = (gpu?: string) => trainerEnvironment({ cacheFolder: '/cache', gpu }, env).CUDA_VISIBLE_DEVICES;
    expect(visible()).toBe('0,1');
    expect(visible('GPU-1a2b')).toBe('GPU-1a2b');
    expect(visible('none')).toBe('-1');
  });
});
