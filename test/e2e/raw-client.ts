/** A client of the protocol without the SDK: what it is sent is what it keeps, repeated or not. */
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { FRAMES, openSteps } from '../../src/contracts/index.ts';
import type {
  SubscribeReply,
  Cursor,
  Delta,
  Reply,
  SessionEvent,
  SocketRequestName,
  SocketRequests,
} from '../../src/contracts/index.ts';

const ANSWER_MS = 10_000;

interface OpenText {
  readonly attempt: number;
  readonly offset: number;
}

export class RawClient {
  /** Every event and every delta of all connections, as they came. */
  readonly events: SessionEvent[] = [];
  readonly deltas: Delta[] = [];
  readonly #session: string;
  #socket: Socket | null = null;
  #position = { epoch: 0, seq: 0 };
  #open = new Map<string, OpenText>();

  constructor(session: string) {
    this.#session = session;
  }

  /** What was received, by nothing but the last frame of each kind. */
  get cursor(): Cursor {
    return { ...this.#position, open: Object.fromEntries(this.#open) };
  }

  /** Resolves once connected. */
  async connect(url: string): Promise<void> {
    const socket = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { token: 'dev' },
    });
    this.#socket = socket;
    socket.on(FRAMES.event, (event: SessionEvent) => this.#event(event));
    socket.on(FRAMES.delta, (delta: Delta) => {
      this.deltas.push(delta);
      this.#open.set(delta.step, { attempt: delta.attempt, offset: delta.offset + delta.text.length });
    });
    await new Promise<void>((resolve, reject) =>
      socket.once('connect', resolve).once('connect_error', reject),
    );
  }

  /** Resolves once the connection is gone. */
  async lost(): Promise<void> {
    const socket = this.#socket;
    if (socket?.connected) await new Promise((resolve) => socket.once('disconnect', resolve));
  }

  async request<N extends SocketRequestName>(
    name: N,
    request: SocketRequests[N]['request'],
  ): Promise<Reply<SocketRequests[N]['reply']>> {
    const reply: unknown = await this.#socket?.timeout(ANSWER_MS).emitWithAck(name, request);
    return reply as Reply<SocketRequests[N]['reply']>;
  }

  /** Subscribes, with the cursor if there is one. Throws the problem of a refusal. */
  async subscribe(): Promise<SubscribeReply> {
    const cursor = this.#position.epoch > 0 ? { cursor: this.cursor } : {};
    const reply = await this.request('subscribe', { session: this.#session, ...cursor });
    if (!reply.ok) throw new Error(reply.problem.code);
    const { snapshot } = reply.value;
    if (snapshot) {
      this.#position = snapshot.position;
      this.#open = new Map(
        openSteps(snapshot).map(({ step, attempt, text }) => [step, { attempt, offset: text.length }]),
      );
    }
    return reply.value;
  }

  close(): void {
    this.#socket?.disconnect();
  }

  #event(event: SessionEvent): void {
    this.events.push(event);
    this.#position = { epoch: event.epoch, seq: event.seq };
    const { step = '', attempt = 1 } = event;
    if (event.type === 'step.started' || event.type === 'step.restarted')
      this.#open.set(step, { attempt, offset: 0 });
    else if (event.type.startsWith('step.')) this.#open.delete(step);
  }
}
