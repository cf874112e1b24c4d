/** Many clients in a process of their own: see `orders.ts`. Each keeps the position of what it has heard, as the SDK does. */
import type { Delta, Position, SessionEvent, SubscribeReply, Reply } from '../../src/contracts/index.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { BareClient, many } from '../client.ts';
import { msSince, nowUs } from '../clock.ts';
import { KEY } from '../sides.ts';
import type { Order, Told } from './orders.ts';

/** The SDK's first pause before it connects again, ms, ±50 %; doubled up to the longest. */
const RETRY_MS = 350;
const RETRY_MOST_MS = 5_000;
const AT_ONCE = 50;

type Gather = Extract<Order, { readonly do: 'gather' }>;

let returnTo: string | null = null;
const noted = { back: [] as number[], resumed: 0, lags: new Map<string, number>(), tokens: 0, faults: 0 };

class Client {
  readonly #engine: Gather['engine'];
  readonly #session: string;
  #socket: BareClient | null = null;
  #position: Position | null = null;
  #left = false;

  constructor(engine: Gather['engine'], session: string) {
    this.#engine = engine;
    this.#session = session;
  }

  /** Throws if it is not let in. */
  async follow(url: string): Promise<void> {
    const socket = await BareClient.connect(url, KEY);
    socket.heard = (json) => this.#heard(json);
    socket.gone = () => void this.#return();
    this.#socket = socket;
    if (this.#engine === 'bare') await socket.ask('join', this.#session);
    else await this.#subscribe(socket);
  }

  leave(): void {
    this.#left = true;
    this.#socket?.close();
  }

  async #subscribe(socket: BareClient): Promise<void> {
    const cursor = this.#position ? { cursor: this.#position } : {};
    const [reply] = JSON.parse(await socket.ask('subscribe', { session: this.#session, ...cursor })) as [
      Reply<SubscribeReply>, // safety: the gateway answers as the protocol says
    ];
    if (!reply.ok) throw new Error(reply.problem.code);
    const { mode, position } = reply.value;
    if (mode === 'resume') noted.resumed += 1;
    else this.#position = position;
    // What was missed follows its answer.
    while (!this.#left && this.#position && this.#position.seq < position.seq) await pause(5);
  }

  async #return(): Promise<void> {
    this.#socket = null;
    for (let failures = 0; !this.#left && returnTo !== null; failures += 1) {
      await pause(Math.min(RETRY_MS * 2 ** failures, RETRY_MOST_MS) * (0.5 + Math.random()));
      try {
        await this.follow(returnTo);
        noted.back.push(nowUs());
        return;
      } catch {
        // Again, a little later.
      }
    }
  }

  #heard(json: string): void {
    if (json.startsWith('["token"'))
      this.#token((JSON.parse(json) as [string, string])[1].split(' ').slice(4));
    else if (json.startsWith('["delta"'))
      this.#token((JSON.parse(json) as [string, Delta])[1].text.trim().split(' '));
    else if (json.startsWith('["event"')) this.#event((JSON.parse(json) as [string, SessionEvent])[1]);
  }

  #token(stamps: readonly string[]): void {
    for (const stamp of stamps) {
      noted.tokens += 1;
      if (stamp.length > 6) noted.lags.set(stamp, msSince(Number(stamp)));
    }
  }

  #event({ epoch, seq }: SessionEvent): void {
    if (this.#position?.epoch === epoch && seq !== this.#position.seq + 1) noted.faults += 1;
    this.#position = { epoch, seq };
  }
}

let clients: readonly Client[] = [];

async function obey(order: Order): Promise<Told | null> {
  switch (order.do) {
    case 'gather': {
      clients = await many(order.clients, AT_ONCE, async (index) => {
        const client = new Client(order.engine, order.sessions[index % order.sessions.length] ?? '');
        await client.follow(order.url);
        return client;
      });
      return told();
    }
    case 'return':
      returnTo = order.url;
      return null;
    case 'tell':
      return told();
    case 'leave':
      returnTo = null;
      for (const client of clients) client.leave();
      return told();
  }
}

function told(): Told {
  const { back, resumed, lags, tokens, faults } = noted;
  const now = {
    back: [...back],
    resumed,
    lags: [...lags.values()],
    tokens,
    faults,
    following: clients.length,
  };
  Object.assign(noted, { back: [], resumed: 0, lags: new Map(), tokens: 0, faults: 0 });
  return now;
}

process.on('message', (order: Order) => {
  obey(order).then(
    (answer) => answer && process.send?.(answer),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
