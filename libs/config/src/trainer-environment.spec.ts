import { describe, expect, it } from 'vitest';
import { ENVIRONMENT } from './config.js';
import { personalTrainerEnvironment, trainerEnvironment } from './trainer-environment.js';

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
    expect(trainerEnvironment({ cacheFolder: '/cache' }, env)).toEqual({
      ...env,
      DISTILLERY_CACHE: '/cache',
      UV_THREADPOOL_SIZE: expect.any(String) as string,
    });
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
    expect(trainerEnvironment({ cacheFolder: '/cache' }, env)).toEqual({
      DISTILLERY_CACHE: '/cache',
      UV_THREADPOOL_SIZE: expect.any(String) as string,
    });
  });

  it('gives the decoding of images as many threads as there are cores, four at least, unless told otherwise', () => {
    const threads = (env: NodeJS.ProcessEnv) => trainerEnvironment({ cacheFolder: '/cache' }, env).UV_THREADPOOL_SIZE;
    expect(Number(threads({}))).toBeGreaterThanOrEqual(4);
    expect(threads({ UV_THREADPOOL_SIZE: '2' })).toBe('2');
    expect(personalTrainerEnvironment({ UV_THREADPOOL_SIZE: '2', EDITOR: 'vi' })).toEqual({
      UV_THREADPOOL_SIZE: '2',
      EDITOR: 'vi',
    });
    expect(Number(personalTrainerEnvironment({}).UV_THREADPOOL_SIZE)).toBeGreaterThanOrEqual(4);
  });

  it('shows a trainer the GPU of its slot alone, or none', () => {
    const env = { CUDA_VISIBLE_DEVICES: '0,1' };
    const visible = (gpu?: string) => trainerEnvironment({ cacheFolder: '/cache', gpu }, env).CUDA_VISIBLE_DEVICES;
    expect(visible()).toBe('0,1');
    expect(visible('GPU-1a2b')).toBe('GPU-1a2b');
    expect(visible('none')).toBe('-1');
  });
});
