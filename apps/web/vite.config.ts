import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

const repository = path.resolve(import.meta.dirname, '../..');

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  // `#contracts` is bundled from its sources, so that the dashboard builds without the libs being built first.
  resolve: { conditions: ['ts-src', ...defaultClientConditions] },
  build: {
    outDir: path.join(repository, 'dist/apps/web'),
    emptyOutDir: true,
    target: 'es2023',
    // The editor (CodeMirror with its YAML grammar) is a page of its own, loaded only where a spec is written.
    chunkSizeWarningLimit: 700,
  },
  server: {
    fs: { allow: [repository] },
    proxy: { '/api': 'http://127.0.0.1:3000' },
  },
});
