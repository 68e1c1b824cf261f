import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [swc.vite({ module: { type: 'es6' } })],
  resolve: { conditions: ['ts-src', 'node'] },
  ssr: { resolve: { conditions: ['ts-src', 'node'] } },
  test: {
    include: ['libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'test/**/*.spec.ts'],
    // Starts Postgres, Redis or MinIO when the first spec file asks for one, and stops them at the end.
    globalSetup: './test/services/global-setup.ts',
    // A native addon is loaded once per process, so every test file gets a process of its own.
    pool: 'forks',
    isolate: true,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
