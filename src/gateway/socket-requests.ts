/** Socket requests, and how each is answered. */
import { randomUUID } from 'node:crypto';
import { ConvokeError, LIMITS, toProblem } from '../contracts/index.ts';
import type { Reply, SessionRef, SocketRequestName, SocketRequests } from '../contracts/index.ts';
import {
  subscribeSchema,
  receiptSchema,
  renewSchema,
  sessionSchema,
  takeSession,
  validate,
} from '../ingest/index.ts';
import type { Controls, Notes } from '../ingest/index.ts';
import { allow, readerOf } from '../tenants/index.ts';
import type { Principal } from '../tenants/index.ts';
import type { GatewayContext } from './context.ts';
import { logFailure } from './problem.ts';
import { renew } from './renew.ts';
import type { Answer, SocketClient } from './socket-client.ts';

interface Asker {
  readonly principal: Principal;
  readonly client: SocketClient;
}

/** Handles a request as it arrived: nothing has been checked yet. */
type Handler = (asker: Asker, request: unknown) => Promise<Answer<unknown>>;

/** Of a request that has nothing to tell. */
const told = async (done: Promise<void>): Promise<Answer<object>> => {
  await done;
  return { value: {} };
};

type Handlers = Readonly<Record<SocketRequestName, Handler>>;

const answer = async <T>(value: Promise<T>): Promise<Answer<T>> => ({ value: await value });

/** Of what is not about the log. */
function noteHandlersOf(notes: Notes): Pick<Handlers, 'presence' | 'typing' | 'read' | 'publish'> {
  return {
    presence: async ({ principal, client }, request) => {
      const { session, body } = takeSession(request);
      return answer(client.present(await notes.presence(principal, session, body)));
    },
    typing: async ({ principal, client }, request) => {
      const { session, body } = takeSession(request);
      return told(notes.typing(principal, session, body, (ref) => client.tells(ref.session)));
    },
    read: async ({ principal }, request) => {
      const { session, body } = takeSession(request);
      return told(notes.read(principal, session, body));
    },
    publish: async ({ principal }, request) => {
      const { session, body } = takeSession(request);
      return told(notes.publish(principal, session, body));
    },
  };
}

/** Of a session that is to be watched. */
function refOf({ principal }: Asker, session: string): SessionRef {
  allow(principal, 'watch', session);
  return { tenant: principal.tenant, session };
}

/** What became of a message. */
function messageHandlersOf(context: GatewayContext): Pick<Handlers, 'receipt' | 'timeline'> {
  return {
    receipt: async (asker, request) => {
      const { session, messageId } = validate(receiptSchema, request);
      const reader = readerOf(asker.principal);
      return answer(context.delivery.receipt(refOf(asker, session), messageId, reader));
    },
    timeline: async (asker, request) => {
      const { session, messageId } = validate(receiptSchema, request);
      const timeline = await context.timeline(asker.principal, { ref: refOf(asker, session), messageId });
      return { value: { ...timeline, you: asker.client.id } };
    },
  };
}

