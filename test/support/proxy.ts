/** A TCP proxy for tests: what passes through it can be frozen, lost, delayed, cut and refused. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface TestProxy {
  readonly port: number;
  /** Connections that are open. */
  readonly connections: number;
  /**
   * Nothing passes in either direction, and nothing is closed, until `thaw`; then what was sent meanwhile arrives. `all`: new connections are
   * accepted, and as silent; `open`: only those that are open now.
   */
  freeze(which?: 'all' | 'open'): void;
  /** What clients send arrives, and the answers are lost for good: on connections that are open now, until they are cut. */
  loseAnswers(): void;
  /** Ends `freeze`. */
  thaw(): void;
  /** From now on each piece arrives later by this much in each direction, in order. 0: at once again. */
  delay(ms: number): void;
  /** New connections lead to this server, as after a failover; open ones stay where they are. */
  leadTo(port: number): void;
  /** Resets every open connection (RST). New ones are accepted. */
  cut(): void;
  /** New connections are refused until `accept`; open ones stay. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /** Resets every connection and refuses new ones. */
  stop(): Promise<void>;
}

interface Target {
  readonly host?: string;
  readonly port: number;
}

/** One connection of a client, and the one to the target that was opened for it. */
interface Pair {
  readonly sockets: readonly [Socket, Socket];
  frozen: boolean;
  answersLost: boolean;
}

export async function startProxy({ host = '127.0.0.1', port: firstPort }: Target): Promise<TestProxy> {
  const pairs = new Set<Pair>();
  let allFrozen = false;
  let delayMs = 0;
  let targetPort = firstPort;

  /** Hands on what one side sends, in order. */
  function forward(pair: Pair, from: Socket, to: Socket): void {
    let last = Promise.resolve();
    let waiting = 0;
    const inOrder = (hand: () => void): void => {
      if (delayMs === 0 && waiting === 0) {
        hand();
        return;
      }
      const due = Date.now() + delayMs;
      waiting += 1;
      last = last.then(async () => {
        await pause(Math.max(0, due - Date.now()));
        waiting -= 1;
        hand();
      });
    };
    const isAnswer = from === pair.sockets[1];
    from.on('data', (piece) => {
      if (isAnswer && pair.answersLost) return;
      inOrder(() => {
        if (to.writable && !to.write(piece)) from.pause();
      });
    });
    to.on('drain', () => {
      if (!pair.frozen) from.resume();
    });
    from.on('end', () => inOrder(() => to.end()));
  }

  function freezePair(pair: Pair): void {
    pair.frozen = true;
    for (const socket of pair.sockets) socket.pause();
  }

  function resetPair({ sockets }: Pair): void {
    for (const socket of sockets) socket.resetAndDestroy();
  }

  function onClient(client: Socket): void {
    const target = connect({ host, port: targetPort, allowHalfOpen: true });
    const pair: Pair = { sockets: [client, target], frozen: false, answersLost: false };
    pairs.add(pair);
    for (const socket of pair.sockets) {
      socket.setNoDelay(true);
      socket.on('error', () => resetPair(pair));
      socket.on('close', () => {
        pairs.delete(pair);
        for (const other of pair.sockets) other.destroySoon();
      });
    }
    forward(pair, client, target);
    forward(pair, target, client);
    if (allFrozen) freezePair(pair);
  }

  async function listen(port: number): Promise<Server> {
    const server = createServer({ allowHalfOpen: true }, onClient).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  let server: Server | null = await listen(0);
  const { port } = server.address() as AddressInfo; // safety: a listening TCP server
  const refuse = async (): Promise<void> => {
    server?.close(); // stops listening at once; the connections stay
    server = null;
  };
  const cut = (): void => {
    for (const pair of pairs) resetPair(pair);
  };
  return {
    port,
    get connections() {
      return pairs.size;
    },
    freeze(which = 'all') {
      allFrozen = which === 'all';
      for (const pair of pairs) freezePair(pair);
    },
    loseAnswers() {
      for (const pair of pairs) pair.answersLost = true;
    },
    thaw() {
      allFrozen = false;
      for (const pair of pairs) {
        pair.frozen = false;
        for (const socket of pair.sockets) socket.resume();
      }
    },
    delay(ms) {
      delayMs = ms;
    },
    leadTo(to) {
      targetPort = to;
    },
    cut,
    refuse,
    async accept() {
      server ??= await listen(port);
    },
    async stop() {
      await refuse();
      cut();
    },
  };
}
