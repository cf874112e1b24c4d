/** `GET /metrics`, as Prometheus asks for it: what this process counts, and what others in it count by themselves. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { LIMITS } from '../contracts/index.ts';
import type { MetricRegistry } from './registry.ts';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface Scraped {
  readonly registry: Pick<MetricRegistry, 'collect'>;
  /** Address of another such text, of a part of this process that has metrics of its own; absent: there is none. */
  readonly other?: () => string | undefined;
  readonly onError: (error: unknown) => void;
}

/** Without the names of scopes: they say the same in each line. */
const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);

async function otherText({ other, onError }: Scraped): Promise<string> {
  const url = other?.();
  if (url === undefined) return '';
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(LIMITS.metricAskMs) });
    return reply.ok ? await reply.text() : '';
  } catch (error) {
    onError(error);
    return '';
  }
}

/** All of it as Prometheus text. What cannot be had is absent. */
export async function scrape(scraped: Scraped): Promise<string> {
  const [{ resourceMetrics, errors }, other] = await Promise.all([
    scraped.registry.collect(),
    otherText(scraped),
  ]);
  for (const error of errors) scraped.onError(error);
  const own = serializer.serialize(resourceMetrics);
  return other === '' ? own : `${own.trimEnd()}\n${other}`;
}

function answering(scraped: Scraped): Server {
  return createServer((req, res) => {
    if (req.url?.split('?')[0] !== '/metrics') {
      res.writeHead(404, { 'Content-Type': 'text/plain' }).end('See /metrics.\n');
      return;
    }
    scrape(scraped).then(
      (text) => res.writeHead(200, { 'Content-Type': CONTENT_TYPE }).end(text),
      (error: unknown) => {
        scraped.onError(error);
        res.writeHead(500).end();
      },
    );
  });
}

export interface Scraping {
  readonly port: number;
  close(): void;
}

/** Answers until it is closed; `port` 0 picks a free one. Rejects with Node's error (`EADDRINUSE`, …). */
export async function serveMetrics(scraped: Scraped, port: number, host: string): Promise<Scraping> {
  const server = answering(scraped);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // safety: it listens on a port
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