function handlersOf(context: GatewayContext): Handlers {
  const { intake, notes, schedules } = context;
  const control =
    (name: keyof Controls): Handler =>
    async ({ principal }, request) => {
      const { session, body } = takeSession(request);
      return answer(intake.control(principal, session, name, body));
    };
  return {
    open: async ({ principal }, request) => ({ value: (await intake.open(principal, request)).summary }),
    subscribe: async (asker, request) => {
      const { session, cursor } = validate<SocketRequests['subscribe']['request']>(subscribeSchema, request);
      return asker.client.subscribe(refOf(asker, session), cursor);
    },
    unsubscribe: async (asker, request) => {
      asker.client.unsubscribe(validate(sessionSchema, request).session);
      return { value: {} };
    },
    send: async ({ principal }, request) => {
      const { session, body } = takeSession(request);
      return answer(intake.send(principal, session, body));
    },
    feedback: async ({ principal }, request) => {
      const { session, body } = takeSession(request);
      return answer(intake.feedback(principal, session, body));
    },
    cancel: control('cancel'),
    wake: control('wake'),
    members: control('members'),
    approve: control('approve'),
    approvals: async ({ principal }, request) =>
      answer(intake.approvals(principal, validate(sessionSchema, request).session)),
    close: control('close'),
    reopen: control('reopen'),
    scheduled: async ({ principal }, request) =>
      answer(intake.scheduled(principal, validate(sessionSchema, request).session)),
    unschedule: control('unschedule'),
    fork: async ({ principal }, request) => {
      const { session, body } = takeSession(request);
      return { value: (await intake.fork(principal, session, body)).reply };
    },
    state: async ({ principal }, request) =>
      answer(intake.state(principal, validate(sessionSchema, request).session)),
    schedules: async ({ principal }, request) => answer(schedules.list(principal, request)),
    createSchedule: async ({ principal }, request) => answer(schedules.create(principal, request)),
    changeSchedule: async ({ principal }, request) => {
      await schedules.change(principal, request);
      return { value: {} };
    },
    ...noteHandlersOf(notes),
    ...messageHandlersOf(context),
    renew: async ({ client }, request) => answer(renew(intake, client, validate(renewSchema, request).token)),
  };
}

type Ack = (reply: Reply<unknown>) => void;

/** Unpacks a client's packet; null if nobody waits for an answer. */
function unpack(
  packet: readonly unknown[],
): { readonly name: unknown; readonly args: readonly unknown[]; readonly ack: Ack } | null {
  const [name, ...rest] = packet;
  const ack = rest.at(-1);
  return typeof ack === 'function' ? { name, args: rest.slice(0, -1), ack: ack as Ack } : null;
}

/** Answers one packet of a client. Never throws or rejects: nothing that a client sends may reach the event loop as an error. */
export type Answerer = (asker: Asker, packet: readonly unknown[]) => Promise<void>;

export function createAnswerer(context: GatewayContext): Answerer {
  const handlers = handlersOf(context);

  const isRequestName = (name: unknown): name is SocketRequestName =>
    typeof name === 'string' && Object.hasOwn(handlers, name);

  async function dispatch(asker: Asker, name: unknown, args: readonly unknown[]): Promise<Answer<unknown>> {
    if (!isRequestName(name)) {
      throw new ConvokeError('unknown_event', `Use one of: ${Object.keys(handlers).join(', ')}.`);
    }
    if (asker.client.inflight >= LIMITS.inflightPerSocket) {
      throw new ConvokeError(
        'too_many_requests_in_flight',
        'Wait for answers before you send more requests.',
      );
    }
    if (context.connections.draining)
      throw new ConvokeError('draining', 'Reconnect; another gateway will answer.');
    if (args.length !== 1) {
      throw new ConvokeError('invalid_request', 'Send one object and an acknowledgement function.');
    }
    asker.client.inflight += 1;
    try {
      return await handlers[name](asker, args[0]);
    } finally {
      asker.client.inflight -= 1;
    }
  }

  return async (asker, packet) => {
    const request = unpack(packet);
    if (!request) return;
    // A client that sends requests without reading the answers must not fill our memory.
    if (asker.client.overfull) {
      asker.client.end('slow_consumer');
      return;
    }
    const told = isRequestName(request.name) ? request.name : 'unknown';
    const tell = (outcome: string): void =>
      context.metrics.add('convoke_socket_requests_total', { request: told, outcome });
    try {
      const { value, snapshot = false, after } = await dispatch(asker, request.name, request.args);
      asker.client.reply(() => request.ack({ ok: true, value }), snapshot);
      after?.();
      tell('ok');
    } catch (error) {
      const problem = toProblem(error, randomUUID());
      context.refused.note(asker.client.principal, error, told);
      logFailure(context.logger, error, problem, { event: told });
      tell(problem.status < 500 ? 'refused' : 'failed');
      request.ack({ ok: false, problem });
    }
  };
}
