/** Builds the gallery page into a folder of its own and serves it on a free port of loopback. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
};

export interface GalleryServer {
  readonly address: string;
  readonly close: () => Promise<void>;
}

export async function serveGallery(): Promise<GalleryServer> {
  await build({ configFile: here('../vite.config.ts'), mode: 'gallery', logLevel: 'warn' });
  const folder = here('../../../.build/gallery');
  const server: Server = createServer(async ({ url = '/' }, answer) => {
    const path = normalize(new URL(url, 'http://gallery').pathname);
    try {
      const content = await readFile(join(folder, path));
      answer.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(content);
    } catch {
      answer.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    address: `http://127.0.0.1:${port}/gallery.html`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
