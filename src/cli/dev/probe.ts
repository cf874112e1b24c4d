/** Health probes of processes. A probe is data, so that `convoke ps` can run it too. */
import { connect } from 'node:net';
import { redisNodes } from '../../contracts/index.ts';
import { accepts } from './ports.ts';

/** `http`: a URL that answers 2xx. `redis`: answers PING. `tcp`: accepts a connection. */
export type Probe =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'redis' | 'tcp'; readonly host: string; readonly port: number };

const PROBE_MS = 2_000;

export async function isHealthy(probe: Probe): Promise<boolean> {
  switch (probe.kind) {
    case 'http':
      return answersHttp(probe.url);
    case 'redis':
      return answersPing(probe.port, probe.host);
    case 'tcp':
      return accepts(probe.port, probe.host);
  }
}

async function answersHttp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** A Redis that asks for a password is alive too. */
function answersPing(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const end = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(PROBE_MS, () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(/^(\+PONG|-NOAUTH)/.test(data.toString())));
  });
}

/** The probe for a `redis://` URL, or the first of several. `rediss://` uses TLS: then only the connection is tried. */
export function redisProbe(url: string): Probe {
  const { protocol, hostname, port } = new URL(redisNodes(url).urls[0] ?? '');
  return {
    kind: protocol === 'rediss:' ? 'tcp' : 'redis',
    host: hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: Number(port || 6379),
  };
}

/** The probe for `host:port`. */
export function tcpProbe(address: string): Probe {
  const at = address.lastIndexOf(':');
  return { kind: 'tcp', host: address.slice(0, at) || '127.0.0.1', port: Number(address.slice(at + 1)) };
}
