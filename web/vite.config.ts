import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Relative base, so that the page also works behind a proxy's path; nothing inline, so that `default-src 'self'` holds. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:7070' } },
});
