/** The requests of a socket: which there are, and how each is answered. */
import { randomUUID } from 'node:crypto';
import { ConvokeError, LIMITS, toProblem } from '../contracts/index.ts';
import type { Reply, SessionRef, SocketRequestName, SocketRequests } from '../contracts/index.ts';
import { socketSchemas, validate } from '../ingest/index.ts';
import type { Principal } from '../ingest/index.ts';
import type { GatewayContext } from './context.ts';
import { logFailure } from './problem.ts';
import type { Answer, SocketClient } from './socket-client.ts';

interface Asker {
  readonly principal: Principal;
  readonly client: SocketClient;
}

type Handlers = {
  readonly [N in SocketRequestName]: (
    asker: Asker,
    request: SocketRequests[N]['request'],
  ) => Promise<Answer<SocketRequests[N]['reply']>>;
};

const refOf = (asker: Asker, request: { readonly session: string }): SessionRef => ({
  tenant: asker.principal.tenant,
  session: request.session,
});

const answer = async <T>(value: Promise<T>): Promise<Answer<T>> => ({ value: await value });

function handlersOf(context: GatewayContext): Handlers {
  const { submitter } = context;
  return {
    open: async (asker, request) => ({ value: (await submitter.open(asker.principal, request)).summary }),
    attach: (asker, request) => asker.client.attach(refOf(asker, request), request.cursor),
    detach: async (asker, request) => {
      asker.client.detach(request.session);
      return { value: {} };
    },
    send: (asker, { session, ...message }) => answer(submitter.send(refOf(asker, { session }), message)),
    receipt: (asker, request) => answer(context.delivery.receipt(refOf(asker, request), request.messageId)),
    cancel: (asker, request) => answer(submitter.cancel(refOf(asker, request), request.turn)),
    close: async (asker, request) => {
      await submitter.close(refOf(asker, request));
      return { value: {} };
    },
    state: (asker, request) => answer(submitter.state(refOf(asker, request))),
  };
}

function isRequestName(name: unknown): name is SocketRequestName {
  return typeof name === 'string' && Object.hasOwn(socketSchemas, name);
}

type Ack = (reply: Reply<unknown>) => void;

/** A packet of a client, taken apart; null if nobody waits for an answer. */
function unpack(
  packet: readonly unknown[],
): { readonly name: unknown; readonly args: readonly unknown[]; readonly ack: Ack } | null {
  const [name, ...rest] = packet;
  const ack = rest.at(-1);
  return typeof ack === 'function' ? { name, args: rest.slice(0, -1), ack: ack as Ack } : null;
}

/** Answers one packet of a client. Never throws and never rejects: nothing that a client sends may reach the event loop as an error. */
export type Answerer = (asker: Asker, packet: readonly unknown[]) => Promise<void>;

export function createAnswerer(context: GatewayContext): Answerer {
  const handlers = handlersOf(context);

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- ties schema, request and handler together
  async function ask<N extends SocketRequestName>(
    asker: Asker,
    name: N,
    args: readonly unknown[],
  ): Promise<Answer<unknown>> {
    if (args.length !== 1) {
      throw new ConvokeError('invalid_request', 'Send one object and an acknowledgement function.');
    }
    const request = validate<SocketRequests[N]['request']>(socketSchemas[name], args[0]);
    return handlers[name](asker, request);
  }

  async function dispatch(asker: Asker, name: unknown, args: readonly unknown[]): Promise<Answer<unknown>> {
    if (!isRequestName(name)) {
      throw new ConvokeError('unknown_event', `Use one of: ${Object.keys(socketSchemas).join(', ')}.`);
    }
    if (asker.client.inflight >= LIMITS.inflightPerSocket) {
      throw new ConvokeError('too_many_requests_in_flight', 'Wait for answers before you send more.');
    }
    if (context.connections.draining)
      throw new ConvokeError('draining', 'Connect again; another gateway answers.');
    asker.client.inflight += 1;
    try {
      return await ask(asker, name, args);
    } finally {
      asker.client.inflight -= 1;
    }
  }

  return async (asker, packet) => {
    const request = unpack(packet);
    if (!request) return;
    // Whoever asks without reading the answers must not fill our memory with them.
    if (asker.client.overfull) {
      asker.client.end('slow_consumer');
      return;
    }
    try {
      const { value, snapshot = false, after } = await dispatch(asker, request.name, request.args);
      asker.client.reply(() => request.ack({ ok: true, value }), snapshot);
      after?.();
    } catch (error) {
      const problem = toProblem(error, randomUUID());
      logFailure(context.logger, error, problem, {
        event: isRequestName(request.name) ? request.name : 'unknown',
      });
      request.ack({ ok: false, problem });
    }
  };
}
