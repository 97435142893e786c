import { fileURLToPath } from 'node:url';
import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `--mode gallery` builds the page that draws any screen from samples; it is no part of the product's page. */
export default defineConfig(({ mode }) => ({
  root: here('.'),
  base: './',
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false })],
  build: {
    outDir: here(mode === 'gallery' ? '../../.build/gallery' : '../../.build/page'),
    emptyOutDir: true,
    target: 'chrome120',
    // Type faces stay files of their own; the page's policy allows no data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: here(mode === 'gallery' ? './gallery.html' : './index.html') },
  },
}));
