/** Certificates that are made for a test, and proxies that end TLS in front of a real server. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectPlain, createSecureServer } from 'node:http2';
import type { Http2SecureServer, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  /** Of a server at 127.0.0.1 or localhost. */
  readonly cert: string;
  readonly key: string;
  readonly clientCert: string;
  readonly clientKey: string;
  remove(): void;
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** An authority, and a server's and a client's certificate of it. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'convoke-tls-'));
  const at = (name: string): string => join(folder, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
  );
  const signed = (name: string, extensions: string): void => {
    writeFileSync(at(`${name}.ext`), extensions);
    openssl(
      'req',
      ...newKey,
      '-subj',
      `/CN=${name}`,
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.csr`),
    );
    const authority = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2'];
    openssl(
      'x509',
      '-req',
      '-in',
      at(`${name}.csr`),
      ...authority,
      '-extfile',
      at(`${name}.ext`),
      '-out',
      at(`${name}.pem`),
    );
  };
  signed('server', 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n');
  signed('client', 'extendedKeyUsage=clientAuth\n');
  return {
    ca: at('ca.pem'),
    ...{ cert: at('server.pem'), key: at('server.key') },
    ...{ clientCert: at('client.pem'), clientKey: at('client.key') },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface TlsProxy {
  /** `host:port`. */
  readonly address: string;
  stop(): Promise<void>;
}

const readAll = ({ ca, cert, key }: Certificates): { ca: Buffer; cert: Buffer; key: Buffer } => ({
  ca: readFileSync(ca),
  cert: readFileSync(cert),
  key: readFileSync(key),
});

/** Ends TLS for a server of this machine. `clients`: those without a certificate of the authority are refused. */
export async function startTlsProxy(
  port: number,
  certificates: Certificates,
  { clients = false }: { readonly clients?: boolean } = {},
): Promise<TlsProxy> {
  const open = new Set<Socket>();
  const options = { ...readAll(certificates), requestCert: clients, rejectUnauthorized: clients };
  const server = createServer({ ...options, ALPNProtocols: ['h2'] }, (socket) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      open.add(one);
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.on('error', () => one.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${own}`,
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      return closed;
    },
  };
}

/** Ends TLS for a gRPC server of this machine, and lets nobody through who does not know the API key. */
export async function startKeyProxy(
  port: number,
  certificates: Certificates,
  apiKey: string,
): Promise<TlsProxy> {
  const upstream = connectPlain(`http://127.0.0.1:${port}`);
  const server = createSecureServer(readAll(certificates));
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    if (headers.authorization === `Bearer ${apiKey}`) {
      forward(stream, headers, upstream);
      return;
    }
    const refusal = { 'grpc-status': '16', 'grpc-message': 'Request unauthorized.' };
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...refusal }, { endStream: true });
  });
  await listening(server);
  const { port: own } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${own}`,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.destroy();
      upstream.destroy();
      await closed;
    },
  };
}

function listening(server: Http2SecureServer): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function forward(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  upstream: ReturnType<typeof connectPlain>,
): void {
  const { authorization: _, ...rest } = headers;
  const request = upstream.request({ ...rest, ':scheme': 'http' });
  let trailers: IncomingHttpHeaders = {};
  request.on('trailers', (each: IncomingHttpHeaders) => {
    trailers = each;
  });
  request.on('response', (answer, flags) => {
    const ends = (flags & 1) === 1;
    if (ends) {
      stream.respond(answer, { endStream: true });
      return;
    }
    stream.respond(answer, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    request.pipe(stream);
  });
  request.on('error', () => stream.close());
  stream.on('error', () => request.close());
  stream.on('close', () => request.close());
  stream.pipe(request);
}
