/** The Socket.IO server: WebSocket only, authenticated at the handshake; no name that a client chooses reaches an event emitter. */
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import type { ServerOptions } from 'socket.io';
import { LIMITS, toProblem } from '../contracts/index.ts';
import type { ErrorCode } from '../contracts/index.ts';
import type { GatewayContext } from './context.ts';
import { Pipe } from './edge/pipe.ts';
import type { Engine } from './edge/pipe.ts';
import { parser } from './parser.ts';
import { SocketClient } from './socket-client.ts';
import type { GatewayServer, GatewaySocket } from './socket-client.ts';
import { createAnswerer } from './socket-requests.ts';

/** Time-outs of a connection, ms. A dead peer is detected after ping interval and ping time-out together. */
const CONNECT_MS = 5_000;
const PING_EVERY_MS = 15_000;
const PING_TIMEOUT_MS = 10_000;

export type SocketAdapter = NonNullable<ServerOptions['adapter']>;

/** The code of a refused handshake, or null. */
function refusal(context: GatewayContext, req: IncomingMessage): ErrorCode | null {
  if (context.connections.draining) return 'draining';
  const { origin, host } = req.headers;
  return context.allowsHost(host) && context.allowsOrigin(origin, host) ? null : 'origin_not_allowed';
}

function optionsOf(context: GatewayContext, adapter: SocketAdapter | undefined): Partial<ServerOptions> {
  return {
    // A single transport: no sticky routing is needed, and there is no long-polling endpoint to abuse.
    transports: ['websocket'],
    allowUpgrades: false,
    serveClient: false,
    parser,
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: LIMITS.requestBytes,
    connectTimeout: CONNECT_MS,
    pingInterval: PING_EVERY_MS,
    pingTimeout: PING_TIMEOUT_MS,
    allowRequest: (req, decide) => {
      const code = refusal(context, req);
      decide(code, code === null);
    },
    ...(adapter === undefined ? {} : { adapter }),
  };
}

interface Serving {
  readonly pipe: Pipe;
  readonly answer: ReturnType<typeof createAnswerer>;
}

function serve(context: GatewayContext, socket: GatewaySocket, { pipe, answer }: Serving): void {
  pipe.welcome();
  const client = new SocketClient({ context, socket, pipe });
  const asker = {
    client,
    get principal() {
      return client.principal;
    },
  };
  context.connections.add(client, socket.data.principal.grant);
  // Every packet ends here: `next` is never called, so no listener can be reached by name, `error` included.
  socket.use((packet) => {
    answer(asker, packet).catch((error: unknown) => {
      context.logger.error({ err: error }, 'An answer could not be sent');
    });
  });
  socket.on('error', (error: Error) => {
    context.logger.warn({ reason: error.message }, 'A socket violated the protocol');
  });
  socket.on('disconnect', () => {
    context.connections.remove(client);
    client.gone();
    // It may have left the namespace alone, and there is no other.
    pipe.end();
  });
  // A drain, or a change, during the handshake has missed this socket.
  context.connections.endIfRefused(client);
  if (context.connections.draining) client.end('draining');
}

/** The WebSocket server that engine.io makes has a bound of its own, which is not among the options: 16,384 frames. */
function boundFrames(io: GatewayServer): void {
  const { ws } = io.engine as unknown as { readonly ws: { readonly options: { maxFragments?: number } } }; // safety: it makes one for the transport "websocket"
  ws.options.maxFragments = LIMITS.messageFrames;
}

export function createSockets(
  context: GatewayContext,
  http: HttpServer,
  adapter?: SocketAdapter,
): GatewayServer {
  const io: GatewayServer = new Server(http, optionsOf(context, adapter));
  // engine.io makes its WebSocket server when this one listens, and would forget what was set before.
  http.once('listening', () => boundFrames(io));
  const answer = createAnswerer(context);
  const pipes = new WeakMap<object, Pipe>();
  io.engine.on('connection', (engine: Engine) => {
    pipes.set(engine, new Pipe(engine, context.peers.of(engine.request.socket)));
  });
  const pipeOf = (socket: GatewaySocket): Pipe => {
    const pipe = pipes.get(socket.conn);
    if (!pipe) throw new Error('A socket without a connection');
    return pipe;
  };
  const refuse = async (socket: GatewaySocket, error: unknown): Promise<Error> => {
    const problem = toProblem(error);
    if (problem.code === 'unauthorized') await context.refusals.slow(context.peers.of(socket.request.socket));
    // After the refusal has been sent.
    setImmediate(() => pipeOf(socket).end());
    return Object.assign(new Error(problem.title), { data: problem });
  };
  io.use((socket, next) => {
    const { token } = socket.handshake.auth as { readonly token?: unknown };
    context.intake
      .authenticate(token)
      .then(async (principal) => {
        socket.data.principal = principal;
        const release = await context.quota.connect(principal.tenant);
        // It may be gone already.
        if (socket.conn.readyState === 'open') socket.conn.once('close', release);
        else release();
      })
      .then(
        () => next(),
        (error: unknown) => void refuse(socket, error).then(next),
      );
  });
  io.on('connection', (socket) => serve(context, socket, { pipe: pipeOf(socket), answer }));
  return io;
}
