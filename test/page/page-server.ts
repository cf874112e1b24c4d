/** Serves the built page as a gateway in dev mode does, with its content security policy, and nothing else. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};
const LOCAL = 'http://127.0.0.1:* ws://127.0.0.1:*';
const POLICY = `default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ${LOCAL}`;

export interface PageServer {
  readonly url: string;
  stop(): Promise<void>;
}

export async function servePage(folder: string): Promise<PageServer> {
  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://page').pathname;
    const name = path === '/' ? '/index.html' : path;
    const answer = async (): Promise<void> => {
      const type = TYPES[extname(name)];
      const body = type === undefined ? null : await readFile(join(folder, name)).catch(() => null);
      const headers = { 'Content-Type': type ?? 'text/plain', 'Content-Security-Policy': POLICY };
      res.writeHead(body ? 200 : 404, headers).end(body);
    };
    void answer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // safety: it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
