import { fileURLToPath } from 'node:url';
import preact from '@preact/preset-vite';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const FIRST_NEEDED = /\/locales\/[\w-]+\/[\w-]+\.json$|\/flows\/[\w-]+\/screens\.tsx$/;

/**
 * Names in the page what its first view will ask for (texts, screens of flows, faces of the type), so that it comes while the ticket
 * is redeemed instead of after it. What only a demonstration site has, the dock, is not among it.
 */
function fetchAhead(): Plugin {
  return {
    name: 'pailou-fetch-ahead',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const parts = Object.values(bundle ?? {});
        const scripts = parts.filter((part) => part.type === 'chunk' && part.moduleIds.some((id) => FIRST_NEEDED.test(id)));
        const faces = parts.filter(({ fileName }) => /\/fonts-[\w-]+\.css$/.test(fileName));
        return [
          ...scripts.map(({ fileName }) => ({ rel: 'modulepreload', href: `./${fileName}` })),
          ...faces.map(({ fileName }) => ({ rel: 'preload', as: 'style', href: `./${fileName}` })),
        ].map((attrs) => ({ tag: 'link', attrs: { ...attrs, crossorigin: true }, injectTo: 'head' as const }));
      },
    },
  };
}

/** `--mode gallery` builds the page that draws any screen from samples; it is no part of the product's page. */
export default defineConfig(({ mode }) => ({
  root: here('.'),
  base: './',
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false }), fetchAhead()],
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
