// How the page is served in development and built to a static `dist/` that works under any base path. The policy in
// index.html is the built page's; the development server needs inline scripts for hot reload, so it is taken out there.

import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const developmentWithoutPolicy: Plugin = {
  name: 'development-without-policy',
  apply: 'serve',
  transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ''),
};

export default defineConfig(({ command, isPreview }) => ({
  base: './',
  plugins: [react(), ...(command === 'serve' && isPreview !== true ? [developmentWithoutPolicy] : [])],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    outDir: 'dist',
    // Monaco alone is larger than the default limit; the page's own sizes are kept by size-limit.
    chunkSizeWarningLimit: 4000,
    // Fonts must stay files: the policy allows no data: fonts.
    assetsInlineLimit: 0,
  },
}));
